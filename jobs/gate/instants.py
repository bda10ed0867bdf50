"""Instants: whole milliseconds since 1970 inside, ISO-8601 UTC with milliseconds and `Z` in rows."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

LAST_MS = 253_402_300_799_999  # 9999-12-31T23:59:59.999Z
# fromisoformat alone takes week dates, bare dates and stranger things
_FORM = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?(Z|[+-][0-9]{2}:?[0-9]{2})?")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC).replace(tzinfo=None)


def to_text(at_ms: int) -> str:
    """Epoch ms → `2026-03-01T10:30:00.000Z`. Exact: no float in between. at_ms: 0 … LAST_MS."""
    minute, rest = divmod(at_ms, 60_000)
    return f"{_minute_text(minute)}:{rest // 1000:02}.{rest % 1000:03}Z"


@lru_cache(maxsize=4096)  # rows come in order of time: thousands share their minutes
def _minute_text(minute: int) -> str:
    return (_EPOCH + timedelta(minutes=minute)).isoformat(timespec="minutes")


@lru_cache(maxsize=1024)  # one candidate asks for the same text up to five times
def normal_text(text: str) -> str | None:
    """Any ISO-8601 date with time → the form above; no zone = UTC, finer than ms is cut. None if it is not one."""
    if not _FORM.fullmatch(text):
        return None
    try:
        instant = datetime.fromisoformat(text)
        instant = instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return instant.isoformat(timespec="milliseconds")[:23] + "Z"
