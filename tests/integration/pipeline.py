"""The whole suite on a stack of its own: feed it, wait for it, read its topics."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
from confluent_kafka import OFFSET_BEGINNING, Consumer, Message, Producer, TopicPartition

from connectors import kafka_admin
from jobs.settings import Settings, load
from rekindle.cli.invocation import with_local_stack
from rekindle.local import stack as local
from rekindle.local.flink_rest import FlinkRest
from rekindle.local.layout import Wishes
from rekindle.local.stack import Stack
from rekindle.local.submitting import submit_apart
from rekindle.local.waiting import wait_until

MINUTES = 60.0
LIMIT = 8 * MINUTES
Line = tuple[str, bytes | None]
ProfileVersion = tuple[int, str, dict[str, Any] | None]


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
            self._produce("events.raw", key, value)
        for ms, person, profile in profiles:
            self._produce("profiles", person, None if profile is None else json.dumps(profile).encode(), ms)
        assert self.producer.flush(LIMIT) == 0

    def _produce(self, topic: str, key: str, value: bytes | None, at_ms: int = 0) -> None:
        while True:
            try:
                self.producer.produce(topic, key=key, value=value, timestamp=at_ms)
            except BufferError:
                self.producer.poll(0.1)
            else:
                self.producer.poll(0)
                return

    def start(self, *jobs: str) -> None:
        """Submits jobs from one client process and waits until all their tasks run."""
        self.jobs |= submit_apart(self.stack.places, self.settings, jobs)
        self.wait_running(*jobs)

    def wait_running(self, *jobs: str) -> None:
        rest = FlinkRest(self.stack.flink_url)
        rest.wait_running(set(jobs), LIMIT)
        rest.close()

    def messages(self, topic: str) -> list[Message]:
        """Everything that is in a topic now, but heartbeats."""
        return [message for message in dump(self.settings.kafka.servers, topic) if not (message.key() or b"").startswith(b"$hb-")]

    def rows(self, topic: str) -> list[dict[str, Any]]:
        """Values of a topic as JSON, without heartbeats and tombstones."""
        return [json.loads(message.value()) for message in self.messages(topic) if message.value() is not None]

    def clock(self, topic: str) -> int:
        """Event time of a topic in epoch ms: its newest heartbeat in the partition that is furthest behind; 0 before the first."""
        newest: dict[int, int] = {}
        for message in dump(self.settings.kafka.servers, topic):
            if (message.key() or b"").startswith(b"$hb-"):
                newest[message.partition()] = max(newest.get(message.partition(), 0), message.timestamp()[1])
        return min(newest.values()) if len(newest) == self.settings.kafka.partitions else 0

    def delivered(self) -> set[str]:
        """Distinct trigger ids the fake ESP has accepted."""
        ids: set[str] = set()
        after: Any = None
        while True:
            page = requests.get(f"{self.stack.esp_url}/ledger/ids", params={"after": after, "limit": 1000}, timeout=30).json()
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
        stack = local.up(state, Wishes(slots=slots, taskmanagers=taskmanagers))
        settings = with_local_stack(load(None, overrides, environ={}), stack.layout)
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


def dump(servers: str, topic: str) -> list[Message]:
    """All messages a topic holds at this moment, partition by partition in order."""
    consumer = Consumer({"bootstrap.servers": servers, "group.id": "dump", "enable.auto.commit": False, "log_level": 0})
    try:
        messages: list[Message] = []
        for partition in consumer.list_topics(topic, 30).topics[topic].partitions:
            place = TopicPartition(topic, partition, OFFSET_BEGINNING)
            end = consumer.get_watermark_offsets(place, 30)[1]
            consumer.assign([place])
            deadline = time.monotonic() + LIMIT
            while end > 0 and consumer.position([TopicPartition(topic, partition)])[0].offset < end:
                assert time.monotonic() < deadline, f"{topic}-{partition} cannot be read to its end"
                messages += [one for one in consumer.consume(5000, 1.0) if one.error() is None and one.offset() < end]
        return messages
    finally:
        consumer.close()


def raw_records(messages: Iterable[Message]) -> list[tuple[int, int, int, bytes | None]]:
    """Messages of events.raw as the oracle takes them: (partition, offset, Kafka time in ms, value)."""
    return [(one.partition(), one.offset(), one.timestamp()[1], one.value()) for one in messages]
