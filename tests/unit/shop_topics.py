"""What topics hold of a few people, in rows as short as the case needs, and an index over it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from rekindle.workbench.index import records
from rekindle.workbench.index.privacy import pseudonyms
from rekindle.workbench.index.rows import ALWAYS_KEPT, Record, instant
from rekindle.workbench.index.store import Index

DAY = "2026-03-01"
WANTED = ALWAYS_KEPT | {"Checkout Started", "Email Confirmed", "Product Added to Wishlist"}
NOW = instant("2026-03-20T00:00:00Z")
Line = tuple[str, Record]


def at(clock: str, day: str = DAY) -> str:
    """`10:30` or `10:30:05` → a row's time."""
    return f"{day}T{clock}{':00' if clock.count(':') == 1 else ''}.000Z"


def send_id(number: int) -> str:
    """A trigger_id."""
    return f"{number:026}"


def line(topic: str, clock: str, key: str, row: dict[str, Any] | None, day: str = DAY) -> Line:
    """A record of a topic."""
    return topic, Record(instant(at(clock, day)), key.encode(), None if row is None else json.dumps(row).encode())


def decided(
    clock: str, reason: str, number: int = 1, trigger: str = "cart_abandoned", person: str = "42", day: str = DAY, **more: Any
) -> Line:
    """A row of trigger_decisions. more: evidence, variant, fired_at."""
    row = {
        "trigger_id": send_id(number), "trigger": trigger, "version": 1, "person_id": person, "verdict": "suppressed", "reason": reason,
        "variant": more.get("variant"), "fired_at": more.get("fired_at", at(clock, day)), "decided_at": at(clock, day),
        "evidence": more.get("evidence", {}),
    }  # fmt: skip
    return line("trigger_decisions", clock, person, row, day)


def outcome(clock: str, word: str, number: int = 1, person: str = "42", day: str = DAY, reason: str | None = None) -> Line:
    row = {
        "trigger_id": send_id(number), "person_id": person, "destination": "default", "outcome": word, "status": 200, "attempts": 1,
        "esp_id": "esp-1", "latency_ms": 83, "at": at(clock, day), "reason": reason,
    }  # fmt: skip
    return line("delivery_outcomes", clock, person, row, day)


def receipt(clock: str, event: str, number: int = 1, person: str = "42", day: str = DAY, machine: bool = False) -> Line:
    """An e-mail event as the platform hands it back."""
    told = {"trigger_id": send_id(number), "trigger": "cart_abandoned", "person_id": person, "machine": "true" if machine else None}
    row = {
        "event_id": f"r-{event}-{number}-{machine}", "event": event, "device_id": "esp", "event_time": at(clock, day),
        "properties": json.dumps({**told, "to": "ana@example.com"}),
    }  # fmt: skip
    return line("events", clock, "esp", row, day)


def event(clock: str, name: str, device: str = "d1", day: str = DAY, **more: Any) -> Line:
    row = {"event_id": f"e-{name}-{clock}-{device}", "event": name, "device_id": device, "event_time": at(clock, day), **more}
    return line("events", clock, device, row, day)


def cart(clock: str, device: str = "d1", items: int = 2, orders: int = 0, **more: Any) -> Line:
    row = {
        "device_id": device, "items": json.dumps([{"product_id": "p1", "name": "Blue shoe", "quantity": items, "price": 12.5}]),
        "item_count": items, "total": 12.5 * items, "currency": "EUR", "adds": items, "removes": 0, "orders": orders,
        "first_add_at": at("10:00"), "last_at": at("10:03"), "ended_at": at(clock), "cart_hash": f"hash-{clock}-{device}", **more,
    }  # fmt: skip
    return line("carts", clock, device, row)


def visit(clock: str, device: str = "d1", **more: Any) -> Line:
    row = {
        "session_id": f"s-{clock}-{device}", "device_id": device, "started_at": at("10:00"), "last_at": at("10:03"), "ended_at": at(clock),
        "events": 3, "pages": 1, "product_views": 0, "searches": 0, "filters": 0, "adds": 0, "orders": 0, "revenue": 0, **more,
    }  # fmt: skip
    return line("sessions", clock, device, row)


def pair(clock: str, device: str = "d1", person: str = "42") -> Line:
    return line("identities", clock, device, {"device_id": device, "person_id": person, "at": at(clock)})


def profile(clock: str, person: str = "42", day: str = DAY, **more: Any) -> Line:
    """more: what the CRM says; consent defaults to a yes."""
    consent = {"marketing_email": {"granted": True, "version": 3, "source": "preference-centre", "at": at("08:00")}}
    row = {"person_id": person, "email": f"{person}@example.com", "consent": consent, "updated_at": at(clock, day), **more}
    return line("profiles", clock, person, row, day)


def erased(clock: str, person: str = "42", day: str = DAY) -> Line:
    return line("profiles", clock, person, None, day)


def candidate(clock: str, number: int = 1, trigger: str = "cart_abandoned", person: str = "42", **more: Any) -> Line:
    row = {
        "pack": "core", "trigger_id": send_id(number), "trigger": trigger, "version": 1, "person_id": person, "device_id": "d1",
        "occasion": "hash", "fired_at": at(clock), "decide_at": at("10:08:30"), "payload": "{}", **more,
    }  # fmt: skip
    return line("trigger_candidates", clock, person, row)


def controlled(clock: str, key: str, value: dict[str, Any], by: str = "ana") -> Line:
    return line("control", clock, key, {"key": key, "value": value, "at": at(clock), "by": by})


def an_index(folder: Path, *batches: Iterable[Line]) -> Index:
    """batches: what one update reads each; topics in the order of an update."""
    index = Index(folder / "index.sqlite", pseudonyms(folder))
    for batch in batches:
        index.begin()
        for topic, record in sorted(batch, key=lambda one: records.TOPICS.index(one[0])):
            index.add(records.read(topic, record, WANTED))
        index.commit({})
        index.finish(0)
    return index
