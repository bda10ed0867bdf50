"""Rows for the gate's tests: a candidate that is sent, changed where a test says so; events that cancel; what drives the machine."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from jobs.gate import replay
from jobs.gate.decisions import Decision
from jobs.gate.inbox import Input
from jobs.gate.replay import Broken
from jobs.gate.retention import GateSettings

SECOND, MINUTE, HOUR, DAY = 1000, 60_000, 3_600_000, 86_400_000
NOON = 1_772_366_400_000  # 2026-03-01T12:00:00.000Z
TRIGGER_ID = "57184V2D7RZGQ8YDP0RFFB3YC4"
OTHER_ID = "57184V2D7RZGQ8YDP0RFFB3YC5"
PERSON = "42"
PAYLOAD = '{"items":[{"product_id":"p1","name":"Blue shoe","quantity":2,"price":12.50}],"total":25.00,"currency":"EUR"}'
SETTINGS = GateSettings()
NO_CAPS = replace(SETTINGS, rules=replace(SETTINGS.rules, caps=()))


def candidate_columns(fired_at: int = NOON, wait: int = 30 * SECOND, max_age: int = 6 * HOUR, **changes: Any) -> dict[str, Any]:
    """Columns by name. D = fired_at + wait."""
    return {
        "trigger_id": TRIGGER_ID,
        "trigger": "cart_abandoned",
        "version": 1,
        "person_id": PERSON,
        "device_id": "d1",
        "occasion": changes.get("trigger_id", "c0ffee"),
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
        "pack": "core",
        "class": "marketing",
        "channel": "email",
        "variants": None,
        "timezone": None,
        **changes,
    }


def a_profile(**changes: Any) -> dict[str, Any]:
    return {
        "email": "ana@example.com",
        "timezone": None,
        "country": None,
        "suppressed": None,
        "consent": _consent("", {}, 4, "2026-02-02"),
        **changes,
    }


def a_candidate(fired_at: int = NOON, person: str = PERSON, known_at: int | None = None, **changes: Any) -> Input:
    """A candidate with what is known of its person.

    changes: columns; or, of the profile as of D, `email suppressed timezone_of_profile country profile_found consent_…`, and as of T
    `profile_at_fire consent_at_fire_…`.
    """
    now = {name: changes.pop(name, default) for name, default in (("email", "ana@example.com"), ("suppressed", None), ("country", None))}
    now["timezone"] = changes.pop("timezone_of_profile", None)
    then_consent, now_consent = _consent("consent_at_fire_", changes, 3, "2026-02-01"), _consent("consent_", changes, 4, "2026-02-02")
    there, was_there = changes.pop("profile_found", True), changes.pop("profile_at_fire", True)
    columns = candidate_columns(fired_at, **{"person_id": person, **changes})
    profile = [[fired_at, {**now, "suppressed": None, "consent": then_consent} if was_there else None]]
    profile.append([columns["decide_at"], {**now, "consent": now_consent} if there else None])
    facts = json.dumps({"profile": profile, "control": []})
    return Input("candidate", person, json.dumps(columns), columns["decide_at"], known_at, facts)


def _consent(prefix: str, changes: dict[str, Any], version: int, day: str) -> dict[str, Any]:
    usual = {"granted": True, "version": version, "source": "preference-centre", "at": f"{day}T08:00:00.000Z"}
    purpose = changes.get("purpose", "marketing_email")
    return {purpose: {name: changes.pop(prefix + name, value) for name, value in usual.items()}}


def an_order(at: int, event_id: str = "m-9", event: str = "Order Completed", person: str = PERSON, known_at: int | None = None) -> Input:
    return Input("cancel", person, json.dumps({"event_id": event_id, "event": event, "at": at}), at, known_at)


def a_version(at: int, profile: dict[str, Any] | None, person: str = PERSON) -> Input:
    return Input("profile", person, json.dumps(profile), at)


def an_outcome(at: int, outcome: str, trigger_id: str = TRIGGER_ID, person: str = PERSON) -> Input:
    return Input("outcome", person, json.dumps({"trigger_id": trigger_id, "outcome": outcome}), at)


def a_change(at: int, key: str, value: dict[str, Any], person: str = PERSON) -> Input:
    return Input("control", person, json.dumps({"key": key, "value": value}), at)


def a_link(at: int, how: str, one: str, other: str) -> list[Input]:
    """Both sides of it."""
    body = json.dumps({"how": how, "ids": [one, other]})
    return [Input("link", one, body, at), Input("link", other, body, at)]


def decide(*inputs: Input, settings: GateSettings = SETTINGS) -> list[Decision]:
    """Decisions in the order in which they were made."""
    found = list(replay.decide(inputs, settings))
    assert not any(isinstance(one, Broken) for one in found), found
    return [one for one in found if isinstance(one, Decision)]
