"""A record of a topic → facts of the account; nothing of a payload or an address gets into one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson

from connectors.kafka_scan import Scanned
from rekindle.workbench.dlq import letters
from rekindle.workbench.index.rows import instant
from rekindle.workbench.reconcile.account import Fact, Kind

TOPICS = ("dead_letters", "delivery_outcomes", "triggers.retry", "triggers", "trigger_decisions")
"""In the order their ends are asked for and they are read: a row's consequences before it, so that nothing seen lacks its cause."""
_WIDTH = 1_000_000_000_000
UNREADABLE = ("not_json", "not_object", "bad_send")
"""Reasons of letters of rows of `triggers` that are no sends: they have no outcome."""


class UnreadableError(Exception):
    """A row of `triggers` from which not even its id can be told."""


def read(record: Scanned) -> Fact | None:
    """None for rows the account has no use for. Raises: UnreadableError."""
    try:
        if record.topic == "dead_letters":
            return _letter(record)
        row = orjson.loads(record.value or b"null")
        if isinstance(row, dict) and row.get("event") != "$heartbeat":
            return _READERS[record.topic](row, record)
    except (ValueError, TypeError, KeyError, AttributeError):
        pass
    if record.topic == "triggers":
        raise UnreadableError
    return None


def place_of_unreadable(record: Scanned) -> tuple[int, int] | None:
    """Partition and offset in `triggers` of a row that deliver could not read, as its letter says."""
    found = letters.read(record) if record.topic == "dead_letters" and record.value is not None else None
    if found is None:
        return None
    letter = found[0]
    if letter.stage != "deliver" or letter.reason not in UNREADABLE or letter.topic != "triggers":
        return None
    return (letter.partition or 0, letter.offset or 0)


def _letter(record: Scanned) -> Fact | None:
    found = letters.read(record) if record.value is not None else None
    if found is None or found[0].stage != "deliver" or found[0].trigger_id is None:
        return None
    letter = found[0]
    return _fact(record, letter.trigger_id or "", Kind.LETTER, letter.destination or "", letter.reason, letter.failed_at)


def _sent(row: Mapping[str, Any], record: Scanned) -> Fact:
    return _fact(
        record, _text(row, "trigger_id"), Kind.SENT, _text(row, "destination"), "", instant(row["decided_at"]), instant(row["expires_at"])
    )  # fmt: skip


def _decided(row: Mapping[str, Any], record: Scanned) -> Fact | None:
    again = row["evidence"].get("recheck") is True
    if row["verdict"] == "sent":
        word = "go" if again else "sent"
    elif row["reason"] == "cancelled_after_send" or (again and row["verdict"] != "held"):
        word = "stop"
    else:
        return None
    return _fact(record, _text(row, "trigger_id"), Kind.DECIDED, "", word, instant(row["decided_at"]))


def _ended(row: Mapping[str, Any], record: Scanned) -> Fact:
    at = instant(row["at"])
    began = at - (row.get("latency_ms") or 0)
    return _fact(record, _text(row, "trigger_id"), Kind.ENDED, _text(row, "destination"), _text(row, "outcome"), at, began)


def _retried(row: Mapping[str, Any], record: Scanned) -> Fact:
    word = "recheck" if row.get("recheck") is True else ""
    return _fact(record, _text(row["send"], "trigger_id"), Kind.RETRIED, _text(row, "destination"), word, instant(row["not_before"]))


def _fact(record: Scanned, trigger_id: str, kind: Kind, destination: str, word: str, at: int, until: int = 0) -> Fact:
    return Fact(trigger_id, kind, destination, word, at, until, record.at, record.partition * _WIDTH + record.offset)


def _text(row: Mapping[str, Any], name: str) -> str:
    value = row[name]
    if not isinstance(value, str) or not value:
        raise ValueError(name)
    return value


_READERS: Mapping[str, Callable[[Mapping[str, Any], Scanned], Fact | None]] = {
    "delivery_outcomes": _ended,
    "triggers.retry": _retried,
    "triggers": _sent,
    "trigger_decisions": _decided,
}
