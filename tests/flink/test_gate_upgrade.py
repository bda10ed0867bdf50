"""The gate starts from a savepoint that an earlier release left, and decides what waits in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pyflink.common import Row, Time
from pyflink.common.typeinfo import Types
from pyflink.datastream import KeyedProcessFunction, RuntimeContext
from pyflink.datastream.state import StateTtlConfig, ValueStateDescriptor
from pyflink.java_gateway import get_gateway

from jobs.environment import StreamEnvironment
from jobs.gate import build_id
from jobs.gate.operator import OUTPUT, DecideCandidates
from jobs.settings import load
from rekindle.local.waiting import wait_until
from tests.flink.mini_cluster import MiniCluster
from tests.unit.gate_samples import DAY, OTHER_ID, PERSON, SETTINGS
from tests.unit.test_gate_state import VERSION_1

UID = "gate-decide-candidates"
D = 1_772_370_030_000
WAITING = VERSION_1.replace(b'["cart_abandoned","57184V2D7RZGQ8YDP0RFFB3YC4",1772366430000,1774958430000]', b"")
"""As in tests/unit/test_gate_state.py, without the send that would be its cooldown."""
INPUT = Types.ROW([Types.STRING(), Types.STRING(), Types.STRING(), Types.LONG(), Types.LONG(), Types.STRING()])


class RemembersAsVersion1(KeyedProcessFunction):
    """What release 1 called its state, and the timer it had set."""

    def __init__(self, marker: str) -> None:
        self._marker = marker

    def open(self, runtime_context: RuntimeContext) -> None:
        descriptor = ValueStateDescriptor("person", Types.PICKLED_BYTE_ARRAY())
        descriptor.enable_time_to_live(StateTtlConfig.new_builder(Time.milliseconds(60 * DAY)).build())
        self._state = runtime_context.get_state(descriptor)

    def process_element(self, value: Any, ctx: KeyedProcessFunction.Context) -> None:
        self._state.update(WAITING)
        ctx.timer_service().register_event_time_timer(D)
        Path(self._marker).touch()


def an_environment(flink: MiniCluster, **options: str) -> StreamEnvironment:
    settings = load(environ={})
    env = flink.environment("gate", settings.model_copy(update={"flink": settings.flink.model_copy(update={"options": options})}))
    env.set_option("python.execution-mode", "thread")
    return env


def savepoint_of_version_1(flink: MiniCluster) -> str:
    marker, env = flink.path(), an_environment(flink)
    env.run("CREATE TEMPORARY TABLE ticks (n BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '20')")
    ticks = env.table.to_data_stream(env.table.from_path("ticks"))
    function = RemembersAsVersion1(str(marker))
    ticks.key_by(lambda _: PERSON, key_type=Types.STRING()).process(function, output_type=OUTPUT).uid(UID).print()
    job = env.stream.execute_async("gate of version 1")
    assert wait_until(marker.exists, 480.0)
    form = get_gateway().jvm.org.apache.flink.core.execution.SavepointFormatType.CANONICAL
    # Python's own stop_with_savepoint calls a method that Flink 2.2.1 does not have
    return str(job._j_job_client.stopWithSavepoint(False, flink.path().as_uri(), form).get())


def test_what_waits_in_a_savepoint_of_version_1_is_decided_and_again_when_delivery_asks(flink: MiniCluster) -> None:
    path = savepoint_of_version_1(flink)
    recovery = {"execution.state-recovery.path": path, "execution.state-recovery.ignore-unclaimed-state": "true"}  # its source
    env = an_environment(flink, **recovery)
    someone_else = Row("cancel", "43", json.dumps({"event_id": "m1", "event": "Order Completed", "at": D}), D, None, None)
    request = {"trigger_id": OTHER_ID, "destination": "default", "outcome": "retrying", "reason": "recheck"}
    asked = Row("outcome", PERSON, json.dumps(request), D + 60_000, None, None)
    decided = (
        env.stream.from_collection([someone_else, asked], INPUT)
        .key_by(lambda row: row[1], key_type=Types.STRING())
        .process(DecideCandidates(SETTINGS, build_id.LOADED), output_type=OUTPUT)
        .uid(UID)
    )
    with decided.execute_and_collect() as rows:
        found = [(row[0], json.loads(row[2])) for row in rows]
    assert [topic for topic, _ in found] == ["trigger_decisions", "triggers", "trigger_decisions"]
    decision, trigger, again = (row for _, row in found)
    assert (decision["trigger_id"], decision["reason"], decision["person_id"]) == (OTHER_ID, "sent", PERSON)
    assert (trigger["trigger_id"], trigger["decided_at"], trigger["consent"]["version"]) == (OTHER_ID, "2026-03-01T13:00:30.000Z", 4)
    assert (again["trigger_id"], again["verdict"], again["decided_at"]) == (OTHER_ID, "sent", "2026-03-01T13:01:30.000Z")
    assert (again["evidence"]["recheck"], again["evidence"]["sent_at"]) == (True, decision["decided_at"])
