"""Whose a receipt is: sends by trigger_id, people by a hash of their address, and where in `profiles` a person's row lies.

On disk are ids, offsets and hashes under a key of the folder, no address and no profile: the row itself is read from Kafka when it is to be
changed. So an erased person is gone here with the tombstone.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import sqlite3
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_TABLES = """
CREATE TABLE IF NOT EXISTS people (person TEXT PRIMARY KEY, address BLOB, partition INT, offset INT, before INT) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS people_address ON people (address);
CREATE TABLE IF NOT EXISTS sends (trigger_id TEXT PRIMARY KEY, person TEXT, name TEXT, purpose TEXT, at INT) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS sends_at ON sends (at);
CREATE TABLE IF NOT EXISTS reached (topic TEXT, partition INT, next INT, PRIMARY KEY (topic, partition)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS cluster (id TEXT);
"""
_MOST_OF_AN_ADDRESS = 50
"""More people of one address than that: a placeholder (docs/gate.md)."""


@dataclass(frozen=True)
class Send:
    """What `triggers` says of a mail."""

    person: str
    trigger: str
    purpose: str


@dataclass(frozen=True)
class Place:
    """Where a person's newest row lies. before: offset of the one before it, -1 when there was none."""

    partition: int
    offset: int
    before: int


class Index:
    """A SQLite file, or memory without a path; one writer, any number of readers."""

    def __init__(self, path: Path | None) -> None:
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._key = secrets.token_bytes(32) if path is None else _key(path.with_suffix(".key"))
        self._lock = threading.RLock()
        self._db = sqlite3.connect(path or ":memory:", check_same_thread=False)
        with self._lock, self._db:
            # losing the last moments in a power cut costs nothing: they are read again
            self._db.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;" + _TABLES)

    def hashed(self, address: str) -> bytes:
        """Of the normalised address: trimmed, lower case, as the gate links people."""
        return hmac.digest(self._key, address.strip().lower().encode("utf-8", "replace"), "sha256")[:16]

    def belongs_to(self, cluster: str) -> None:
        """Forgets everything when it was made of another Kafka cluster."""
        with self._lock, self._db:
            found = self._db.execute("SELECT id FROM cluster").fetchone()
            if found is not None and found[0] == cluster:
                return
            self.forget()
            self._db.execute("INSERT INTO cluster VALUES (?)", (cluster,))

    def forget(self) -> None:
        """Back to nothing: the topics are read again."""
        with self._lock, self._db:
            for table in ("people", "sends", "reached", "cluster"):
                self._db.execute(f"DELETE FROM {table}")

    def reached(self) -> dict[tuple[str, int], int]:
        """(topic, partition) → the next offset to read."""
        with self._lock:
            return {(topic, partition): offset for topic, partition, offset in self._db.execute("SELECT * FROM reached")}

    def apply(self, changes: Iterable[tuple[str, tuple[object, ...]]]) -> None:
        """Statements of one batch, all or none."""
        with self._lock, self._db:
            for statement, values in changes:
                self._db.execute(statement, values)

    def send(self, trigger_id: str) -> Send | None:
        """The mail of this id, if it was sent lately."""
        row = self._one("SELECT person, name, purpose FROM sends WHERE trigger_id = ?", trigger_id)
        return None if row is None else Send(str(row[0]), str(row[1]), str(row[2]))

    def people(self, address: str) -> list[str]:
        """Who has this address, in the order of their ids; nobody when it is a placeholder."""
        with self._lock:
            found = self._db.execute(
                "SELECT person FROM people WHERE address = ? ORDER BY person LIMIT ?", (self.hashed(address), _MOST_OF_AN_ADDRESS + 1)
            ).fetchall()
        return [person for (person,) in found] if len(found) <= _MOST_OF_AN_ADDRESS else []

    def place(self, person: str) -> Place | None:
        """Where the person's row lies; None of someone unknown or erased."""
        row = self._one("SELECT partition, offset, before FROM people WHERE person = ?", person)
        return None if row is None else Place(int(row[0]), int(row[1]), int(row[2]))

    def close(self) -> None:
        """No more reading."""
        with self._lock:
            self._db.close()

    def _one(self, statement: str, value: object) -> tuple[int | str, ...] | None:
        with self._lock:
            found: tuple[int | str, ...] | None = self._db.execute(statement, (value,)).fetchone()
        return found


def _key(path: Path) -> bytes:
    """The folder's own; a new one makes hashes of another key useless, so it goes with the index."""
    if not path.exists() or not path.stat().st_size:
        path.with_suffix(".sqlite").unlink(missing_ok=True)
        path.touch(mode=0o600)
        path.write_bytes(secrets.token_bytes(32))
    return hashlib.sha256(path.read_bytes()).digest()


def reached(topic: str, partition: int, offset: int) -> tuple[str, tuple[object, ...]]:
    """A change: everything before `offset` was read."""
    return "INSERT OR REPLACE INTO reached VALUES (?, ?, ?)", (topic, partition, offset)


def profile(person: str, address: bytes | None, partition: int, offset: int) -> tuple[str, tuple[object, ...]]:
    """A change: a person's row is now here."""
    return (
        "INSERT INTO people VALUES (?, ?, ?, ?, -1) ON CONFLICT (person) DO UPDATE SET"
        " before = CASE WHEN offset < excluded.offset THEN offset ELSE before END,"
        " address = excluded.address, partition = excluded.partition, offset = excluded.offset",
        (person, address, partition, offset),
    )


def erased(person: str) -> tuple[str, tuple[object, ...]]:
    """A change: a tombstone."""
    return "DELETE FROM people WHERE person = ?", (person,)


def send(trigger_id: str, one: Send, at_ms: int) -> tuple[str, tuple[object, ...]]:
    """A change: a mail was sent."""
    return "INSERT OR REPLACE INTO sends VALUES (?, ?, ?, ?, ?)", (trigger_id, one.person, one.trigger, one.purpose, at_ms)


def old_sends(before_ms: int) -> tuple[str, tuple[object, ...]]:
    """A change: nobody will report on mails of before then any more."""
    return "DELETE FROM sends WHERE at < ?", (before_ms,)
