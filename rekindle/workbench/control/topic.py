"""The topic `control`: one row per thing that is changed; the latest of a key counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from kafka import KafkaProducer
from kafka.errors import KafkaError

from connectors import kafka_read
from connectors.heartbeats import is_heartbeat
from connectors.kafka_admin import client_options
from connectors.topics import TOPICS
from jobs.errors import RunError
from jobs.gate import control
from jobs.gate.instants import to_text

TOPIC = TOPICS["control"].name
_CONNECT_MS = 5000
_ANSWER = 15.0
"""Seconds Kafka may take to answer."""
_UNREACHABLE = "run `rekindle up`, or set kafka.servers; `rekindle topics create` makes the topics"


@dataclass(frozen=True)
class Change:
    """One row. key: `trigger:NAME`, `pack:NAME` or `setting:NAME`. value: {} = as the settings say. at: epoch ms."""

    key: str
    value: Mapping[str, Any]
    at: int
    by: str | None


def write(servers: str, change: Change, options: Mapping[str, str]) -> None:
    """In the log when this returns. options: client properties. Raises: RunError when Kafka does not take it; as `control.validated`."""
    control.validated(change.key, change.value)  # what the gate would refuse never gets there
    row = {"key": change.key, "value": dict(change.value), "at": to_text(change.at), "by": change.by}
    try:
        producer = KafkaProducer(
            bootstrap_servers=servers.split(","), acks="all", bootstrap_timeout_ms=_CONNECT_MS, **client_options(options)
        )
    except (KafkaError, OSError, ValueError, AssertionError) as error:
        raise RunError(f"Kafka is not reachable at {servers} (kafka.servers): {type(error).__name__}", _UNREACHABLE) from None
    try:
        # its own time as the record's: the gate counts it from there
        sent = producer.send(TOPIC, key=change.key.encode(), value=orjson.dumps(row), timestamp_ms=change.at)
        sent.get(timeout=_ANSWER)
    except KafkaError as error:
        raise RunError(f"Kafka at {servers} did not take the change: {type(error).__name__}", _UNREACHABLE) from None
    finally:
        producer.close(timeout=_ANSWER)


def in_force(servers: str, options: Mapping[str, str]) -> list[Change]:
    """What differs from files and settings now, by key. Raises: RunError when Kafka does not answer."""
    latest: dict[str, Change] = {}
    try:
        for record in kafka_read.records(servers, TOPIC, options):
            if record.value is None:
                latest.pop((record.key or b"").decode(errors="replace"), None)
            elif not is_heartbeat(record.key) and (change := _change(record.value, record.at)) is not None:
                latest[change.key] = change
    except KafkaError as error:
        raise RunError(f"Kafka is not reachable at {servers} (kafka.servers): {type(error).__name__}", _UNREACHABLE) from None
    return [change for _, change in sorted(latest.items()) if differs(change)]


def differs(change: Change) -> bool:
    """Whether it says anything but `as it stands in files and settings`."""
    return any(change.value.values()) if change.key.startswith((control.TRIGGER, control.PACK)) else bool(change.value)


def _change(value: bytes, at: int) -> Change | None:
    try:
        row = orjson.loads(value)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(row, dict) or not isinstance(row.get("key"), str) or not isinstance(row.get("value"), dict):
        return None  # nobody could act on it: the gate does not either
    return Change(row["key"], row["value"], at, row.get("by"))
