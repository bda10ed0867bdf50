"""Durations as people write them: `5 s`, `30 min`, `24 hours`, `7 d`. A bare number is refused: it has no unit."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer

_UNITS = {
    "ms": 0.001, "millisecond": 0.001, "milliseconds": 0.001,
    "s": 1, "sec": 1, "second": 1, "seconds": 1,
    "min": 60, "minute": 60, "minutes": 60,
    "h": 3600, "hour": 3600, "hours": 3600,
    "d": 86400, "day": 86400, "days": 86400,
}  # fmt: skip
_FORM = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]+)")


def parse_duration(value: object) -> timedelta:
    """`"5 min"` → timedelta. Raises ValueError naming the value and the accepted units."""
    if isinstance(value, timedelta):
        return value
    match = _FORM.fullmatch(str(value).strip().lower()) if not isinstance(value, bool) else None
    if match is None or match[2] not in _UNITS:
        raise ValueError(f"expected a duration with a unit (ms, s, min, h, d), like '5 min', not {value!r}")
    try:
        return timedelta(seconds=float(match[1]) * _UNITS[match[2]])
    except OverflowError:
        raise ValueError(f"expected a duration below 2.7 million years, not {value!r}") from None


def millis(duration: timedelta) -> int:
    """Whole milliseconds of a duration."""
    return duration // timedelta(milliseconds=1)


Duration = Annotated[
    timedelta,
    BeforeValidator(parse_duration),
    PlainSerializer(lambda duration: f"{millis(duration)} ms", return_type=str, when_used="json"),
]
"""A pydantic field type that accepts what `parse_duration` accepts, and is written in the same form."""
