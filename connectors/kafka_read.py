"""A topic as it is at this moment, record by record: what the command line reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from kafka import KafkaConsumer, TopicPartition

_POLL_MS = 1000
_ROWS_PER_POLL = 5000


class Read(NamedTuple):
    """at: the record's time in epoch ms. A value of None is a tombstone."""

    partition: int
    offset: int
    at: int
    key: bytes | None
    value: bytes | None


def records(servers: str, topic: str, options: Mapping[str, str] | None = None) -> Iterator[Read]:
    """Everything between a topic's beginning and its end as of now, partition by partition in order. Commits nothing, joins no group.

    options: more of kafka-python's, by Kafka's names with dots. Raises: kafka.errors.KafkaError.
    """
    extra = {name.replace(".", "_"): value for name, value in (options or {}).items()}
    consumer = KafkaConsumer(bootstrap_servers=servers, group_id=None, enable_auto_commit=False, **extra)
    try:
        for number in sorted(consumer.partitions_for_topic(topic) or ()):
            partition = TopicPartition(topic, number)
            consumer.assign([partition])
            end = consumer.end_offsets([partition])[partition]
            consumer.seek_to_beginning(partition)
            while consumer.position(partition) < end:
                for found in consumer.poll(_POLL_MS, max_records=_ROWS_PER_POLL).values():
                    yield from (Read(number, one.offset, one.timestamp, one.key, one.value) for one in found if one.offset < end)
    finally:
        consumer.close()
