"""The people behind some of the shoppers, and what the CRM says of them. Nobody of them exists."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

SECOND = 1000
CHANGE_AFTER = 10 * SECOND
"""A profile that changes does so this long after its shopper's last trigger was due: inside the gate's arbitration window."""


class Story(StrEnum):
    """What a person's profile is like."""

    CONSENTS = "consents"
    REFUSES = "refuses"
    WITHDRAWS = "withdraws"
    SUPPRESSED = "suppressed"
    NO_ADDRESS = "no_address"
    ERASED = "erased"
    ASLEEP = "asleep"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Profile:
    """A record of `profiles`. at: Kafka's record time in epoch ms, from which it counts. value: None erases the person."""

    at: int
    person_id: str
    value: dict[str, Any] | None


def profiles(person_id: str, story: Story, since: int, changes_at: int) -> Iterator[Profile]:
    """What the CRM sent of one person, by time. since, changes_at: epoch ms; few stories have a change.

    All live where it is afternoon at `since`, but for who is asleep.
    """
    if story is Story.UNKNOWN:
        return
    yield Profile(since, person_id, _value(person_id, story, since, since, granted=story is not Story.REFUSES))
    if story is Story.WITHDRAWS:
        yield Profile(changes_at, person_id, _value(person_id, story, changes_at, since, granted=False, version=2))
    if story is Story.ERASED:
        yield Profile(changes_at, person_id, None)


def zone_with(hour: int, at: int) -> str:
    """A time zone in which it is about that hour of the day: whenever the demo is played, people are awake and one is asleep."""
    ahead = (hour - at // 3_600_000 + 11) % 24 - 11
    return f"Etc/GMT{-ahead:+d}" if ahead else "Etc/GMT"  # its sign is that of ships: GMT-2 is two hours ahead


def iso(at: int) -> str:
    """Epoch ms → `2026-03-01T12:00:00.000Z`."""
    return f"{datetime.fromtimestamp(at // 1000, UTC):%Y-%m-%dT%H:%M:%S}.{at % 1000:03}Z"


def _value(person_id: str, story: Story, at: int, since: int, *, granted: bool, version: int = 1) -> dict[str, Any]:
    return {
        "person_id": person_id,
        "email": None if story is Story.NO_ADDRESS else f"{person_id}@example.com",
        "phone": None,
        "first_name": person_id.capitalize(),
        "locale": "de-DE",
        "timezone": zone_with(2 if story is Story.ASLEEP else 15, since),
        "country": "DE",
        "traits": {"tier": "made-up"},
        "consent": {"marketing_email": {"granted": granted, "version": version, "source": "demo", "at": iso(at)}},
        "suppressed": "hard_bounce" if story is Story.SUPPRESSED else None,
        "updated_at": iso(at),
    }
