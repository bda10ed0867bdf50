"""A record of `dead_letters` → a letter: everything about it but its bytes, which name people."""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Any, NamedTuple

import orjson

from connectors.kafka_scan import Scanned
from jobs.deliver.send import MalformedSendError, Send, parse_send
from jobs.gate.instants import LAST_MS
from rekindle.workbench.index.rows import instant

STAGES = ("ingest", "evaluate", "gate", "deliver")


class Letter(NamedTuple):
    """key: how it is named: the place it failed at, or a hash where that is not known. failed_at, expires_at: epoch ms.

    trigger_id, destination, expires_at: of the send (deliver) or candidate (gate) it holds, where it holds one. at_partition,
    at_offset: its place in `dead_letters`.
    """

    key: str
    stage: str
    reason: str
    topic: str | None
    partition: int | None
    offset: int | None
    failed_at: int
    attempts: int
    detail: str | None
    trigger_id: str | None
    destination: str | None
    expires_at: int | None
    at_partition: int
    at_offset: int


class State(NamedTuple):
    """What somebody did with a letter. failed_at: the letter's own. state: retried or discarded. Times in epoch ms."""

    letter: str
    failed_at: int
    state: str
    batch: str
    at: int
    by: str
    why: str | None


def read(record: Scanned) -> tuple[Letter, bytes | None] | None:
    """The letter and the bytes it keeps; None when the record breaks the contract of `dead_letters`."""
    try:
        row = orjson.loads(record.value or b"")
        raw = None if row.get("raw") is None else base64.b64decode(row["raw"], validate=True)
        stage, reason, failed_at = row["stage"], row["reason"], instant(row["failed_at"])
        topic, partition, offset = row.get("topic"), row.get("partition"), row.get("offset")
    except (ValueError, TypeError, KeyError, AttributeError, binascii.Error):
        return None
    if stage not in STAGES or not isinstance(reason, str):
        return None
    placed = topic is not None and partition is not None and offset is not None
    # the gate knows no place, and its key is a person; a repeat of the same failure has the same bytes
    key = f"{topic}-{partition}-{offset}" if placed else f"{stage}-{hashlib.sha256(record.value or b'').hexdigest()[:16]}"
    trigger_id, destination, expires_at = _about(stage, topic, raw)
    letter = Letter(
        key, stage, reason, topic, partition, offset, failed_at, row.get("attempts") or 1, row.get("detail"),
        trigger_id, destination, expires_at, record.partition, record.offset,
    )  # fmt: skip
    return letter, raw


def state(record: Scanned) -> State | None:
    """A record of `dead_letters.state`; None when it breaks its contract."""
    try:
        row = orjson.loads(record.value or b"")
        return State(
            row["letter"], instant(row["failed_at"]), row["state"], row["batch"], instant(row["at"]), row["by"], row.get("why")
        )  # fmt: skip
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def send_of(raw: bytes | None) -> Send | None:
    """The send a letter of `deliver` holds; None when it holds none, which is why it is a letter."""
    try:
        return parse_send(raw)
    except MalformedSendError:
        return None


def candidate_of(raw: bytes | None) -> dict[str, Any] | None:
    """The candidate a letter of `gate` holds, as the gate's inputs have it (sql/gate/inputs.sql): times in epoch ms."""
    try:
        row = orjson.loads(raw or b"")
    except orjson.JSONDecodeError:
        return None
    texts = ("trigger_id", "person_id", "pack")
    if not isinstance(row, dict) or not all(isinstance(row.get(name), str) and row[name] for name in texts):
        return None
    times = (row.get("fired_at"), row.get("expires_at"))
    return row if all(type(at) is int and 0 <= at <= LAST_MS for at in times) else None


def _about(stage: str, topic: str | None, raw: bytes | None) -> tuple[str | None, str | None, int | None]:
    if stage == "deliver" and (send := send_of(raw)) is not None:
        return send.trigger_id, send.destination, round(send.expires_at.timestamp() * 1000)
    if stage == "gate" and topic == "trigger_candidates" and (row := candidate_of(raw)) is not None:
        return row["trigger_id"], None, row["expires_at"]
    return None, None, None
