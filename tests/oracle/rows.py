"""The oracle's findings as rows of the contracts: times as ISO text, money as Decimal, JSON-text columns as what they hold."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from tests.oracle.decode import Row
from tests.oracle.gate import Decision
from tests.oracle.instants import to_text
from tests.oracle.triggers import Candidate

JSON_TEXT = {"items", "products", "categories", "properties", "consent", "payload", "evidence"}
TIMES = {"at", "event_time", "received_at", "first_add_at", "started_at", "last_at", "ended_at"}


def with_text_times(row: dict[str, Any]) -> dict[str, Any]:
    """A row whose times were epoch ms."""
    return {name: to_text(value) if name in TIMES and value is not None else value for name, value in row.items()}


def event(row: Row) -> dict[str, Any]:
    """A row of `events`."""
    columns = {name: plain(value) if name in JSON_TEXT else value for name, value in row.columns.items()}
    return {
        "event_id": row.event_id,
        "event": row.event,
        "device_id": row.device_id,
        "user_id": row.user_id,
        "event_time": to_text(row.t),
        "received_at": to_text(row.received_at),
        **columns,
        "properties": plain(row.properties),
        "flags": row.flags,
    }


def candidate(found: Candidate) -> dict[str, Any]:
    """The part of a row of `trigger_candidates` that says what fired, for whom and when."""
    return {
        "trigger_id": found.trigger_id,
        "trigger": found.trigger.name,
        "version": found.trigger.version,
        "person_id": found.person_id,
        "device_id": found.device_id,
        "occasion": found.occasion,
        "fired_at": to_text(found.fired_at),
        "since": to_text(found.since),
        "payload": found.payload,
    }


def gate_candidate(found: Candidate, pack: str = "core") -> dict[str, Any]:
    """All of that row the gate reads."""
    trigger = found.trigger
    return candidate(found) | {
        "pack": pack,
        "destination": trigger.destination,
        "template": trigger.template,
        "purpose": trigger.purpose,
        "priority": trigger.priority,
        "cancel_on": list(trigger.cancel_on),
        "cooldown_ms": trigger.cooldown,
        "max_age_ms": trigger.max_age,
        "send_after_ms": trigger.send_after,
    }


def send(decided: Decision) -> dict[str, Any]:
    """A row of `triggers`, for a destination that needs no address."""
    row = decided.candidate.row
    consent = (decided.profile or {})["consent"][row["purpose"]]
    return {
        "trigger_id": decided.trigger_id,
        "trigger": row["trigger"],
        "version": row["version"],
        "person_id": decided.person_id,
        "destination": row["destination"],
        "template": row["template"],
        "purpose": row["purpose"],
        "variant": decided.variant,
        "payload": row["payload"],
        "fired_at": row["fired_at"],
        "decided_at": to_text(decided.decided_at),
        "expires_at": to_text(decided.candidate.expires_at),
        "consent": {name: consent.get(name) for name in ("version", "source", "at")},
        "address": None,
        "schema_version": 1,
    }


def plain(text: str | None) -> Any:
    """JSON text → what it holds, numbers exact."""
    return None if text is None else json.loads(text, parse_float=Decimal)
