"""Who shops on a generated day, and what the CRM says of them. Nobody in it exists; every address is under example.com."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import Any, Literal

MINUTE, HOUR = 60_000, 3_600_000
Kind = Literal[
    "consented", "unconsented", "withdrawing", "consenting", "suppressed", "complaining", "unreachable", "unknown", "erased", "new"
]
KINDS: dict[Kind, int] = {
    "consented": 50,
    "unconsented": 10,
    "withdrawing": 10,
    "consenting": 4,
    "suppressed": 4,
    "complaining": 4,
    "unreachable": 5,
    "unknown": 5,
    "erased": 5,
    "new": 3,
}
"""Share of each kind of person in percent. `withdrawing`, `consenting`, `complaining`, `erased` and `new` change during the day."""

Profile = tuple[int, str, dict[str, Any] | None]


@dataclass(frozen=True)
class Person:
    """changes_at: epoch ms of the one change of their profile, if their kind has one."""

    person_id: str
    kind: Kind
    changes_at: int


def iso(millis: int) -> str:
    """Epoch ms → `2026-03-01T12:00:00.000Z`."""
    moment = datetime.fromtimestamp(millis // 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{millis % 1000:03}Z"


def a_kind(rng: Random) -> Kind:
    return rng.choices(list(KINDS), list(KINDS.values()))[0]


def an_instant(rng: Random, firings: Sequence[int], start: int, end: int) -> int:
    """When a profile changes: mostly within seconds of one of the person's `firings` (epoch ms), where the order of things matters."""
    if firings and rng.random() < 0.8:
        return rng.choice(firings) + rng.choice((-1, 0, 1, rng.randrange(-2000, 32_000), 30_000, 30_001))
    return rng.randrange(start, end)


def history(person: Person, start: int) -> Iterator[Profile]:
    """Rows of `profiles` of one person, by Kafka record time; a value of None is a tombstone. start: of the day, in epoch ms."""
    before, at = start - HOUR, person.changes_at
    match person.kind:
        case "consented" | "unconsented":
            yield before, person.person_id, profile(person, before, granted=person.kind == "consented")
        case "withdrawing" | "consenting":
            yes_first = person.kind == "withdrawing"
            yield before, person.person_id, profile(person, before, granted=yes_first)
            yield at, person.person_id, profile(person, at, granted=not yes_first, version=2)
        case "suppressed":
            yield before, person.person_id, profile(person, before, suppressed="hard_bounce")
        case "complaining":
            yield before, person.person_id, profile(person, before)
            yield at, person.person_id, profile(person, at, suppressed="complaint")
        case "unreachable":
            yield before, person.person_id, profile(person, before, email=None)
        case "erased":
            yield before, person.person_id, profile(person, before)
            yield at, person.person_id, None
        case "new":
            yield at, person.person_id, profile(person, at)
        case "unknown":
            pass


def profile(
    person: Person, at: int, *, granted: bool = True, version: int = 1, suppressed: str | None = None, email: str | None = ""
) -> dict[str, Any]:
    """A value of `profiles` (semantics.md, section 9). email: empty means a made-up one."""
    return {
        "person_id": person.person_id,
        "email": f"{person.person_id}@example.com" if email == "" else email,
        "phone": None,
        "first_name": f"Shopper {person.person_id}",
        "locale": "en-GB",
        "timezone": "Europe/London",
        "country": "GB",
        "traits": {"tier": "made-up"},
        "consent": {"marketing_email": {"granted": granted, "version": version, "source": "generated", "at": iso(at)}},
        "suppressed": suppressed,
        "updated_at": iso(at),
    }
