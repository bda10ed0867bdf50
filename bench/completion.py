"""How far the jobs are, read off the ends of their topics, and what they wrote."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import orjson
from confluent_kafka import Consumer, TopicPartition

from bench.yardstick import records


class Progress:
    """Questions about the ends of topics; no row but the last of each partition is read."""

    def __init__(self, consumer: Consumer, partitions: int) -> None:
        self._consumer, self._partitions = consumer, partitions

    def rows(self, topic: str) -> int:
        """Records of a topic, heartbeats included."""
        return sum(self._end(topic, partition) for partition in range(self._partitions))

    def has_passed(self, topic: str, t: int) -> bool:
        """Each partition ends with a heartbeat that tells a time of at least `t` (epoch ms): no earlier row comes any more."""
        return all(self._tells(topic, partition, t) for partition in range(self._partitions))

    def _end(self, topic: str, partition: int) -> int:
        return int(self._consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=10)[1])

    def _tells(self, topic: str, partition: int, t: int) -> bool:
        end = self._end(topic, partition)
        if not end:
            return False
        self._consumer.assign([TopicPartition(topic, partition, end - 1)])
        last = self._consumer.poll(5)
        self._consumer.unassign()
        return last is not None and not last.error() and (last.key() or b"").startswith(b"$hb") and last.timestamp()[1] >= t


@contextmanager
def progress(servers: str, partitions: int) -> Iterator[Progress]:
    """Its connection is closed at the end, before the broker is."""
    consumer = Consumer({"bootstrap.servers": servers, "group.id": "bench-progress", "enable.auto.commit": False})
    try:
        yield Progress(consumer, partitions)
    finally:
        consumer.close()


def trigger_ids(servers: str, topic: str, partitions: int) -> set[str]:
    """All trigger_ids in a topic of candidates."""
    return {orjson.loads(value)["trigger_id"] for _, _, key, value in records(servers, topic, partitions) if not key.startswith(b"$hb")}
