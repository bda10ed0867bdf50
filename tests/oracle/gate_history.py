"""What the gate reads: rows of topics, and the rules in force. Times of rows are ISO text as in the contracts, all others epoch ms."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from tests.oracle import fields

Row = dict[str, Any]
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
TRANSACTIONAL = "transactional"


@dataclass(frozen=True)
class Cap:
    """At most `limit` sends of a class over a channel `per` ms."""

    class_: str
    channel: str
    limit: int
    per: int
    calendar: bool = False


@dataclass(frozen=True)
class Quiet:
    """Local times as `22:00`. spread: ms."""

    from_: str = "22:00"
    to: str = "08:00"
    spread: int = 5 * MINUTE
    enabled: bool = True


@dataclass(frozen=True)
class Rules:
    """The settings. arbitration (a), identity_wait: ms."""

    tenant: str = "default"
    epoch: int = 1
    arbitration: int = MINUTE // 2
    identity_wait: int = 2 * HOUR
    caps: tuple[Cap, ...] = (Cap("marketing", "email", 1, DAY), Cap("marketing", "email", 3, 7 * DAY))
    quiet: Quiet = field(default_factory=Quiet)
    timezone: str = "UTC"
    share: float = 0.0
    salt: str = ""


@dataclass(frozen=True)
class History:
    """Rows of topics. Pairs are (record time, row), profiles (record time, person_id, row or None for a tombstone)."""

    candidates: list[Row]
    events: list[Row]
    profiles: list[tuple[int, str, Row | None]]
    identities: list[Row]
    outcomes: list[tuple[int, Row]] = field(default_factory=list)
    control: list[tuple[int, Row]] = field(default_factory=list)


@dataclass(frozen=True, eq=False)
class Candidate:
    """A row of `trigger_candidates`; equal to itself alone."""

    row: Row
    trigger_id: str
    trigger: str
    pack: str
    person_id: str
    device_id: str | None
    occasion: str
    purpose: str
    kind: tuple[str, str]
    """Class and channel."""
    priority: int
    cancel_on: frozenset[str]
    fired_at: int
    since: int
    send_after: int
    expires_at: int
    cooldown: int
    variants: dict[str, int]
    timezone: str | None


@dataclass(frozen=True)
class Act:
    """An event that may cancel. known: from when on it counts, whoever's it is."""

    t: int
    known: int
    event_id: str
    event: str
    device: str
    user: str | None


@dataclass(frozen=True)
class Pair:
    """A row of `identities`: device (or old id) → person."""

    at: int
    left: str
    right: str


def millis(text: str) -> int:
    """ISO text of a row → epoch ms."""
    found = fields.time(text)
    assert found is not None, text
    return found


def candidate(row: Row) -> Candidate:
    """What a row says."""
    fired_at = millis(row["fired_at"])
    default = TRANSACTIONAL if row["purpose"] == TRANSACTIONAL else "marketing"
    return Candidate(
        row,
        row["trigger_id"],
        row["trigger"],
        row["pack"],
        row["person_id"],
        row.get("device_id"),
        row["occasion"],
        row["purpose"],
        (row.get("class") or default, row.get("channel") or "email"),
        row["priority"],
        frozenset(row.get("cancel_on") or ()),
        fired_at,
        millis(row["since"]) if row.get("since") else fired_at,
        row["send_after_ms"],
        fired_at + row["max_age_ms"],
        row["cooldown_ms"],
        json.loads(row.get("variants") or "{}"),
        row.get("timezone"),
    )


def act(row: Row) -> Act:
    """A row of `events`. One that came late counts from its arrival."""
    t = millis(row["event_time"])
    known = max(t, millis(row["received_at"])) if "late" in (row.get("flags") or ()) else t
    return Act(t, known, row["event_id"], row["event"], row["device_id"], row.get("user_id"))


def pair(row: Row) -> Pair:
    """A row of `identities`."""
    return Pair(millis(row["at"]), row["device_id"], row["person_id"])
