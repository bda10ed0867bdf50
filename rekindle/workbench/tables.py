"""What `rekindle tables` shows: the published tables, as people and as machines read them."""

from __future__ import annotations

import json
from typing import Any

from jobs.definitions import published
from jobs.definitions.findings import did_you_mean
from jobs.definitions.published import Column, Table
from jobs.definitions.reserved import WORDS
from jobs.errors import SettingsError


def named(name: str) -> Table:
    """Raises: SettingsError for a table that is not published, with those that are."""
    known = published.tables()
    if name not in known:
        raise SettingsError(f"'{name}' is not a published table", did_you_mean(name, known) or f"published: {', '.join(known)}")
    return known[name]


def overview() -> list[tuple[str, str, str, str]]:
    """(name, kind, time column, meaning) of every table."""
    return [(table.name, table.kind, table.time_column, table.meaning) for table in published.tables().values()]


def columns(table: Table) -> list[tuple[str, str, str, str]]:
    """(name as SQL writes it, type, what is said of NULL, meaning) of every column."""
    return [(_written(column), column.type, "may be NULL" if column.nullable else "", _meaning(table, column)) for column in table.columns]


def usage(table: Table) -> str:
    """How it stands in a FROM."""
    if table.kind == "append":
        return f"FROM {table.name}"
    return f"LEFT JOIN {table.name} FOR SYSTEM_TIME AS OF e.event_time AS p ON e.… = p.{table.key}"


def example(table: Table) -> str:
    """One row, a column per line."""
    width = max((len(name) for name in table.example), default=0)
    return "\n".join(f"  {name:<{width}}  {json.dumps(value, ensure_ascii=False)}" for name, value in table.example.items())


def as_json(table: Table) -> dict[str, Any]:
    """The same as data."""
    return {
        "name": table.name,
        "kind": table.kind,
        "time_column": table.time_column,
        "key": table.key,
        "meaning": table.meaning,
        "columns": [
            {"name": column.name, "type": column.type, "nullable": column.nullable, "meaning": column.meaning} for column in table.columns
        ],
        "example": dict(table.example),
    }


def _written(column: Column) -> str:
    return f"`{column.name}`" if column.name.upper() in WORDS else column.name


def _meaning(table: Table, column: Column) -> str:
    return column.meaning + (" The event time." if column.name == table.time_column and "time" not in column.meaning else "")
