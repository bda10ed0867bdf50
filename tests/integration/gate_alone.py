"""Job `gate` alone between real topics: everything it reads is written by hand, so event time stands where a test wants it."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import requests
from confluent_kafka import Consumer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType

from connectors import kafka_admin
from connectors.heartbeats import heartbeat_key
from rekindle.local.flink_rest import FlinkRest
from rekindle.local.ports import LOOPBACK
from rekindle.local.waiting import wait_until
from tests.flink import gate_topics
from tests.flink.gate_topics import Step
from tests.integration.command_line import CommandLine, command_line
from tests.integration.gate_expected import Row
from tests.integration.pipeline import LIMIT, Pipeline, pipeline
from tests.oracle.gate_history import History
from tests.oracle.histories import PACK, Batch

OUTPUTS = ("trigger_decisions", "triggers", "dead_letters")
KEPT_FOR_GOOD = {"cleanup.policy": "delete", "retention.ms": "-1", "message.timestamp.after.max.ms": str(2**63 - 1)}
"""A history lies wherever its year puts it: months ago, or ahead."""
_WATERMARK = re.compile(r"flink_taskmanager_job_task_currentInputWatermark\{([^}]*)\} (\S+)")
_LABEL = re.compile(r'(\w+)="([^"]*)"')


@dataclass
class GateAlone:
    """steps: what is not in the topics yet. reached: the watermark to which what is in them leads."""

    running: Pipeline
    steps: list[Step]
    rest: FlinkRest
    _type_in: CommandLine
    _settings: Path
    _output: Consumer
    _read: dict[tuple[str, int], int]
    """(topic, partition) → the first offset `written` has not given."""
    reached: int = 0
    job_id: str = ""

    def feed(self, until: int | None = None) -> None:
        """Writes the steps whose beat is not after `until`, or all there are."""
        partitions = self.running.settings.kafka.partitions
        keys = [heartbeat_key(partition, partitions) for partition in range(partitions)]
        while self.steps and (until is None or self.steps[0].beat <= until):
            step = self.steps.pop(0)
            for topic, records in step.records.items():
                for record in [*records, *(gate_topics.heartbeat(step.beat, key) for key in keys)]:
                    self.running.produce(topic, record.key, record.value, record.at)
            self.reached = step.beat - 1
        assert self.running.producer.flush(LIMIT) == 0

    def start(self, parallelism: int, savepoint: str = "") -> None:
        """Submits the job and waits until it runs."""
        before = ["--state-dir", str(self.running.stack.places.root), "--settings", str(self._settings)]
        command = ["--set", f"flink.parallelism={parallelism}", "run", "gate", "--json"]
        done = self._type_in(*before, *command, *(["--from", savepoint] if savepoint else []))
        assert done.code == 0, done.stderr[-4000:]
        ((self.job_id),) = [job["job_id"] for job in json.loads(done.stdout)]
        self.running.wait_running("gate")
        assert max(node["parallelism"] for node in self._plan()) == parallelism

    def work_off(self) -> None:
        """Waits until every task has done all that is due by what is in the topics."""
        wait_until(lambda: self.watermark() >= self.reached, LIMIT, pause=0.2)
        assert self.watermark() == self.reached, self.rest.root_cause(self.job_id)

    def watermark(self) -> int:
        """The lowest of all tasks that read others, epoch ms; 0 while one says nothing."""
        stack = self.running.stack
        expected = {(node["id"], str(subtask)) for node in self._plan() if node.get("inputs") for subtask in range(node["parallelism"])}
        found: dict[tuple[str, str], int] = {}
        for number in range(1, stack.layout.taskmanagers + 1):
            # its own port: what REST says of metrics is up to 10 s old
            page = requests.get(f"http://{LOOPBACK}:{stack.layout.metrics_port(f'taskmanager-{number}')}/metrics", timeout=240).text
            for labels, value in _WATERMARK.findall(page):
                of = dict(_LABEL.findall(labels))
                if of["job_id"] == self.job_id:
                    found[of["task_id"], of["subtask_index"]] = int(float(value))
        return min(found.values()) if found.keys() >= expected else 0

    def _plan(self) -> list[dict[str, Any]]:
        url = f"{self.running.stack.flink_url}/jobs/{self.job_id}/plan"
        nodes: list[dict[str, Any]] = requests.get(url, timeout=240).json()["plan"]["nodes"]
        return nodes

    def stop(self) -> str:
        """With a savepoint: all that was decided is in the topics then. Returns: its path."""
        return self.rest.stop(self.job_id, LIMIT)

    def written(self) -> dict[str, list[Row]]:
        """Records of each output since the last call."""
        found: dict[str, list[Row]] = {topic: [] for topic in OUTPUTS}
        places = {place: self._output.get_watermark_offsets(TopicPartition(*place), 240)[1] for place in self._read}
        self._output.assign([TopicPartition(*place, self._read[place]) for place in places])
        deadline = time.monotonic() + LIMIT
        while any(self._read[place] < end for place, end in places.items()):
            assert time.monotonic() < deadline, "the outputs cannot be read to their end"
            for one in self._output.consume(500, 0.2):
                assert one.error() is None, one.error()
                self._read[str(one.topic()), one.partition() or 0] = (one.offset() or 0) + 1
                found[str(one.topic())].append((one.key() or b"", one.value() or b""))
        return found


@contextmanager
def gate_alone(
    root: Path,
    jars: Path,
    shared: Batch,
    found: Sequence[History],
    *overrides: str,
    instants: Sequence[int] = (),
    slots: int,
    taskmanagers: int = 1,
) -> Iterator[GateAlone]:
    """A stack whose topics are empty, histories to feed, and the job that is to decide them. instants: beats, see `gate_topics.steps`."""
    packs = root / "packs" / PACK
    packs.mkdir(parents=True)
    (packs / "any.sql").write_text(gate_topics.TRIGGER_TEXT, encoding="utf-8")
    quiet = ("heartbeats.enabled=false", f"packs_dir={root / 'packs'}", *overrides)
    with pipeline(root / "state", jars, *quiet, slots=slots, taskmanagers=taskmanagers) as running, command_line() as type_in:
        settings = gate_topics.with_rules(running.settings, shared)
        file = root / "settings.yaml"
        file.write_text(settings.model_dump_json(by_alias=True), encoding="utf-8")
        steps = gate_topics.steps(found, shared, Random(f"{shared.seed} topics"), instants)
        with kafka_admin.admin(settings.kafka.servers) as admin:
            admin.alter_configs(
                [ConfigResource(ConfigResourceType.TOPIC, topic, configs=KEPT_FOR_GOOD) for topic in (*steps[0].records, *OUTPUTS)]
            )
        output = Consumer({"bootstrap.servers": settings.kafka.servers, "group.id": "output", "enable.auto.commit": False, "log_level": 0})
        places = {(topic, partition): 0 for topic in OUTPUTS for partition in range(settings.kafka.partitions)}
        try:
            yield GateAlone(running, steps, FlinkRest(running.stack.flink_url), type_in, file, output, places)
        finally:
            output.close()
