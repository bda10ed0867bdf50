"""What the gate's Python reads: rows of topics, selected in SQL, with the person and what is known of it added in Java.

Java: `udfs/java`, package `io.rekindle.flink.gate`. Profiles stay there: Python is told those of people with candidates alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from pyflink.datastream import DataStream
from pyflink.java_gateway import get_gateway

from connectors.kafka import literal
from jobs.definitions.trigger import Trigger
from jobs.durations import millis
from jobs.environment import StreamEnvironment
from jobs.gate.retention import long_enough_for
from jobs.settings import Settings

READ = ("events", "identity_records", "profile_records", "control", "delivery_outcomes")
VIEWS = ("gate_steps", "gate_profiles", "gate_control")
ALWAYS = "Order Completed"
"""Selected even if no trigger names it, so that the list is never empty."""
MARGIN = timedelta(hours=1)
"""What may come behind the watermark and still ask for the past."""


def read_tables(env: StreamEnvironment, names: Sequence[str]) -> None:
    """Makes what the gate reads, with the view `trigger_candidates_topic` over these packs.

    Each pack has a reader of its own, so that view's clock is that of the pack that is furthest behind.
    """
    for table in READ:
        env.run_script(f"tables/{table}.sql")
    for pack in names:
        env.run_script("tables/trigger_candidates.sql", pack=pack)
    selects = (f"SELECT * FROM trigger_candidates_{pack} WHERE pack = {literal(pack)}" for pack in names)
    env.run("CREATE TEMPORARY VIEW trigger_candidates_topic AS\n" + "\nUNION ALL\n".join(selects))


def gate_inputs(env: StreamEnvironment, config: Settings, triggers: Sequence[Trigger]) -> DataStream:
    """Rows (kind STRING, person_id STRING, body STRING, at BIGINT, known_at BIGINT, facts STRING) over the tables of `read_tables`.

    kind: candidate, cancel, profile, link, outcome, control; body, facts: JSON text; at, known_at: epoch ms. A row is there before the
    watermark that reaches its time. triggers: whose cancel events are selected, and whose waits say how long the past is kept.
    """
    env.run_script("gate/inputs.sql", cancel_events=", ".join(literal(event) for event in cancel_events(triggers)))
    streams = [env.table.to_data_stream(env.table.from_path(view))._j_data_stream for view in VIEWS]
    wait, arbitration = config.gate.identity_wait, config.times.arbitration
    longest = max((trigger.header.send_after for trigger in triggers), default=timedelta(0))
    memory = max(wait, longest + arbitration) + MARGIN
    java = get_gateway().jvm.io.rekindle.flink.gate.GateStreams
    times = (millis(wait), millis(arbitration), millis(memory), long_enough_for(triggers, config).cancels_ms)
    return DataStream(java.assemble(*streams, *times))


def cancel_events(triggers: Iterable[Trigger]) -> list[str]:
    """Names of the events that can cancel one of these."""
    return sorted({ALWAYS, *(event for trigger in triggers for event in trigger.header.cancel_on)})
