"""The whole suite on a stack of its own: feed it, wait for it, read its topics."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import requests
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, Producer, TopicPartition

from connectors import kafka_admin
from connectors.heartbeats import heartbeat_key, heartbeat_value, is_heartbeat
from connectors.topics import TOPICS
from jobs.durations import millis
from jobs.settings import Settings, load
from rekindle.cli.invocation import with_local_stack
from rekindle.local import stack as local
from rekindle.local.flink_rest import FlinkRest
from rekindle.local.layout import Wishes
from rekindle.local.stack import Stack
from rekindle.local.submitting import submit_apart
from rekindle.local.waiting import wait_until
from tests.oracle import shop
from tests.oracle.gate_history import Cap, Quiet, Rules

MINUTES = 60.0
LIMIT = 8 * MINUTES
AT_ANY_HOUR = ("gate.quiet_hours.enabled=false", "gate.identity_wait=1 min")
"""A test runs by night too, and waits for nobody's login."""
Line = tuple[str, bytes | None]
ProfileVersion = tuple[int, str, dict[str, Any] | None]


@dataclass(frozen=True)
class Record:
    """One record of a topic. at_ms: its Kafka time in epoch ms."""

    partition: int
    offset: int
    at_ms: int
    key: bytes | None
    value: bytes | None


@dataclass
class Pipeline:
    """A stack that is up, with its topics; jobs once `start` was called."""

    stack: Stack
    settings: Settings
    producer: Producer
    jobs: dict[str, str] = field(default_factory=dict)

    def feed(self, lines: Iterable[Line], profiles: Iterable[ProfileVersion] = ()) -> None:
        """Writes lines of events.raw in their order, and profiles with their own record times; all of it is in the log on return."""
        for key, value in lines:
            self.produce("events.raw", key, value)
        for ms, person, profile in profiles:
            self.produce("profiles", person, None if profile is None else json.dumps(profile).encode(), ms)
        assert self.producer.flush(LIMIT) == 0

    def produce(self, topic: str, key: str | bytes | None, value: bytes | None, at_ms: int = 0) -> None:
        """One record, not yet in the log on return. at_ms: its time; 0 = now."""
        while True:
            try:
                self.producer.produce(topic, key=key, value=value, timestamp=at_ms)
            except BufferError:
                self.producer.poll(0.1)
            else:
                self.producer.poll(0)
                return

    def close_time(self) -> None:
        """Heartbeats of now into every partition that has a wall clock, as ingest writes them: what was fed falls due."""
        now = int(time.time() * 1000)
        for topic in (topic for topic in TOPICS.values() if topic.clock == "wall"):
            for partition in range(self.settings.kafka.partitions):
                key = heartbeat_key(partition, self.settings.kafka.partitions)
                self.producer.produce(topic.name, key=key, value=heartbeat_value(topic, key, now), timestamp=now)
        assert self.producer.flush(LIMIT) == 0

    def start(self, *jobs: str) -> None:
        """Submits jobs from one client process and waits until all their tasks run."""
        submitted = submit_apart(self.stack.places, self.settings, jobs)
        self.jobs |= submitted
        self.wait_running(*submitted)

    def wait_running(self, *jobs: str) -> None:
        rest = FlinkRest(self.stack.flink_url)
        rest.wait_running(set(jobs), LIMIT)
        rest.close()

    def records(self, topic: str) -> list[Record]:
        """Everything that is in a topic now, but heartbeats."""
        return [record for record in dump(self.settings.kafka.servers, topic) if not is_heartbeat(record.key)]

    def rows(self, topic: str) -> list[dict[str, Any]]:
        """Values of a topic as JSON, without heartbeats and tombstones."""
        return [json.loads(record.value) for record in self.records(topic) if record.value is not None]

    def oracle(self) -> shop.Result:
        """What the oracle makes of what is in `events.raw` and `profiles` now, with the broker's own times."""
        lines = [(one.partition, one.offset, one.at_ms, one.value) for one in self.records("events.raw")]
        profiles = [
            (one.at_ms, (one.key or b"").decode(), None if one.value is None else json.loads(one.value)) for one in self.records("profiles")
        ]
        gate = self.settings.gate
        caps = tuple(Cap(cap.class_, cap.channel, cap.limit, millis(cap.per), cap.calendar) for cap in gate.caps)
        rules = Rules(identity_wait=millis(gate.identity_wait), quiet=Quiet(enabled=gate.quiet_hours.enabled), caps=caps)
        return shop.run(lines, profiles, rules=rules)

    def clock(self, topic: str) -> int:
        """Event time of a topic in epoch ms: its newest heartbeat in the partition that is furthest behind; 0 before the first."""
        newest: dict[int, int] = {}
        for record in dump(self.settings.kafka.servers, topic):
            if is_heartbeat(record.key):
                newest[record.partition] = max(newest.get(record.partition, 0), record.at_ms)
        return min(newest.values()) if len(newest) == self.settings.kafka.partitions else 0

    def delivered(self) -> set[str]:
        """Distinct trigger ids the fake ESP has accepted."""
        ids: set[str] = set()
        after: Any = None
        while True:
            page = requests.get(f"{self.stack.esp_url}/ledger/ids", params={"after": after, "limit": 1000}, timeout=240).json()
            ids |= {row["trigger_id"] for row in page["ids"]}
            after = page["next"]
            if after is None:
                return ids

    def wait_for(self, topic: str, count: int, limit: float = LIMIT) -> list[dict[str, Any]]:
        """Rows of a topic once there are `count`; whatever there is when the limit has passed."""
        rows: list[dict[str, Any]] = []

        def enough() -> bool:
            rows[:] = self.rows(topic)
            return len(rows) >= count

        wait_until(enough, limit, pause=2.0)
        return rows


@contextmanager
def pipeline(state: Path, jars: Path, *overrides: str, slots: int = 6, taskmanagers: int = 1) -> Iterator[Pipeline]:
    """A fresh stack in `state` (made here), with topics. overrides: settings as `section.key=value`."""
    state.mkdir(parents=True)
    (state / "jars").symlink_to(jars)
    try:
        stack = local.up(state, Wishes(slots=slots, taskmanagers=taskmanagers), limit=LIMIT)
        settings = with_local_stack(load(None, [*AT_ANY_HOUR, *overrides], environ={}), stack.layout)
        with kafka_admin.admin(settings.kafka.servers) as admin:
            kafka_admin.create(admin, settings.kafka.partitions, settings.kafka.replication)
        producer = Producer(
            {
                "bootstrap.servers": settings.kafka.servers,
                "partitioner": "murmur2_random",  # Kafka's own: a device's lines stay in one partition
                "enable.idempotence": True,
                "linger.ms": 5,
                "message.max.bytes": 8_388_608,
                "message.timeout.ms": 600_000,
                "log_level": 0,  # a broker that is killed on purpose is no news
            }
        )
        yield Pipeline(stack, settings, producer)
    finally:
        local.down(state)


def dump(servers: str, topic: str) -> list[Record]:
    """All records a topic holds at this moment, partition by partition in order."""
    consumer = Consumer({"bootstrap.servers": servers, "group.id": "dump", "enable.auto.commit": False, "log_level": 0})
    try:
        records: list[Record] = []
        for partition in consumer.list_topics(topic, 240).topics[topic].partitions:
            ends: list[int] = wait_until(partial(_end, consumer, TopicPartition(topic, partition)), LIMIT, pause=0.5)
            assert ends, f"{topic}-{partition} has no leader"
            end = ends[0]
            consumer.assign([TopicPartition(topic, partition, OFFSET_BEGINNING)])
            deadline = time.monotonic() + LIMIT
            while end > 0 and consumer.position([TopicPartition(topic, partition)])[0].offset < end:
                assert time.monotonic() < deadline, f"{topic}-{partition} cannot be read to its end"
                for one in consumer.consume(5000, 1.0):
                    if one.error() is None and (offset := one.offset() or 0) < end:
                        records.append(Record(partition, offset, one.timestamp()[1], one.key(), one.value()))
        return records
    finally:
        consumer.close()


def _end(consumer: Consumer, place: TopicPartition) -> list[int]:
    """The partition's end; empty while it has no leader, as right after the broker was away."""
    try:
        return [consumer.get_watermark_offsets(place, 240)[1]]
    except KafkaException:
        return []
