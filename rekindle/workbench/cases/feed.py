"""Cases as topics: all of them in one log, each with devices, people and products of its own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from jobs.gate.instants import to_text
from rekindle.workbench.cases import base, tables
from rekindle.workbench.cases.case import Case
from rekindle.workbench.history.given import epoch_ms
from rekindle.workbench.history.logs import Record

_MARK = re.compile(r"c(\d+)~")
_IDS = ("device_id", "user_id", "person_id", "anonymousId", "userId", "previousId", "messageId", "event_id")
HEARTBEAT = "$heartbeat"
ON_TIME, CLOCK, LATE = range(3)


class Arrival(NamedTuple):
    """When a record reaches the log. Of one instant, rows that are on time come first, then the heartbeat, then rows that are late.

    at: epoch ms the record arrives at; record.at is the time of what it says.
    """

    at: int
    phase: int
    record: Record


def owner(text: str) -> int | None:
    """Number of the case an id belongs to."""
    match = _MARK.match(text)
    return int(match[1]) if match else None


def unmarked(value: Any) -> Any:
    """The same with ids as the case wrote them."""
    if isinstance(value, str):
        return _MARK.sub("", value)
    if isinstance(value, list):
        return [unmarked(one) for one in value]
    if isinstance(value, dict):
        return {name: unmarked(one) for name, one in value.items()}
    return value


def clocks(cases: Iterable[Case]) -> list[int]:
    """Every instant at which some case looks."""
    return sorted({step.clock for case in cases for step in case.steps})


def arrivals(cases: Sequence[Case], out_of_orderness_ms: int) -> dict[str, list[Arrival]]:
    """Topic → its records in the order of the log. events.raw has the line as the record's value."""
    found: dict[str, list[Arrival]] = {topic: [] for topic in (tables.RAW, *base.TOPICS)}
    for number, case in enumerate(cases):
        before = 0
        for step in case.steps:
            rows = ((table, dict(row)) for table, given in step.given.items() for row in given)
            for topic, row in base.rows(rows):
                record = _record(topic, _marked(row, f"c{number}~", top=True))
                at = min(record.at, step.clock)
                found[topic].append(Arrival(at, ON_TIME, record) if at > before else Arrival(before, LATE, record))
            before = step.clock
    for topic, log in found.items():
        if topic != tables.RAW or log:
            log += (Arrival(clock, CLOCK, _heartbeat(topic, clock, out_of_orderness_ms)) for clock in clocks(cases))
        log.sort(key=lambda one: one[:2])
    return found


def merged(given: Sequence[Arrival], written: Iterable[Record]) -> Iterator[Record]:
    """What cases give of a topic, and what `ingest` wrote of it, as one log. Both hold a heartbeat for every clock."""
    waiting: list[Record] = []
    derived: list[Arrival] = []
    for record in written:
        if is_heartbeat(record):
            derived += (Arrival(record.at, ON_TIME, one) for one in waiting)
            derived.append(Arrival(record.at, CLOCK, record))
            waiting = []
        else:
            waiting.append(record)
    derived += (Arrival(1 << 62, ON_TIME, one) for one in waiting)
    yield from (one.record for one in sorted([*derived, *given], key=lambda one: one[:2]))


def is_heartbeat(record: Record) -> bool:
    """Whether it only tells the time."""
    return (record.key or b"").startswith(b"$hb-")


def _record(topic: str, row: Mapping[str, Any]) -> Record:
    if topic == tables.RAW:
        times = (epoch_ms(row.get(name)) for name in ("timestamp", "originalTimestamp", "receivedAt"))
        return Record(next((at for at in times if at is not None), 1 << 62), None, orjson.dumps(row))
    key, time = tables.key_column(topic), tables.time_column(topic) or ""
    at = epoch_ms(row[time]) or 0
    value = None if row.get("erased") is True else orjson.dumps(base.as_json(topic, row))
    return Record(at, str(row.get(key) or "").encode(), value)


def _heartbeat(topic: str, clock: int, out_of_orderness_ms: int) -> Record:
    if topic == tables.RAW:
        line = {"event": HEARTBEAT, "anonymousId": "$hb-0", "timestamp": to_text(clock + out_of_orderness_ms)}
        return Record(clock, None, orjson.dumps(line))
    at = clock + 1 if topic == "catalog" else clock  # catalog_changes' clock is a millisecond behind its heartbeats
    return Record(at, b"$hb-0-0", orjson.dumps({"event": HEARTBEAT, tables.key_column(topic): "$hb-0-0"}))


def _marked(value: Any, mark: str, top: bool = False) -> Any:
    """Ids of who and what get the case's mark: people and their addresses on the first level, products wherever they are.

    Addresses too: the gate counts people with one address together.
    """
    if isinstance(value, list):
        return [_marked(one, mark) for one in value]
    if isinstance(value, str) and value[:1] in ("{", "["):  # JSON as text
        try:
            return orjson.dumps(_marked(orjson.loads(value), mark)).decode()
        except orjson.JSONDecodeError:
            return value
    if not isinstance(value, Mapping):
        return value
    return {
        name: f"{mark}{one}"
        if isinstance(one, str | int) and (name.endswith("product_id") or (top and (name in _IDS or (name == "email" and "@" in str(one)))))
        else _marked(one, mark)
        for name, one in value.items()
    }
