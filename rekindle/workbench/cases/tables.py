"""Tables that cases may give rows of, and columns of what comes out."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources

from jobs.definitions import published

RAW = "events.raw"
_IDENTITIES = {"device_id": "STRING", "person_id": "STRING", "valid_from": "TIMESTAMP_LTZ(3)"}
_ALSO: dict[str, frozenset[str]] = {"candidates": frozenset({"user_id"}), "decisions": frozenset({"occasion", "device_id"})}
"""What a case may also name: of a candidate what its SELECT gave, of a decision what tells candidates apart."""


@cache
def names() -> tuple[str, ...]:
    """Of every table a case can fill."""
    return (RAW, *published.tables(), "identities")


def columns(table: str) -> dict[str, str] | None:
    """Column → SQL type; None for raw events, whose lines are whatever producers send."""
    if table == RAW:
        return None
    if table == "identities":
        return _IDENTITIES
    found = {column.name: column.type for column in published.tables()[table].columns}
    if published.tables()[table].kind == "versioned":
        found |= {"erased": "BOOLEAN", "updated_at": "TIMESTAMP_LTZ(3)"}
        found.pop("tombstone", None)
    return found


def time_column(table: str) -> str | None:
    """The column that says when a row happens; raw events have several that can."""
    if table == RAW:
        return None
    return "valid_from" if table == "identities" else published.tables()[table].time_column


def key_column(table: str) -> str:
    """The Kafka key's column."""
    return "device_id" if table == "identities" else published.tables()[table].key or "device_id"


@cache
def outputs(kind: str) -> frozenset[str]:
    """Columns of what comes out."""
    topic = {"candidates": "trigger_candidates", "decisions": "trigger_decisions", "triggers": "triggers"}[kind]
    schema = json.loads((resources.files("sql") / "schemas" / f"{topic}.schema.json").read_text(encoding="utf-8"))
    row = schema.get("$defs", {}).get("row", schema)
    return frozenset(row["properties"]) | _ALSO.get(kind, frozenset())
