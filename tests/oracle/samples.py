"""Lines and records for tests: short to write, and only as full as the case needs. All persons and addresses are made up."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from tests.oracle.decode import Raw, Row, decode
from tests.oracle.instants import to_text
from tests.oracle.vocabulary import read

SECOND, MINUTE, HOUR = 1000, 60_000, 3_600_000
NOON = 1_772_366_400_000  # 2026-03-01T12:00:00.000Z
TABLE = read()


def line(event: str | None, t: int, device: str | None = "d1", user: str | None = None, **properties: Any) -> dict[str, Any]:
    """A Segment call. t: ms after NOON. None leaves a field out."""
    fields = {"event": event, "anonymousId": device, "userId": user, "timestamp": to_text(NOON + t), "properties": properties or None}
    return {name: value for name, value in fields.items() if value is not None}


def records(lines: Iterable[dict[str, Any] | bytes | None], at: int = NOON + 12 * HOUR) -> list[Raw]:
    """Records of partition 0 that all arrived at `at`, in this order."""
    return [
        Raw(0, offset, at, one if one is None or isinstance(one, bytes) else json.dumps(one).encode()) for offset, one in enumerate(lines)
    ]


def rows(lines: Iterable[dict[str, Any]]) -> list[Row]:
    """Their clean rows. Fails when one has none."""
    found = [decode(raw, TABLE) for raw in records(lines)]
    assert all(isinstance(row, Row) for row in found), found
    return [row for row in found if isinstance(row, Row)]


def profile(email: str | None = "ana@example.com", granted: bool = True, suppressed: str | None = None, version: int = 1) -> dict[str, Any]:
    """A row of `profiles`, without the fields the gate does not read."""
    consent = {"granted": granted, "version": version, "source": "preference-centre", "at": "2026-01-01T08:00:00.000Z"}
    return {"email": email, "consent": {"marketing_email": consent}, "suppressed": suppressed, "updated_at": "2026-01-01T08:00:00.000Z"}
