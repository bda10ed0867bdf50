"""The demo's ends of Kafka: writes the feed, follows the topics the jobs write."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import orjson
from confluent_kafka import Consumer, KafkaError, Message, Producer, TopicPartition

from jobs.errors import RunError
from rekindle.demo.happenings import Record

_FLUSH = 30.0  # seconds
_QUIET = {"log_level": 0}  # what matters of librdkafka's own lines comes back as an error


class Writer:
    """Producer of the suite's own settings: keys go to the partition a Java producer would choose."""

    def __init__(self, servers: str) -> None:
        self._failed: list[str] = []
        self._producer = Producer(
            {"bootstrap.servers": servers, "partitioner": "murmur2_random", "enable.idempotence": True, "linger.ms": 5, **_QUIET}
        )

    def write(self, records: Iterable[Record]) -> None:
        """All of it is in the log when this returns. Raises: RunError when Kafka did not take a record."""
        for record in records:
            at = record.at or 0  # 0 = now
            self._producer.produce(record.topic, key=record.key, value=record.value, timestamp=at, on_delivery=self._delivered)
            self._producer.poll(0)
        left = self._producer.flush(_FLUSH)
        if left or self._failed:
            raise RunError(f"Kafka did not take {left + len(self._failed)} records: {(self._failed or ['no answer'])[0]}")

    def _delivered(self, error: KafkaError | None, _: Message) -> None:
        if error is not None:
            self._failed.append(error.str())


class Follower:
    """Reads topics from their beginning; leaves no trace in Kafka."""

    def __init__(self, servers: str, topics: Sequence[str]) -> None:
        self._consumer = Consumer(
            {"bootstrap.servers": servers, "group.id": "rekindle-demo", "enable.auto.commit": False, "fetch.wait.max.ms": 100, **_QUIET}
        )
        listed = self._consumer.list_topics(timeout=10).topics
        self._consumer.assign([TopicPartition(topic, partition, 0) for topic in topics for partition in listed[topic].partitions])

    def poll(self, seconds: float) -> Iterator[tuple[str, dict[str, object]]]:
        """(topic, row) of what is there now; waits at most `seconds` for the first. Heartbeats and tombstones are left out."""
        for message in self._consumer.consume(1000, seconds):
            topic, value = message.topic(), message.value()
            if message.error() is None and topic and value:
                row = orjson.loads(value)
                if row.get("event") != "$heartbeat":
                    yield topic, row

    def close(self) -> None:
        self._consumer.close()
