"""The published tables: what an author's SELECT may read. The one place that knows their names, kinds, clocks and columns.

A table is published when it is declared here and `sql/tables/<name>.sql` ships. What its columns mean comes from its schema file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any, Literal

Kind = Literal["append", "versioned"]
"""`append`: rows happen once, in event time. `versioned`: what was true of a key as of a time, read by FOR SYSTEM_TIME AS OF."""


@dataclass(frozen=True)
class Column:
    """type: as SQL writes it. nullable: whether the contract lets it be absent. meaning: one sentence. json_text: whether it holds JSON."""

    name: str
    type: str
    nullable: bool
    meaning: str
    json_text: bool = False


@dataclass(frozen=True)
class Table:
    """A published table. time_column: its event time. key: of a versioned table. schema: `sql/schemas/<schema>.schema.json`.

    example: one row as JSON, without columns that are null in it.
    """

    name: str
    kind: Kind
    time_column: str
    key: str | None
    schema: str
    meaning: str
    columns: tuple[Column, ...]
    example: Mapping[str, Any] = field(hash=False)

    def column(self, name: str) -> Column | None:
        """The column of that name; names are case-sensitive, as in Flink."""
        return next((column for column in self.columns if column.name == name), None)


@dataclass(frozen=True)
class _Declared:
    """made_of: the topics it is read from, when it is not one itself."""

    name: str
    time_column: str
    key: str | None = None
    made_of: tuple[str, ...] = ()


_DECLARED = (
    _Declared("events", "event_time"),
    _Declared("carts", "ended_at"),
    _Declared("sessions", "ended_at"),
    _Declared("receipts", "event_time", made_of=("events",)),
    _Declared("order_lines", "event_time", made_of=("events",)),
    _Declared("catalog_changes", "changed_at", made_of=("catalog",)),
    _Declared("interests", "changed_at", made_of=("events", "catalog")),
    _Declared("profiles", "valid_from", key="person_id"),
    _Declared("catalog", "valid_from", key="product_id"),
)
NAMES = tuple(one.name for one in _DECLARED)
"""In this order `sql/tables/*.sql` can be run: some are views over those before."""
MADE_OF = {one.name: one.made_of for one in _DECLARED if one.made_of}
"""Tables that are no topics → the topics they are made of."""
_ONLY_IN_SQL = {
    "valid_from": "Since when this version holds: the record's time in Kafka; the table's event time.",
    "tombstone": "TRUE when the record had no value: the key was erased.",
}
"""Columns that versioned tables have beside what the record says."""
_HIDDEN = {"event"}
"""Marks heartbeats; no row an author can meet has it."""
_OF_THE_TOPIC = re.compile(r"(?:Written by SQL: a key that is null is left out|A nullable key may be left out|Compacted)\.\s*")
"""Sentences about the topic's JSON, which say nothing of the table."""
_TYPES = {"string": "STRING", "integer": "INT", "number": "DECIMAL(18, 2)", "boolean": "BOOLEAN", "object": "MAP<STRING, STRING>"}


@cache
def tables() -> Mapping[str, Table]:
    """Published tables by name. Reads the SQL and schema files once."""
    shipped = resources.files("sql")
    return {
        one.name: _table(one)
        for one in _DECLARED
        if (shipped / "tables" / f"{one.name}.sql").is_file() and (shipped / "schemas" / f"{one.name}.schema.json").is_file()
    }


def _table(declared: _Declared) -> Table:
    shipped = resources.files("sql")
    schema = json.loads((shipped / "schemas" / f"{declared.name}.schema.json").read_text(encoding="utf-8"))
    ddl = (shipped / "tables" / f"{declared.name}.sql").read_text(encoding="utf-8")
    row = schema.get("$defs", {}).get("row", schema)
    return Table(
        name=declared.name,
        kind="versioned" if declared.key else "append",
        time_column=declared.time_column,
        key=declared.key,
        schema=declared.name,
        meaning=_OF_THE_TOPIC.sub("", schema["description"]).strip(),
        columns=tuple(_versioned_columns(declared, ddl, schema, row) if declared.key else _append_columns(schema, row)),
        example=_example(declared, schema),
    )


def _append_columns(schema: Mapping[str, Any], row: Mapping[str, Any]) -> list[Column]:
    return [
        Column(name, _sql_type(schema, told), name not in row.get("required", ()), told.get("description", ""), _is_json_text(told))
        for name, told in row["properties"].items()
    ]


def _versioned_columns(declared: _Declared, ddl: str, schema: Mapping[str, Any], row: Mapping[str, Any]) -> list[Column]:
    """Authors read the table itself, so its DDL says which columns there are. A tombstone leaves all but the key NULL."""
    columns = []
    for name, sql_type in ddl_columns(ddl, declared.name).items():
        if name not in _HIDDEN:
            told = row["properties"].get(name, {})
            meaning = told.get("description") or _ONLY_IN_SQL.get(name, "")
            columns.append(Column(name, sql_type, name not in (declared.key, *_ONLY_IN_SQL), meaning))
    return columns or _append_columns(schema, row)


def ddl_columns(ddl: str, table: str) -> dict[str, str]:
    """Column → SQL type of `CREATE TEMPORARY TABLE <table> (…)`, without computed columns. Empty when the text makes no such table."""
    match = re.search(rf"CREATE TEMPORARY TABLE {table} \((.*?)\n\) WITH", ddl, re.DOTALL)
    columns = {}
    for piece in _split(re.sub(r"--[^\n]*", "", match[1])) if match else []:
        name, _, rest = piece.strip().partition(" ")
        if name.upper() not in ("WATERMARK", "PRIMARY", "CONSTRAINT") and not rest.upper().startswith("AS "):
            columns[name.strip("`")] = re.split(r"\s+(?:NOT NULL|METADATA)\b", rest)[0].strip()
    return columns


def _split(text: str) -> list[str]:
    """Text between commas that are in no bracket."""
    pieces, depth, start = [], 0, 0
    for place, letter in enumerate(text):
        depth += (letter in "(<") - (letter in ")>")
        if letter == "," and depth == 0:
            pieces.append(text[start:place])
            start = place + 1
    return [*pieces, text[start:]]


def _sql_type(schema: Mapping[str, Any], told: Mapping[str, Any]) -> str:
    """SQL type of a schema's property."""
    if "anyOf" in told:
        return _sql_type(schema, next(one for one in told["anyOf"] if one.get("type") != "null"))
    if "$ref" in told:
        name = told["$ref"].rpartition("/")[2]
        return "TIMESTAMP_LTZ(3)" if name == "time" else _sql_type(schema, schema["$defs"][name])
    kinds = [told["type"]] if isinstance(told["type"], str) else told["type"]
    kind = next(one for one in kinds if one != "null")
    return f"ARRAY<{_sql_type(schema, told['items'])}>" if kind == "array" else _TYPES[kind]


def _is_json_text(told: Mapping[str, Any]) -> bool:
    """Whether a schema's property is `json_text`, or that or null."""
    return any(str(one.get("$ref", "")).endswith("/json_text") for one in (told, *told.get("anyOf", ())))


def _example(declared: _Declared, schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The first example that is no heartbeat."""
    rows = (row for row in schema.get("examples", ()) if row.get("event") != "$heartbeat")
    example = {name: value for name, value in next(rows, {}).items() if value is not None}
    if declared.key and "updated_at" in example:  # a version's time is the record's
        example[declared.time_column] = example.pop("updated_at")
    return example
