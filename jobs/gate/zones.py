"""Time zones: which one a person lives in, and when its quiet hours end."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from importlib import resources
from zoneinfo import ZoneInfo, available_timezones

from jobs.gate.rules import QuietHours

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)
_MOST_PEOPLE = {
    "AU": "Australia/Sydney", "BR": "America/Sao_Paulo", "CA": "America/Toronto", "FM": "Pacific/Pohnpei", "RU": "Europe/Moscow",
    "UA": "Europe/Kyiv", "UZ": "Asia/Tashkent",
}  # fmt: skip
"""Where most people live in countries whose first zone in tzdata's list is another one."""


@lru_cache(maxsize=1)
def _names() -> frozenset[str]:
    return frozenset(available_timezones())


@lru_cache(maxsize=1)
def _of_countries() -> dict[str, str]:
    """Country → its zone; of several the most populous: the first of tzdata's list where geography does not stand against it."""
    found = dict(_MOST_PEOPLE)
    for line in (resources.files("tzdata") / "zoneinfo" / "zone.tab").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            country, _, zone = line.split("\t")[:3]
            found.setdefault(country, zone)
    return found


def choose(profile: object, event: object, country: object, default: str) -> str:
    """The first that says something a clock can be read by. country: ISO 3166 code."""
    for name in (profile, event, _of_countries().get(country.strip().upper()) if isinstance(country, str) else None):
        if isinstance(name, str) and name.strip() in _names():
            return name.strip()
    return default


def local_date(at_ms: int, zone: str) -> date:
    """The day it is there."""
    return _local(at_ms, zone).date()


def quiet_until(at_ms: int, zone: str, quiet: QuietHours) -> int | None:
    """When the quiet hours that `at_ms` lies in end, epoch ms; None: it lies in none."""
    if not quiet.enabled or not _is_quiet(_local(at_ms, zone), quiet):
        return None
    local = _local(at_ms, zone)
    day = local.date() + timedelta(days=int(local.hour * 60 + local.minute >= quiet.end))
    end = datetime.combine(day, time(quiet.end // 60, quiet.end % 60))
    return max(_instants(end, zone))


def _is_quiet(local: datetime, quiet: QuietHours) -> bool:
    minute = local.hour * 60 + local.minute
    if quiet.start < quiet.end:
        return quiet.start <= minute < quiet.end
    return minute >= quiet.start or minute < quiet.end


def _instants(wall: datetime, zone: str) -> Iterable[int]:
    """Epoch ms of a wall time: one, two when clocks are set back over it; when they are set forward over it, the end of the gap."""
    found = []
    for fold in (0, 1):
        local = wall.replace(tzinfo=ZoneInfo(zone), fold=fold)
        at_ms = (local.astimezone(UTC) - _EPOCH) // _MS
        if _local(at_ms, zone).replace(tzinfo=None) == wall:
            found.append(at_ms)
    return found or [_end_of_gap(wall, zone)]


def _end_of_gap(wall: datetime, zone: str) -> int:
    """fold=1 reads a missing time by the offset behind the gap, fold=0 by the one before: the change lies between the two."""
    early, late = sorted((wall.replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC) - _EPOCH) // _MS for fold in (0, 1))
    while late - early > 1:
        middle = (early + late) // 2
        early, late = (early, middle) if _local(middle, zone).replace(tzinfo=None) > wall else (middle, late)
    return late


def _local(at_ms: int, zone: str) -> datetime:
    return (_EPOCH + at_ms * _MS).astimezone(ZoneInfo(zone))
