"""A case out of what somebody really did, under other names: an incident becomes a test."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
from ruamel.yaml import YAML

from jobs.definitions.trigger import Trigger
from jobs.errors import SettingsError
from jobs.gate.instants import to_text
from jobs.settings import Settings
from rekindle.workbench.cases import tables
from rekindle.workbench.cases.case import Case, Step
from rekindle.workbench.cases.run import outputs
from rekindle.workbench.history.given import epoch_ms

_DAY_MS, _HOUR_MS = 86_400_000, 3_600_000
_SHOWN_DAY = 1_772_323_200_000  # 2026-03-01
_SHOP_WORDS = {
    *("product_id", "productId", "item_id", "id", "sku", "name", "item_name", "brand", "item_brand", "category", "item_category"),
    *("price", "quantity", "currency", "value", "total", "revenue", "total_value"),
}
"""What a case keeps of an event: the shop's own words, as sql/ingest/mapping.yaml reads them. Anything else could name somebody."""
_HOLDERS = {"products", "items", "ecommerce", "product"}
_NUMBERS = {"order_id", "orderId", "transaction_id", "cart_id", "cartId", "cart_token", "checkout_id", "checkoutId"}
_QUERIES = {"query", "search_term"}
_TIMES = ("timestamp", "originalTimestamp", "sentAt", "receivedAt")
Row = dict[str, Any]


@dataclass
class _Names:
    """Other names for ids, the same for the same."""

    prefix: str
    known: dict[str, str] = field(default_factory=dict)

    def of(self, name: Any) -> str:
        return self.known.setdefault(str(name), f"{self.prefix}{len(self.known) + 1}")


def lines_of(person: str, lines: Iterable[bytes]) -> list[Row]:
    """Raw events of a person: theirs by user id, or of a device that was theirs at some time."""
    parsed = [row for row in map(_object, lines) if row is not None]
    devices = {row["anonymousId"] for row in parsed if row.get("userId") == person and isinstance(row.get("anonymousId"), str)}
    return [
        row for row in parsed if row.get("userId") == person or (isinstance(row.get("anonymousId"), str) and row["anonymousId"] in devices)
    ]


def case(settings: Settings, trigger: Trigger, person: str, lines: Iterable[bytes], profiles: Iterable[Row]) -> str:
    """YAML of one case with what comes of it now; whoever keeps it says whether that is right.

    profiles: versions of the person's profile, `updated_at` in each. Raises: SettingsError when nothing of the person is recorded.
    """
    found = lines_of(person, lines)
    times = [at for at in map(_time, found) if at is not None]
    if not times:
        raise SettingsError(f"nothing is recorded of person '{person}'", "give the id that events carry as userId")
    shift = _SHOWN_DAY - min(times) // _DAY_MS * _DAY_MS
    people, devices, others = _Names("person-"), _Names("d"), _Names("x")
    people.of(person)
    events = [_event(row, shift, people, devices, others) for row in found]
    given = {tables.RAW: events}
    if versions := [_profile(row, shift) for row in profiles]:
        given["profiles"] = versions
    clock = max(times) + shift + _HOUR_MS
    step = Step(clock, {table: tuple(rows) for table, rows in given.items()}, {"decisions": ()})
    (out,) = outputs(settings, [trigger], [Case(trigger.name, "recorded", "", 1, (step,))])
    expect = {
        "candidates": [{name: row[name] for name in ("device_id", "fired_at")} for at, row in out["candidates"] if at <= clock],
        "decisions": [{name: row[name] for name in ("person_id", "verdict", "reason")} for at, row in out["decisions"] if at <= clock],
    }
    body = {f"as a person's history of {len(events)} events goes": {"clock": to_text(clock), "given": given, "expect": expect}}
    return "# Recorded, under other names. `expect` is what comes out today: is it what should?\n" + _yaml(body)


def _event(row: Row, shift: int, people: _Names, devices: _Names, others: _Names) -> Row:
    kept: Row = {name: row[name] for name in ("type", "event") if isinstance(row.get(name), str)}
    for name, names in (("messageId", others), ("anonymousId", devices), ("userId", people), ("previousId", devices)):
        if row.get(name) is not None:
            kept[name] = names.of(row[name])
    kept |= {name: to_text(at + shift) for name in _TIMES if (at := epoch_ms(row.get(name))) is not None}
    properties = row.get("properties")
    if isinstance(properties, Mapping):
        kept["properties"] = _properties(properties, others)
    return kept


def _properties(properties: Mapping[str, Any], orders: _Names) -> Row:
    kept: Row = {}
    for name, value in properties.items():
        if name in _SHOP_WORDS and not isinstance(value, list | Mapping):
            kept[name] = value
        elif name in _NUMBERS:
            kept[name] = orders.of(value)
        elif name in _QUERIES:
            kept[name] = "something"
        elif name in _HOLDERS:
            kept[name] = _held(value, orders)
    return kept


def _held(value: Any, orders: _Names) -> Any:
    if isinstance(value, list):
        return [_properties(one, orders) for one in value if isinstance(one, Mapping)]
    return _properties(value, orders) if isinstance(value, Mapping) else None


def _profile(row: Row, shift: int) -> Row:
    at = to_text((epoch_ms(row.get("updated_at")) or 0) + shift)
    if row.get("erased"):
        return {"person_id": "person-1", "valid_from": at, "erased": True}
    kept = {name: row[name] for name in ("locale", "timezone", "country", "suppressed") if row.get(name) is not None}
    kept |= {"email": "person-1@example.com"} if row.get("email") else {}
    consent = row.get("consent")
    if isinstance(consent, Mapping):
        kept["consent"] = {
            purpose: {**{name: said[name] for name in ("granted", "version") if name in said}, "source": "recorded", "at": at}
            for purpose, said in consent.items()
            if isinstance(said, Mapping)
        }
    return {"person_id": "person-1", "valid_from": at, **kept}


def _object(line: bytes) -> Row | None:
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    return row if isinstance(row, dict) and row.get("event") != "$heartbeat" else None


def _time(row: Row) -> int | None:
    return next((at for at in (epoch_ms(row.get(name)) for name in _TIMES) if at is not None), None)


def _yaml(body: Any) -> str:
    writer, text = YAML(), io.StringIO()
    writer.width = 140
    writer.dump(body, text)
    return text.getvalue()


def lines_in(paths: Iterable[Path]) -> Iterator[bytes]:
    """Lines of files."""
    from rekindle.workbench.history import given

    for path in paths:
        for part in given.files(path):
            yield from (line for _, line in given.lines(part) if line is not None)
