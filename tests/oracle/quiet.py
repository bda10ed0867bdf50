"""Time zones and quiet hours, by looking at clocks on walls minute by minute."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib import resources
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from tests.oracle.gate_history import HOUR, MINUTE, Quiet


@cache
def zones() -> frozenset[str]:
    """The names of the IANA list."""
    return frozenset(available_timezones())


@cache
def countries() -> dict[str, str]:
    """Country → the zone `zone.tab` names first."""
    found: dict[str, str] = {}
    for line in resources.files("tzdata.zoneinfo").joinpath("zone.tab").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            country, _, zone = line.split("\t")[:3]
            found.setdefault(country, zone)
    return found


def zone_of(profile: dict[str, Any] | None, of_event: str | None, of_project: str) -> str:
    """Profile's, event's, country's, project's: the first that is one."""
    profile = profile or {}
    for name in (profile.get("timezone"), of_event, countries().get(profile.get("country") or "")):
        if name in zones():
            return str(name)
    return of_project


def wall(at: int, zone: str) -> datetime:
    """What a clock in the zone shows, without a word on which of two such hours it is."""
    second, rest = divmod(at, 1000)
    shown = datetime.fromtimestamp(second, ZoneInfo(zone)).replace(tzinfo=None, fold=0)
    return shown + timedelta(milliseconds=rest)


def day(at: int, zone: str) -> date:
    """The local date."""
    return wall(at, zone).date()


def is_quiet(at: int, zone: str, quiet: Quiet) -> bool:
    """The clock shows `from` or later and not yet `to`."""
    shown, start, end = wall(at, zone).time(), time.fromisoformat(quiet.from_), time.fromisoformat(quiet.to)
    if start < end:
        return quiet.enabled and start <= shown < end
    return quiet.enabled and (shown >= start or shown < end)


def end_of_quiet(at: int, zone: str, quiet: Quiet) -> int:
    """When the clock next shows `to`, before any spread."""
    shown = wall(at, zone)
    target = datetime.combine(shown.date(), time.fromisoformat(quiet.to))
    return _when(target if target > shown else target + timedelta(days=1), zone)


@cache
def _when(target: datetime, zone: str) -> int:
    """The last minute at which the clock shows `target`; when it never does, the first at which it shows more."""
    nearly = int(target.replace(tzinfo=UTC).timestamp()) * 1000
    minutes = range(nearly - 16 * HOUR, nearly + 16 * HOUR, MINUTE)  # no zone is further from UTC
    equal = [minute for minute in minutes if wall(minute, zone) == target]
    return equal[-1] if equal else next(minute for minute in minutes if wall(minute, zone) > target)
