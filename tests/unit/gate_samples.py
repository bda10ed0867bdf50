"""Candidates and cancel events for the gate's tests: valid ones, changed where a test says so."""

from __future__ import annotations

from typing import Any

from jobs.gate.cancels import CancelEvent
from jobs.gate.candidates import Candidate
from jobs.gate.contract import read_candidate
from jobs.gate.decisions import Decision
from jobs.gate.machine import Machine
from jobs.gate.retention import GateSettings
from jobs.gate.state import PersonState

SECOND, MINUTE, HOUR, DAY = 1000, 60_000, 3_600_000, 86_400_000
NOON = 1_772_366_400_000  # 2026-03-01T12:00:00.000Z
TRIGGER_ID = "57184V2D7RZGQ8YDP0RFFB3YC4"
OTHER_ID = "57184V2D7RZGQ8YDP0RFFB3YC5"
PAYLOAD = '{"items":[{"product_id":"p1","name":"Blue shoe","quantity":2,"price":12.50}],"total":25.00,"currency":"EUR"}'
MACHINE = Machine(GateSettings())


def candidate_columns(fired_at: int = NOON, wait: int = 30 * SECOND, max_age: int = 6 * HOUR, **changes: Any) -> dict[str, Any]:
    """Columns by name of a candidate that is sent unless `changes` say otherwise. D = fired_at + wait."""
    return {
        "trigger_id": TRIGGER_ID,
        "trigger": "cart_abandoned",
        "version": 1,
        "person_id": "42",
        "device_id": "d1",
        "occasion": "c0ffee",
        "destination": "default",
        "template": "cart_reminder",
        "purpose": "marketing_email",
        "priority": 60,
        "payload": PAYLOAD,
        "fired_at": fired_at,
        "since": fired_at - 10 * MINUTE,
        "decide_at": fired_at + wait,
        "expires_at": fired_at + max_age,
        "max_age_ms": max_age,
        "cooldown_ms": 24 * HOUR,
        "cancel_on": '["Order Completed", "Product Added"]',
        "needs_address": False,
        "profile_at_fire": True,
        "consent_at_fire_granted": True,
        "consent_at_fire_version": 3,
        "consent_at_fire_source": "preference-centre",
        "consent_at_fire_at": "2026-02-01T08:00:00.000Z",
        "profile_found": True,
        "email": "ana@example.com",
        "consent_granted": True,
        "consent_version": 4,
        "consent_source": "preference-centre",
        "consent_at": "2026-02-02T08:00:00.000Z",
        "suppressed": None,
        **changes,
    }


def a_candidate(fired_at: int = NOON, **changes: Any) -> Candidate:
    return read_candidate(candidate_columns(fired_at, **changes))


def an_order(at: int, event_id: str = "m-9", event: str = "Order Completed") -> CancelEvent:
    return CancelEvent(at, event_id, event)


def decide(*inputs: Candidate | CancelEvent, state: PersonState | None = None) -> list[Decision]:
    """Feeds the inputs in this order, then calls every timer once, in order of time."""
    state = PersonState() if state is None else state
    timers: set[int] = set()
    for item in inputs:
        if isinstance(item, Candidate):
            timers.update(MACHINE.on_candidate(state, item, NOON - HOUR))
        else:
            timers.update(MACHINE.on_cancel(state, item, NOON - HOUR))
    return [decision for at_ms in sorted(timers) for decision in MACHINE.on_timer(state, at_ms)]
