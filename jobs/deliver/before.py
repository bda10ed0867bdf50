"""What earlier runs of the job told Kafka, read once when a subtask begins: nothing that has ended is called again.

After a crash, rows of `triggers` since the last checkpoint come once more. Their outcomes are in `delivery_outcomes` already, but the job
reads that topic no faster than the other. So before the first call its end as of now is read, as are the gate's cancels.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import NamedTuple

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from connectors.esp.protocol import Reason
from jobs.deliver.envelope import json_object
from jobs.deliver.journal import for_librdkafka

CLAIMED = str(Reason.CLAIMED)
_POLL_S = 1.0
_LOG = logging.getLogger(__name__)


class Before(NamedTuple):
    """ended: trigger id → final outcome at one destination, or CLAIMED where a call may have been begun. cancelled: trigger ids."""

    ended: dict[str, str]
    cancelled: set[str]


def read_before(servers: str, options: Mapping[str, str], destination: str, since_ms: int, final: frozenset[str]) -> Before:
    """Both topics from `since_ms` (epoch, record time) to their ends as of now. Raises: confluent_kafka.KafkaException."""
    before = Before({}, set())
    for value in _values(servers, options, "delivery_outcomes", since_ms):
        if b'"outcome"' in value:
            row = json_object(value)
            if row.get("destination") != destination:
                continue
            trigger_id = str(row.get("trigger_id"))
            if before.ended.get(trigger_id) == "accepted":
                continue  # what was taken stays so
            if row.get("outcome") in final:
                before.ended[trigger_id] = str(row["outcome"])
            elif row.get("reason") == Reason.CLAIMED:
                before.ended.setdefault(trigger_id, CLAIMED)
            elif before.ended.get(trigger_id) == CLAIMED:  # that call ended without effect
                del before.ended[trigger_id]
    for value in _values(servers, options, "trigger_decisions", since_ms):
        if b"cancelled_after_send" in value:
            row = json_object(value)
            if row.get("reason") == "cancelled_after_send":
                before.cancelled.add(str(row.get("trigger_id")))
    _LOG.info("%s: %d sends had ended, %d were cancelled before this run", destination, len(before.ended), len(before.cancelled))
    return before


def oldest(now_ms: int, longest: timedelta) -> int:
    """From when on an outcome can be that of a send which is still to be made. longest: a send's longest life."""
    return now_ms - round(longest.total_seconds() * 1000)


def _values(servers: str, options: Mapping[str, str], topic: str, since_ms: int) -> Iterator[bytes]:
    settings = {
        "bootstrap.servers": servers,
        "group.id": "rekindle-deliver-before",  # named, never joined, nothing committed
        "enable.auto.commit": False,
        "isolation.level": "read_committed",
        "enable.partition.eof": True,
        "log_level": 0,
    }
    consumer = Consumer(settings | for_librdkafka(options))
    try:
        found = consumer.list_topics(topic, timeout=30).topics[topic]
        if found.error is not None:
            raise KafkaException(found.error)
        for number in found.partitions:
            start = consumer.offsets_for_times([TopicPartition(topic, number, since_ms)], timeout=30)[0].offset
            _, end = consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=30)
            if start < 0 or start >= end:
                continue
            consumer.assign([TopicPartition(topic, number, start)])
            yield from _to(consumer, end)
    finally:
        consumer.close()


def _to(consumer: Consumer, end: int) -> Iterator[bytes]:
    while True:
        message = consumer.poll(_POLL_S)  # not `consume`, which waits for its whole batch
        if message is None:
            continue
        error, value, offset = message.error(), message.value(), message.offset()
        if error is not None:
            if error.code() == KafkaError._PARTITION_EOF:  # also behind markers of transactions, which no position counts
                return
            raise KafkaException(error)
        if value is not None:
            yield value
        if offset is not None and offset >= end - 1:
            return
