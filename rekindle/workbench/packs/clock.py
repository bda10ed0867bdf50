"""How far a pack has got, in event time: what its own heartbeats in the candidates' topic say."""

from __future__ import annotations

import json
from collections.abc import Mapping

from confluent_kafka import Consumer, TopicPartition

from connectors.heartbeats import is_heartbeat
from connectors.topics import TOPICS
from jobs.errors import RunError

TOPIC = TOPICS["trigger_candidates"].name
_FIRST_LOOK = 2_000
_ANSWER = 30.0
"""Seconds Kafka may take for a call."""


def of_pack(servers: str, pack: str, options: Mapping[str, str] | None = None) -> int | None:
    """Every candidate of the pack with T up to this (epoch ms) has been written; None when it has never said so in every partition.

    To be asked when the job has stopped. options: client properties. Raises: RunError when Kafka does not answer.
    """
    client = {"bootstrap.servers": servers, "group.id": "rekindle-plan", "enable.auto.commit": False, "isolation.level": "read_committed"}
    consumer = Consumer({**client, "enable.partition.eof": True, "log_level": 0, **(options or {})})
    try:
        partitions = consumer.list_topics(TOPIC, _ANSWER).topics[TOPIC].partitions
        newest = [_newest(consumer, TopicPartition(TOPIC, partition), pack) for partition in partitions]
    except Exception as error:  # confluent_kafka's own are Exceptions of no common base
        raise RunError(
            f"{TOPIC} cannot be read at {servers} (kafka.servers): {error}", "the job is stopped; start it again when Kafka is back"
        ) from None
    finally:
        consumer.close()
    known = [at for at in newest if at is not None]
    return min(known) if known and len(known) == len(newest) else None


def _newest(consumer: Consumer, place: TopicPartition, pack: str) -> int | None:
    """Looks at the partition's end first, and further back while nothing is found."""
    first, end = consumer.get_watermark_offsets(place, _ANSWER)
    span, upper = _FIRST_LOOK, end
    while upper > first:
        lower = max(first, upper - span)
        found = _last_heartbeat(consumer, place, lower, end, pack)
        if found is not None:
            return found
        upper, span = lower, span * 8
    return None


def _last_heartbeat(consumer: Consumer, place: TopicPartition, lower: int, end: int, pack: str) -> int | None:
    consumer.assign([TopicPartition(place.topic, place.partition, lower)])
    found: int | None = None
    while (message := consumer.poll(_ANSWER)) is not None:
        if message.error() is not None or (message.offset() or 0) >= end:  # the end of the partition, or what came since
            return found
        if is_heartbeat(message.key()) and json.loads(message.value() or b"{}").get("pack") == pack:
            found = max(found or 0, message.timestamp()[1])
    raise RunError(f"{place.topic}-{place.partition} cannot be read to its end")
