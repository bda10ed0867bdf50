"""A send on its way round again: rows of `triggers.retry`, and what the keyed function hands to the caller."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from connectors.esp.protocol import Reason
from connectors.esp.times import iso
from jobs.deliver.send import MalformedSendError

_SEND = b'"send":'


@dataclass(frozen=True)
class Envelope:
    """raw: the row of `triggers` as it was written. Times in epoch ms. place: topic, partition, offset of the row it came in.

    made: calls so far; passes: those of them in vain, by fours or so; lost: a call that may have been taken; recheck: the gate comes first.
    """

    raw: bytes
    place: tuple[str, int, int]
    first_ms: int
    not_before_ms: int = 0
    made: int = 0
    passes: int = 0
    lost: str | None = None
    recheck: bool = False

    def row(self, destination: str) -> str:
        """A value of `triggers.retry`."""
        head = {
            "destination": destination,
            "not_before": iso(at(self.not_before_ms)),
            "first_at": iso(at(self.first_ms)),
            "attempts": self.made,
            "passes": self.passes,
            "lost": self.lost,
            "recheck": self.recheck,
        }
        return (orjson.dumps(head)[:-1] + b"," + _SEND + self.raw.strip() + b"}").decode()

    def packed(self) -> dict[str, Any]:
        """For Flink's state and for the way to the caller."""
        packed: dict[str, Any] = {"raw": self.raw.decode(), "place": self.place, "first": self.first_ms}
        more = {"due": self.not_before_ms, "made": self.made, "passes": self.passes, "lost": self.lost, "recheck": self.recheck}
        return packed | {name: value for name, value in more.items() if value}

    @classmethod
    def unpacked(cls, packed: dict[str, Any]) -> Envelope:
        topic, partition, offset = packed["place"]
        return cls(
            packed["raw"].encode(),
            (topic, partition, offset),
            packed["first"],
            packed.get("due", 0),
            packed.get("made", 0),
            packed.get("passes", 0),
            packed.get("lost"),
            packed.get("recheck", False),
        )


def read_retry(value: bytes | None, place: tuple[str, int, int], now_ms: int) -> Envelope:
    """A value of `triggers.retry` → Envelope. Raises MalformedSendError; whether `send` is one, `parse_send` tells."""
    try:
        row = orjson.loads(value or b"")
    except orjson.JSONDecodeError:
        raise MalformedSendError(Reason.NOT_JSON) from None
    if not isinstance(row, dict) or not isinstance(row.get("send"), dict):
        raise MalformedSendError(Reason.NOT_OBJECT)
    lost, attempts, passes = row.get("lost"), row.get("attempts", 0), row.get("passes", 0)
    return Envelope(
        raw=_raw_send(value or b"", row["send"]),
        place=place,
        first_ms=_ms(row, "first_at", now_ms),
        not_before_ms=_ms(row, "not_before", now_ms),
        made=attempts if isinstance(attempts, int) else 0,
        passes=passes if isinstance(passes, int) else 0,
        lost=lost if lost in set(Reason) else None,
        recheck=row.get("recheck") is True,
    )


def at(ms: int) -> datetime:
    """Epoch ms → UTC."""
    return datetime.fromtimestamp(ms / 1000, UTC)


def ms_of(time: datetime) -> int:
    """Aware time → epoch ms."""
    return round(time.timestamp() * 1000)


def json_object(value: bytes) -> dict[str, Any]:
    """A row of a topic others write: what is no JSON object says nothing."""
    try:
        row = orjson.loads(value)
    except orjson.JSONDecodeError:
        return {}
    return row if isinstance(row, dict) else {}


def _raw_send(value: bytes, send: dict[str, Any]) -> bytes:
    """The send's own bytes: written anew, a number of many digits would change. Ours stands last."""
    begins = value.find(_SEND)
    raw = value[begins + len(_SEND) :].strip()[:-1]
    try:
        if begins > 0 and orjson.loads(raw) == send:
            return raw
    except orjson.JSONDecodeError:
        pass
    return orjson.dumps(send)


def _ms(row: dict[str, Any], key: str, default: int) -> int:
    try:
        return ms_of(datetime.fromisoformat(row[key]))
    except (KeyError, TypeError, ValueError, OverflowError):
        return default
