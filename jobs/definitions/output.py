"""The columns a trigger's SELECT must give, and what is wrong with those it gives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from jobs.definitions import published
from jobs.definitions.findings import did_you_mean

REQUIRED = ("device_id", "user_id", "occasion", "fired_at", "payload")
OPTIONAL = ("since", "timezone")


class Wrong(NamedTuple):
    """code: T034 missing, T035 one too many, T037 `fired_at` is no event time."""

    code: str
    column: str
    message: str
    hint: str


def wrong_columns(columns: Mapping[str, bool]) -> Iterator[Wrong]:
    """columns: what the planner says the SELECT gives, with whether it is an event-time attribute."""
    listed = f"columns: {', '.join(REQUIRED)} and, if wanted, {' and '.join(OPTIONAL)}"
    missing = [name for name in REQUIRED if name not in columns]
    extra = [name for name in columns if name not in (*REQUIRED, *OPTIONAL)]
    for name in missing:
        yield Wrong("T034", name, f"output column '{name}' is missing", listed)
    for name in extra:
        hint = did_you_mean(name, missing or OPTIONAL)
        yield Wrong("T035", name, f"unknown output column '{name}'", hint or listed)
    if not columns.get("fired_at", True):
        yield Wrong("T037", "fired_at", "fired_at is not a table's event time", f"take the column as it is: {clocks()}")


def clocks() -> str:
    """`event_time of events, ended_at of carts, …`."""
    return ", ".join(f"{table.time_column} of {table.name}" for table in published.tables().values() if table.kind == "append")
