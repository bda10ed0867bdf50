"""Heartbeats as tools and tests write them; the running suite's come from `SEND_HEARTBEATS` and `HEARTBEATS`, in the same form."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from kafka.partitioner.default import murmur2

from connectors.topics import Topic

MARKER = "$heartbeat"
KEY_PREFIX = "$hb-"


def heartbeat_key(partition: int, partitions: int) -> str:
    """`$hb-<partition>-<salt>`: the first such key that Kafka itself puts into `partition` of `partitions`."""
    salt = 0
    while partition_of(key := f"{KEY_PREFIX}{partition}-{salt}", partitions) != partition:
        salt += 1
    return key


def partition_of(key: str, partitions: int) -> int:
    """Where Kafka's default partitioner puts a key."""
    return int((murmur2(key.encode()) & 0x7FFFFFFF) % partitions)


def heartbeat_value(topic: Topic, key: str, at_ms: int) -> bytes:
    """The row for an input topic. at_ms: epoch ms, also the record's time."""
    at = datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    key_column, time_column = ("anonymousId", "timestamp") if topic.name == "events.raw" else (topic.key, "at")
    return json.dumps({"event": MARKER, key_column: key, time_column: at}).encode()


def is_heartbeat(key: bytes | None) -> bool:
    """Whether a record of this key is a heartbeat."""
    return (key or b"").startswith(KEY_PREFIX.encode())
