"""Rows of topics for random histories."""

from __future__ import annotations

import json
from dataclasses import dataclass
from random import Random
from typing import Any

from tests.oracle.gate_history import HOUR, Row, Rules
from tests.oracle.instants import to_text
from tests.oracle.trigger_id import trigger_id

YES = {"granted": True, "version": 3, "source": "preference-centre", "at": "2026-01-01T08:00:00.000Z"}
CONSENTS = [
    *[YES] * 8,
    {**YES, "version": 4},
    {**YES, "granted": False},
    {**YES, "version": None},
    {**YES, "at": None},
    {**YES, "at": "yesterday"},
    {**YES, "granted": None},
    None,
]


@dataclass(frozen=True)
class Trigger:
    """A header. Durations in ms."""

    name: str
    priority: int
    purpose: str
    class_: str
    cancel_on: tuple[str, ...]
    cooldown: int
    max_age: int
    send_after: int
    variants: dict[str, int] | None


def candidate_row(
    rules: Rules, pack: str, trigger: Trigger, person: str, device: str, occasion: str, fired_at: int, since: int | None, zone: str | None
) -> Row:
    """A row of `trigger_candidates`. Times in epoch ms."""
    return {
        "pack": pack,
        "trigger_id": trigger_id(rules.tenant, trigger.name, rules.epoch, person, occasion),
        "trigger": trigger.name,
        "version": 1,
        "person_id": person,
        "device_id": device,
        "occasion": occasion,
        "fired_at": to_text(fired_at),
        "since": None if since is None else to_text(since),
        "decide_at": to_text(fired_at + trigger.send_after + rules.arbitration),
        "expires_at": to_text(fired_at + trigger.max_age),
        "destination": "default",
        "template": "reminder",
        "purpose": trigger.purpose,
        "class": trigger.class_,
        "channel": "email",
        "variants": json.dumps(trigger.variants) if trigger.variants else None,
        "timezone": zone,
        "priority": trigger.priority,
        "cancel_on": list(trigger.cancel_on) or None,
        "cooldown_ms": trigger.cooldown,
        "max_age_ms": trigger.max_age,
        "send_after_ms": trigger.send_after,
        "needs_address": False,
        "payload": "{}",
        "profile_found": False,
        "consent": None,
    }


def event_row(history: int, place: int, event: str, t: int, received: int, late: bool, device: str, user: str | None) -> Row:
    """A row of `events`: the columns a gate reads."""
    return {
        "event_id": f"m{place}.{history}",
        "event": event,
        "device_id": device,
        "user_id": user,
        "event_time": to_text(t),
        "received_at": to_text(received),
        "flags": ["late"] if late else [],
    }


def profile_value(rng: Random, user: str, zones: tuple[str, ...], healthy: bool) -> dict[str, Any]:
    """A value of `profiles`: mostly somebody who may get mail. healthy: certainly, for marketing."""
    number = user.partition(".")[2]
    shared = [f"shared.{number}@example.com", f" Shared.{number}@Example.com ", f"shared.{number}@example.com"]
    value = {
        "person_id": user,
        "email": rng.choice([f"{user}@example.com"] * 8 + shared + [None, " ", "nobody"]),
        "timezone": rng.choice([None, *zones, *zones, "Mars/Olympus"]),
        "country": rng.choice([None, "FR", "US", "JP", "ES", "ZZ"]),
        "consent": {name: one for name in ("marketing_email", "newsletter") if (one := rng.choice(CONSENTS)) is not None},
        "suppressed": rng.choice([None] * 8 + ["hard_bounce", "manual"]),
        "updated_at": to_text(1_767_225_600_000 + rng.randrange(HOUR)),
    }
    if not healthy:
        return value
    email = rng.choice([f"{user}@example.com", f"{user}@example.com", *shared])
    return value | {"email": email, "consent": {"marketing_email": YES, "newsletter": YES}, "suppressed": None}
