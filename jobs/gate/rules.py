"""Rules that count for everybody and that operators may change while the gate runs: caps, quiet hours, holdout."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from jobs import settings
from jobs.durations import millis


@dataclass(frozen=True, slots=True)
class CapRule:
    """At most `limit` sends of this class over this channel in `per_ms`; calendar: local days instead, the current one among them."""

    class_: str
    channel: str
    limit: int
    per_ms: int
    calendar: bool = False


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Local time of day in minutes: nothing is sent in [start, end). spread_ms: over how long a release is spread."""

    enabled: bool
    start: int
    end: int
    spread_ms: int


@dataclass(frozen=True, slots=True)
class Rules:
    """All of them. timezone: of people whose own nobody knows."""

    caps: tuple[CapRule, ...]
    quiet: QuietHours
    timezone: str = "UTC"
    holdout_share: float = 0.0
    holdout_salt: str = ""


def rules(given: settings.Gate) -> Rules:
    """The rules as the settings say them."""
    return Rules(caps(given.caps), quiet(given.quiet_hours), given.timezone, given.holdout.share, given.holdout.salt)


def caps(given: Iterable[settings.Cap]) -> tuple[CapRule, ...]:
    """Caps of the settings, or of a control row."""
    return tuple(CapRule(cap.class_, cap.channel, cap.limit, millis(cap.per), cap.calendar) for cap in given)


def quiet(given: settings.QuietHours) -> QuietHours:
    """Quiet hours of the settings, or of a control row."""
    return QuietHours(given.enabled, _minutes(given.from_), _minutes(given.to), millis(given.spread))


def _minutes(text: str) -> int:
    hours, _, minutes = text.partition(":")
    return int(hours) * 60 + int(minutes)
