"""Times, spans and amounts as people say them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from rekindle.workbench.index.rows import instant

_UNITS = ((86_400_000, "day"), (3_600_000, "hour"), (60_000, "minute"), (1000, "second"))
_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def moment(at: object, zone: str = "UTC") -> str:
    """Epoch ms or ISO text → `1 March 2026, 10:08:30`. What is no time stays as it is."""
    try:
        ms = at if isinstance(at, int) else instant(str(at))
        local = (_EPOCH + timedelta(milliseconds=ms)).astimezone(ZoneInfo(zone))
    except (ValueError, OverflowError, ZoneInfoNotFoundError):
        return str(at)
    return f"{local.day} {local:%B %Y, %H:%M:%S}"


def clock(at: object, zone: str) -> str:
    """`08:03 on 2 March 2026 (Europe/Paris)`; an unknown zone counts as UTC."""
    try:
        ms = at if isinstance(at, int) else instant(str(at))
        local = (_EPOCH + timedelta(milliseconds=ms)).astimezone(ZoneInfo(zone))
    except (ValueError, OverflowError, ZoneInfoNotFoundError):
        return f"{at} ({zone})"
    return f"{local:%H:%M} on {local.day} {local:%B %Y} ({zone})"


def span(ms: object) -> str:
    """86400000 → `24 hours`, 604800000 → `7 days`. More than two days are days."""
    if not isinstance(ms, int | float) or isinstance(ms, bool):
        return "a while"
    if ms == 86_400_000:
        return "24 hours"
    for unit, name in _UNITS:
        if ms >= unit and ms % unit == 0:
            return count(int(ms // unit), name)
    return count(max(1, round(ms / 1000)), "second")


def count(number: object, thing: str) -> str:
    """`1 mail`, `3 mails`."""
    return f"{number} {thing}{'' if number == 1 else 's'}"


def listed(things: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join([", ".join(things[:-1]), things[-1]] if len(things) > 1 else things)


def amount(value: object, currency: object = None) -> str:
    """`45.00 EUR`."""
    number = f"{value:.2f}" if isinstance(value, int | float) else str(value)
    return f"{number} {currency}" if currency else number


def printable(text: str) -> str:
    """One line, without characters that steer a terminal: product names and searches are anybody's text."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)
