"""One line of `events.raw` → a clean row, or the one reason why it is none."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

from tests.oracle import fields, json_text
from tests.oracle.vocabulary import Path, Vocabulary, find

MAX_LINE_BYTES = 262_144
MINUTE = 60_000
DAY = 24 * 60 * MINUTE
TYPES = {"page": "Page Viewed", "screen": "Screen Viewed", "identify": "Identified", "alias": "Aliased", "group": "Grouped"}
TIMES = ("timestamp", "originalTimestamp", "sentAt", "receivedAt")


class Raw(NamedTuple):
    """A Kafka record of `events.raw`. at: its timestamp in epoch ms, which is the time of arrival. value: None for a tombstone."""

    partition: int
    offset: int
    at: int
    value: bytes | None


class Line(NamedTuple):
    """One product of an event that names several."""

    product_id: str | None
    name: str | None
    price: Decimal | None
    quantity: int | None


@dataclass
class Row:
    """A clean row. t, received_at: epoch ms. pairs: (device, person) it ties together. lines: None when it has no array of products."""

    raw: Raw
    event_id: str
    content: str
    event: str
    device_id: str
    user_id: str | None
    t: int
    received_at: int
    columns: dict[str, Any]
    properties: str | None
    behavioural: bool
    pairs: list[tuple[str, str]]
    lines: list[Line] | None
    flags: list[str] = field(default_factory=list)

    @property
    def place(self) -> tuple[int, int, int]:
        """Where it stands among the rows of its device."""
        return self.t, self.raw.partition, self.raw.offset


def decode(raw: Raw, vocabulary: Vocabulary, max_bytes: int = MAX_LINE_BYTES) -> Row | str | None:
    """A Row, a reason of the closed list, or None for a heartbeat."""
    if raw.value is not None and len(raw.value) > max_bytes:
        return "too_large"
    try:
        line = json_text.read(raw.value or b"")
    except ValueError:
        return "not_json"
    if not isinstance(line, dict):
        return "not_object"
    if isinstance(line.get("event"), str) and line["event"].strip() == "$heartbeat":
        return _heartbeat(line)
    flags: list[str] = []
    anonymous = _id(line, ("anonymousId", "anonymous_id"), "bad_device_id", flags)
    user = _id(line, ("userId", "user_id"), "bad_user_id", flags)
    if anonymous is None and user is None:
        return "no_identity"
    event = _event(line, vocabulary)
    if event is None:
        return "no_event"
    t = _time(line, raw.at, flags)
    if t is None:
        return "no_time"
    content = _content(line)
    return Row(
        raw=raw,
        event_id=_id(line, ("messageId", "message_id"), "", []) or content,
        content=content,
        event=event,
        device_id=anonymous or f"user:{user}",
        user_id=user,
        t=t,
        received_at=raw.at,
        columns={name: _column(line, name, column, flags) for name, column in vocabulary.columns.items()},
        properties=_properties(line, flags),
        behavioural=event not in vocabulary.not_behavioural and "historical" not in flags,
        pairs=_pairs(line, event, anonymous, user),
        lines=_lines(line, vocabulary),
        flags=sorted(flags),
    )


def _heartbeat(line: dict[str, Any]) -> str | None:
    if fields.identifier(line.get("anonymousId")) is None:
        return "no_identity"
    return "no_time" if fields.time(line.get("timestamp")) is None else None


def _id(line: dict[str, Any], names: tuple[str, str], flag: str, flags: list[str]) -> str | None:
    value = next((line[name] for name in names if line.get(name) is not None), None)
    found = fields.identifier(value)
    if found is None and value is not None:
        flags.append(flag)
    return found


def _event(line: dict[str, Any], vocabulary: Vocabulary) -> str | None:
    name = line.get("event")
    if isinstance(name, str) and fields.identifier(name):
        return vocabulary.names.get(name.strip().lower(), name.strip())
    kind = line.get("type")
    return TYPES.get(kind.strip().lower()) if isinstance(kind, str) else None


def _time(line: dict[str, Any], arrived: int, flags: list[str]) -> int | None:
    present = {name for name in TIMES if line.get(name) is not None}
    times = {name: fields.time(line.get(name)) for name in TIMES}
    original, sent, received = times["originalTimestamp"], times["sentAt"], times["receivedAt"]
    t = next((times[name] for name in ("timestamp", "originalTimestamp", "receivedAt") if times[name] is not None), None)
    contradict = False
    if original is not None and sent is not None and received is not None:
        corrected = received - (sent - original)  # the producer's clock may be wrong, the time it took is not
        contradict = not 0 <= corrected < fields.END_OF_TIME
        t = t if contradict else corrected
    if t is None:
        if present:
            return None
        t = arrived
    if contradict or any(times[name] is None for name in present):
        flags.append("bad_time")
    if t > arrived:
        if t > arrived + 2 * MINUTE:
            flags.append("future")
        t = arrived
    if t < arrived - DAY:
        flags.append("historical")
    return t


def _content(line: dict[str, Any]) -> str:
    left_out = {"receivedAt", "sentAt"} | ({"timestamp"} if line.get("originalTimestamp") is not None else set())
    kept = {name: value for name, value in line.items() if name not in left_out}
    return hashlib.sha256(json_text.write(kept, sort=True).encode("utf-8", "replace")).hexdigest()


def _column(line: dict[str, Any], name: str, column: tuple[str, list[Path]], flags: list[str]) -> Any:
    kind, paths = column
    value = find(line, paths)
    if value is None:
        return None
    found = fields.READERS[kind](value)
    if found is None:
        flags.append(f"bad_{name}")
    return found


def _properties(line: dict[str, Any], flags: list[str]) -> str | None:
    value = line.get("properties")
    if value is not None and not isinstance(value, dict):
        flags.append("bad_properties")
        return None
    return None if value is None else json_text.write(value)


def _pairs(line: dict[str, Any], event: str, anonymous: str | None, user: str | None) -> list[tuple[str, str]]:
    if user is None:
        return []
    devices = [anonymous]
    if event == "Aliased":
        devices.append(_id(line, ("previousId", "previous_id"), "", []))
    return [(device, user) for device in devices if device is not None]


def _lines(line: dict[str, Any], vocabulary: Vocabulary) -> list[Line] | None:
    array = find(line, vocabulary.lines["paths"])
    if not isinstance(array, list):
        return None
    return [_line(element, vocabulary.lines) for element in array if isinstance(element, dict)]


def _line(element: dict[str, Any], keys: dict[str, Any]) -> Line:
    product, name, price, quantity = (find(element, [[key] for key in keys[column]]) for column in Line._fields)
    return Line(
        product_id=None if product is None else fields.text(product),
        name=None if name is None else fields.text(name),
        price=fields.amount(price),
        quantity=fields.quantity(quantity),
    )
