"""What arrived at the fake platform, in SQLite: attempts are only ever added; effects are what follows from them.

Written with write-ahead logging, so that others may read the file meanwhile and a killed server loses nothing it answered for.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

SCHEMA = """
CREATE TABLE IF NOT EXISTS attempts (
    ts INTEGER NOT NULL,  -- epoch ms of arrival
    dest TEXT NOT NULL,
    key TEXT,             -- trigger_id; NULL when the request had none that counts
    person TEXT,
    body_sha256 TEXT NOT NULL,
    verdict TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS attempts_by_key ON attempts (dest, key);
CREATE TRIGGER IF NOT EXISTS attempts_stay BEFORE UPDATE ON attempts BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER IF NOT EXISTS attempts_remain BEFORE DELETE ON attempts BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE VIEW IF NOT EXISTS effects AS
    SELECT dest, key, min(person) AS person, min(ts) AS first_ts, count(*) AS n_effective
    FROM attempts WHERE verdict LIKE 'accepted%' GROUP BY dest, key;
"""


@dataclass(frozen=True)
class Known:
    """attempts: earlier ones with this key, whatever their verdict. first: row of the one that took effect, or None."""

    attempts: int
    first: int | None


@dataclass(frozen=True)
class Entry:
    """What the rows of one call have in common. ts: epoch ms of its arrival."""

    ts: int
    dest: str
    body_sha256: str

    @classmethod
    def of(cls, ts: int, dest: str, body: bytes) -> Entry:
        return cls(ts, dest, hashlib.sha256(body).hexdigest())


class Ledger:
    """verdicts: `accepted` (took effect), `duplicate` (known key, no effect), each with `_unanswered` when the answer was withheld;
    `refused_<why>` (breaks the contract); `fault_<mode>` (played fault, no effect); `lost` (dropped without a word, as Segment does).
    A call with N items gives N rows; one that could not be read, one without key."""

    def __init__(self, file: Path | str) -> None:
        self._base = sqlite3.connect(file, isolation_level=None)  # every row is committed at once
        self._base.row_factory = sqlite3.Row
        self._base.execute("PRAGMA journal_mode=WAL")
        self._base.execute("PRAGMA synchronous=NORMAL")
        self._base.executescript(SCHEMA)

    @contextmanager
    def together(self) -> Iterator[None]:
        """Rows added meanwhile are committed at once."""
        self._base.execute("BEGIN")
        try:
            yield
        finally:
            self._base.execute("COMMIT")

    def known(self, dest: str, key: str, since: int | None = 0) -> Known:
        """since: epoch ms; an effect before it is forgotten. None: all are."""
        row = self._base.execute(
            "SELECT count(*) AS n, min(iif(verdict LIKE 'accepted%' AND ts >= ?, rowid, NULL)) AS first"
            " FROM attempts WHERE dest = ? AND key = ?",
            (since, dest, key),
        ).fetchone()
        return Known(row["n"], row["first"])

    def add(self, entry: Entry, key: str | None, person: str | None, verdict: str) -> int:
        """Returns the row's number. An id that is an address is kept only as a hash."""
        if person is not None and "@" in person:
            person = "sha256:" + hashlib.sha256(person.encode()).hexdigest()
        row = (entry.ts, entry.dest, key, person, entry.body_sha256, verdict)
        return self._base.execute("INSERT INTO attempts VALUES (?, ?, ?, ?, ?, ?)", row).lastrowid or 0

    def summary(self, dest: str | None = None) -> dict[str, Any]:
        """{attempts, delivered_distinct, duplicates, took_effect_again, by_verdict, first_ts, last_ts} of one destination, or of all.

        duplicates: repeats of a key that had taken effect and took none; took_effect_again: those that did.
        The times are those of attempts that took effect, ISO or None.
        """
        where = ("WHERE ? IS NULL OR dest = ?", (dest, dest))
        verdicts = self._base.execute(f"SELECT verdict, count(*) AS n FROM attempts {where[0]} GROUP BY verdict ORDER BY verdict", where[1])
        by_verdict: dict[str, int] = {row["verdict"]: row["n"] for row in verdicts}
        effects = self._base.execute(
            f"SELECT count(*) AS n, sum(n_effective) AS effective, min(first_ts) AS first, max(first_ts) AS last FROM effects {where[0]}",
            where[1],
        ).fetchone()
        return {
            "attempts": sum(by_verdict.values()),
            "delivered_distinct": effects["n"],
            "duplicates": sum(n for verdict, n in by_verdict.items() if verdict.startswith("duplicate")),
            "took_effect_again": (effects["effective"] or 0) - effects["n"],
            "by_verdict": by_verdict,
            "first_ts": iso(effects["first"]),
            "last_ts": iso(effects["last"]),
        }

    def delivered(self, after: int, limit: int, dest: str | None = None) -> dict[str, Any]:
        """{ids: [{trigger_id, person, first_ts, dest}], next}: in order of effect; `next` is the `after` of the next page, or None."""
        rows = self._base.execute(
            "SELECT rowid, * FROM attempts WHERE verdict LIKE 'accepted%' AND rowid > ? AND (? IS NULL OR dest = ?) ORDER BY rowid LIMIT ?",
            (after, dest, dest, limit),
        ).fetchall()
        ids = [{"trigger_id": row["key"], "person": row["person"], "first_ts": iso(row["ts"]), "dest": row["dest"]} for row in rows]
        return {"ids": ids, "next": rows[-1]["rowid"] if len(rows) == limit else None}

    def close(self) -> None:
        self._base.close()


def iso(ts: int | None) -> str | None:
    """Epoch ms → ISO with milliseconds and Z."""
    return None if ts is None else datetime.fromtimestamp(ts / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
