"""The first arrival of an event id wins for 24 hours; a later row of that id with other content is a collision."""

from __future__ import annotations

from collections.abc import Iterable

from tests.oracle.decode import DAY, Row


def dedupe(rows: Iterable[Row]) -> tuple[list[Row], list[Row]]:
    """rows: in order of arrival. Returns: (first rows, colliding rows); exact repeats are in neither."""
    seen: dict[str, Row] = {}
    first, collisions = [], []
    for row in rows:
        known = seen.get(row.event_id)
        if known is None or row.received_at >= known.received_at + DAY:
            seen[row.event_id] = row
            first.append(row)
        elif known.content != row.content:
            collisions.append(row)
    return first, collisions
