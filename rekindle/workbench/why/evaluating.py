"""Conditions over the few rows of one person, one by one, in SQLite in memory.

Only words SQLite understands as Flink does are let through; of every other condition the answer is that it cannot be told here.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from jobs.definitions.published import Table
from rekindle.workbench.index.records import SHORTENED
from rekindle.workbench.why.conditions import Token, tokens

_WORDS = {
    *("AND", "OR", "NOT", "IS", "NULL", "TRUE", "FALSE", "IN", "BETWEEN", "LIKE", "ESCAPE", "CASE", "WHEN", "THEN", "ELSE", "END"),
    *("AS", "DISTINCT", "FROM"),
}
_SIGNS = {"=", "<>", "!=", "<", ">", "<=", ">=", "+", "-", "*", "/", "%", "||", "(", ")", ",", "."}
_TYPES = {"STRING": "TEXT", "VARCHAR": "TEXT", "INT": "INTEGER", "BIGINT": "INTEGER", "DOUBLE": "REAL"}
_NATIVE = {"COALESCE", "NULLIF", "TRIM", "ABS", "ROUND", "SUBSTRING", "SUBSTR"}
_OURS: dict[str, tuple[int, Any]] = {
    "LOWER": (1, lambda text: None if text is None else str(text).lower()),
    "UPPER": (1, lambda text: None if text is None else str(text).upper()),
    "CHAR_LENGTH": (1, lambda text: None if text is None else len(str(text))),
    "CHARACTER_LENGTH": (1, lambda text: None if text is None else len(str(text))),
    "MOD": (2, lambda a, b: None if a is None or b is None else a % b if a >= 0 else -(-a % b)),
    "GREATEST": (-1, lambda *all_: None if None in all_ else max(all_)),
    "LEAST": (-1, lambda *all_: None if None in all_ else min(all_)),
}
_NULL_TEST = re.compile(r"\s*`?(\w+)`?\s+IS\s+(NOT\s+)?NULL\s*", re.IGNORECASE)


@dataclass(frozen=True)
class Verdict:
    """met: None when it cannot be told here. values: of the columns it names, in one row."""

    condition: str
    met: bool | None
    values: Mapping[str, Any]


class Rows:
    """Rows of a published table. kept: the columns the index keeps; a condition on another cannot be told."""

    def __init__(self, table: Table, rows: Sequence[Mapping[str, Any]], kept: Sequence[str], alias: str | None = None) -> None:
        self._rows, self._names, self._alias = rows, [name for name in kept if table.column(name)], alias
        self._qualifiers = {table.name, *([alias] if alias else [])}
        self._db = sqlite3.connect(":memory:")
        self._db.execute("PRAGMA case_sensitive_like = ON")
        for name, (arguments, function) in _OURS.items():
            self._db.create_function(name, arguments, function, deterministic=True)
        columns = ", ".join(f'"{name}" {_affinity(table, name)}' for name in self._names)
        self._db.execute(f'CREATE TABLE "{table.name}" (place INTEGER PRIMARY KEY, {columns})')
        marks = ", ".join("?" * (len(self._names) + 1))
        values = [(place, *(_plain(row.get(name)) for name in self._names)) for place, row in enumerate(rows)]
        self._db.executemany(f'INSERT INTO "{table.name}" VALUES ({marks})', values)
        self._from = f'"{table.name}"' + (f' AS "{alias}"' if alias else "")

    def judge(self, conditions: Sequence[str]) -> list[list[Verdict]]:
        """Per row, in their order, a verdict on each condition."""
        columns = [self._answers(condition) for condition in conditions]
        return [
            [
                Verdict(
                    condition, None if answers is None else bool(answers[place]), {name: row.get(name) for name in self._used(condition)}
                )
                for condition, answers in zip(conditions, columns, strict=True)
            ]
            for place, row in enumerate(self._rows)
        ]

    def _answers(self, condition: str) -> list[Any] | None:
        """An answer per row; SQL's unknown is no. None: not to be told."""
        used = self._used(condition)
        if any(name in SHORTENED for name in used) and not _NULL_TEST.fullmatch(condition):
            return None
        expression = self._translated(tokens(condition))
        if expression is None:
            return None
        try:
            return [answer for (answer,) in self._db.execute(f"SELECT COALESCE(({expression}), 0) FROM {self._from} ORDER BY place")]
        except (sqlite3.Error, TypeError):
            return None

    def _used(self, condition: str) -> list[str]:
        found = (token.text.strip("`") for token in tokens(condition) if token.kind in ("word", "quoted"))
        return [name for name in dict.fromkeys(found) if name in self._names]

    def _translated(self, found: Sequence[Token]) -> str | None:
        """The condition for SQLite; None when it says something SQLite may understand otherwise."""
        pieces: list[str] = []
        for place, token in enumerate(found):
            after = found[place + 1].text if place + 1 < len(found) else ""
            name = token.text.strip("`")
            if token.kind in ("string", "number") or (token.kind == "sign" and token.text in _SIGNS):
                pieces.append(token.text)
            elif token.kind == "sign":
                return None
            elif token.kind == "word" and after == "(" and (token.name in _NATIVE or token.name in _OURS):
                pieces.append(token.name)
            elif token.kind == "word" and token.name == "CAST" and after == "(":
                pieces.append("CAST")
            elif token.kind == "word" and token.name in _TYPES and place and found[place - 1].name == "AS" and after == ")":
                pieces.append(_TYPES[token.name])
            elif name in self._names or (name in self._qualifiers and after == "."):
                pieces.append(f'"{name}"')
            elif (
                token.kind == "word"
                and token.name in _WORDS
                and (after != "(" or token.name in ("AND", "OR", "NOT", "IN", "WHEN", "THEN", "ELSE"))
            ):
                pieces.append(token.name)
            else:
                return None
        return " ".join(pieces)


def _affinity(table: Table, name: str) -> str:
    column = table.column(name)
    kind = column.type if column else ""
    return "INTEGER" if kind in ("INT", "BIGINT", "BOOLEAN") else "NUMERIC" if kind.startswith(("DECIMAL", "DOUBLE")) else "TEXT"


def _plain(value: Any) -> Any:
    return int(value) if isinstance(value, bool) else orjson.dumps(value).decode() if isinstance(value, dict | list) else value
