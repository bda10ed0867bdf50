"""Values of a header as a person says them."""

from __future__ import annotations

from datetime import timedelta

_UNITS = ((86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))


def duration(span: timedelta) -> str:
    """`4 hours`, `36 hours`, `no time`; the largest unit that holds it without a rest, days only from two on."""
    seconds = span.total_seconds()
    for size, unit in _UNITS:
        count = seconds / size
        if count == int(count) and count >= (2 if unit == "day" else 1):
            return f"{int(count)} {unit}{'' if count == 1 else 's'}"
    return f"{seconds:g} seconds" if seconds else "no time"
