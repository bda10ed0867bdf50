"""All letters with their state in a file SQLite removes by itself: memory is bounded. No letter's bytes are in it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, NamedTuple, Self

from rekindle.workbench.dlq.letters import Letter, State

OPEN = "open"

_TABLES = """
CREATE TABLE letters (
    key TEXT PRIMARY KEY, stage TEXT, reason TEXT, topic TEXT, partition INT, offset INT, failed_at INT, attempts INT, detail TEXT,
    trigger_id TEXT, destination TEXT, expires_at INT, at_partition INT, at_offset INT
) WITHOUT ROWID;
CREATE TABLE states (letter TEXT PRIMARY KEY, failed_at INT, state TEXT, batch TEXT, at INT, who TEXT, why TEXT) WITHOUT ROWID;
CREATE TABLE outcomes (trigger_id TEXT, destination TEXT, outcome TEXT, PRIMARY KEY (trigger_id, destination, outcome)) WITHOUT ROWID;
CREATE INDEX letters_of ON letters (trigger_id);
CREATE VIEW known AS
SELECT letters.*, COALESCE(states.state, 'open') AS state, states.batch, states.at, states.who, states.why
FROM letters LEFT JOIN states ON states.letter = letters.key AND states.failed_at >= letters.failed_at;
"""
# one that failed again later is that letter now
_LETTER = f"INSERT INTO letters VALUES ({', '.join('?' * len(Letter._fields))}) ON CONFLICT DO UPDATE SET " + ", ".join(
    f"{name} = excluded.{name}" for name in Letter._fields[1:]
) + " WHERE excluded.failed_at > letters.failed_at"  # fmt: skip
_STATE = """
INSERT INTO states VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE
SET failed_at = excluded.failed_at, state = excluded.state, batch = excluded.batch, at = excluded.at, who = excluded.who, why = excluded.why
"""


@dataclass(frozen=True)
class Wanted:
    """Which letters. keys: of letters, or ids of the sends in them; an empty part asks nothing. since: epoch ms of failed_at."""

    keys: tuple[str, ...] = ()
    stage: str | None = None
    reason: str | None = None
    since: int | None = None
    state: str | None = None


class Known(NamedTuple):
    """A letter and what was done with it (state `open`: nothing)."""

    letter: Letter
    state: str
    batch: str | None
    at: int | None
    by: str | None
    why: str | None


class Count(NamedTuple):
    """Letters of one stage and reason. oldest, newest: failed_at in epoch ms."""

    stage: str
    reason: str
    open: int
    retried: int
    discarded: int
    oldest: int
    newest: int


class Book:
    """Filled once, then asked."""

    def __init__(self) -> None:
        self._db = sqlite3.connect("", isolation_level=None)  # "": a temporary file
        self._db.executescript(_TABLES)
        self._db.execute("BEGIN")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._db.close()

    def add(self, letter: Letter) -> None:
        self._db.execute(_LETTER, letter)

    def settle(self, state: State) -> None:
        """The last one told of a letter counts."""
        self._db.execute(_STATE, state)

    def holds(self, trigger_id: str) -> bool:
        """Whether a letter is about this send."""
        return self._db.execute("SELECT 1 FROM letters WHERE trigger_id = ?", (trigger_id,)).fetchone() is not None

    def ended(self, trigger_id: str, destination: str, outcome: str) -> None:
        self._db.execute("INSERT OR IGNORE INTO outcomes VALUES (?, ?, ?)", (trigger_id, destination, outcome))

    def outcomes(self, trigger_id: str, destination: str) -> frozenset[str]:
        """Of one send, as far as they were told to the book."""
        query = "SELECT outcome FROM outcomes WHERE trigger_id = ? AND destination = ?"
        return frozenset(outcome for (outcome,) in self._db.execute(query, (trigger_id, destination)))

    def find(self, wanted: Wanted, limit: int | None = None) -> Iterator[Known]:
        """In the order they lie in the topic; with a limit the newest, newest first."""
        where, values = _where(wanted)
        order = "at_partition, at_offset" if limit is None else "failed_at DESC, key LIMIT ?"
        rows = self._db.execute(f"SELECT * FROM known {where} ORDER BY {order}", [*values, *([] if limit is None else [limit])])
        return _known(rows)

    def missing(self, keys: Sequence[str]) -> list[str]:
        """Those of `keys` no letter has."""
        return [key for key in keys if next(self.find(Wanted((key,)), 1), None) is None]

    def counts(self, wanted: Wanted) -> list[Count]:
        """By stage and reason, of all states."""
        where, values = _where(wanted)
        sums = ", ".join(f"SUM(state = '{state}')" for state in (OPEN, "retried", "discarded"))
        query = f"SELECT stage, reason, {sums}, MIN(failed_at), MAX(failed_at) FROM known {where} GROUP BY 1, 2 ORDER BY 1, 2"
        return [Count(*row) for row in self._db.execute(query, values)]


def _known(rows: Iterable[tuple[Any, ...]]) -> Iterator[Known]:
    width = len(Letter._fields)
    return (Known(Letter(*row[:width]), *row[width:]) for row in rows)


def _where(wanted: Wanted) -> tuple[str, list[Any]]:
    parts: list[str] = []
    values: list[Any] = []
    if wanted.keys:
        marks = ", ".join("?" * len(wanted.keys))
        parts.append(f"(key IN ({marks}) OR trigger_id IN ({marks}))")
        values += [*wanted.keys, *wanted.keys]
    for name, operator, value in (
        ("stage", "=", wanted.stage), ("reason", "=", wanted.reason), ("failed_at", ">=", wanted.since), ("state", "=", wanted.state),
    ):  # fmt: skip
        if value is not None:
            parts.append(f"{name} {operator} ?")
            values.append(value)
    return f"WHERE {' AND '.join(parts)}" if parts else "", values
