"""The index as a SQLite file: rows of people and devices, found by hash; offsets of what has been read are in the same transaction.

A new file is filled without journal and gets its look-up index at the end: ten times faster than row by row. Who stops it half-way
has no index, and the next run starts over.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from jobs.errors import RunError
from rekindle.workbench.index import rows
from rekindle.workbench.index.privacy import Pseudonyms
from rekindle.workbench.index.rows import DAY_MS, Address, Found, Kind, Row

_VERSION = 1
_TABLES = """
CREATE TABLE rows (
    who INTEGER NOT NULL, kind INTEGER NOT NULL, at INTEGER NOT NULL, "key" INTEGER NOT NULL, day INTEGER NOT NULL,
    name INTEGER, word INTEGER, variant INTEGER, ref TEXT, body BLOB NOT NULL
);
CREATE TABLE names (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
CREATE TABLE addresses (hash BLOB NOT NULL, person_id TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (hash, person_id)) WITHOUT ROWID;
CREATE TABLE erased (who INTEGER PRIMARY KEY, at INTEGER NOT NULL);
CREATE TABLE offsets (topic TEXT, "partition" INTEGER, next INTEGER, PRIMARY KEY (topic, "partition")) WITHOUT ROWID;
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""
_DOUBLES = """DELETE FROM rows WHERE rowid IN (
    SELECT rowid FROM (SELECT rowid, ROW_NUMBER() OVER (PARTITION BY who, kind, at, "key" ORDER BY rowid) AS n FROM rows) WHERE n > 1)"""
_BY_WHO = 'CREATE UNIQUE INDEX by_who ON rows (who, kind, at, "key")'
_BY_DAY = "CREATE INDEX by_day ON rows (kind, day, name, word, variant)"
_INSERT = "INSERT OR IGNORE INTO rows VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_COLUMNS = "who, kind, at, name, word, variant, ref, body"
_CACHE_KIB = 262_144


class Stored(NamedTuple):
    """A row as it is found again. name, word, variant: texts."""

    who: int
    kind: int
    at: int
    name: str | None
    word: str | None
    variant: str | None
    ref: str | None
    body: bytes


class Index:
    """One index file. Not for two threads; two processes take turns by `reading.update`'s lock."""

    def __init__(self, file: Path, pseudonyms: Pseudonyms) -> None:
        self._pseudonyms = pseudonyms
        if not file.exists():  # so that SQLite never makes it readable for others
            os.close(os.open(file, os.O_CREAT, 0o600))
        self._db = sqlite3.connect(file, isolation_level=None, timeout=30)
        try:
            self._db.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
            self._db.execute("PRAGMA secure_delete = ON")  # what is erased is overwritten
            self._db.execute("PRAGMA temp_store = MEMORY")
            version = self._db.execute("PRAGMA user_version").fetchone()[0]
        except sqlite3.DatabaseError as error:
            raise RunError(f"the index {file} cannot be read: {error}", "run with --rebuild") from None
        self.built = version == _VERSION and self.fact("built") is not None
        if version not in (0, _VERSION):
            raise RunError(f"the index {file} is of another version of the suite", "run with --rebuild")
        if version == 0:
            self._db.executescript(f"PRAGMA user_version = {_VERSION}; {_TABLES}")
        self._ids: dict[str, int] = dict(self._db.execute("SELECT text, id FROM names").fetchall())
        self._texts = {number: text for text, number in self._ids.items()}
        self._erased: dict[int, int] = dict(self._db.execute("SELECT who, at FROM erased").fetchall())
        self._to_erase: dict[str, int] = {}

    def close(self) -> None:
        """Writes nothing more."""
        self._db.close()

    # --- filling

    def begin(self) -> None:
        """Before `add`. A new file is filled without safety: see above."""
        if not self.built:
            self._db.execute("PRAGMA journal_mode = OFF")
            self._db.execute("PRAGMA synchronous = OFF")
        self._db.execute("BEGIN IMMEDIATE")

    def add(self, found: Iterable[Found]) -> None:
        """Rows, addresses and tombstones, in the order of their topic. A row that is there stays as it is."""
        batch = []
        for one in found:
            if isinstance(one, Row):
                if self._erased.get(one.who, -1) < one.at:
                    name, word, variant = self._id(one.name), self._id(one.word), self._id(one.variant)
                    batch.append((one.who, one.kind, one.at, one.key, one.at // DAY_MS, name, word, variant, one.ref, one.body))
            elif isinstance(one, Address):
                values = (self._pseudonyms.of_address(one.address), one.person_id, one.at)
                self._db.execute("INSERT OR IGNORE INTO addresses VALUES (?, ?, ?)", values)
            else:
                self._to_erase[one.person_id] = max(one.at, self._to_erase.get(one.person_id, 0))
        self._db.executemany(_INSERT, batch)

    def commit(self, offsets: Mapping[tuple[str, int], int]) -> None:
        """All that was added counts from here on, with the places (topic, partition) to go on from; `add` may go on."""
        values = [(topic, partition, place) for (topic, partition), place in offsets.items()]
        self._db.executemany("INSERT OR REPLACE INTO offsets VALUES (?, ?, ?)", values)
        if self.built:
            for person_id, at in self._to_erase.items():
                self._erase(person_id, at)
            self._to_erase.clear()
        self._db.execute("COMMIT")
        self._db.execute("BEGIN IMMEDIATE")

    def finish(self, oldest_ms: int) -> None:
        """After the last `commit`. Rows from before oldest_ms (epoch ms) leave, but those that say what is true until it is changed."""
        if not self.built:
            self._db.execute("COMMIT")
            self._db.execute("PRAGMA journal_mode = MEMORY")  # an index that turns out not to be unique must be undone
            self._build()
            self._db.execute("BEGIN IMMEDIATE")
            self.commit({})
        lasting = (Kind.IDENTITY, Kind.PROFILE, Kind.CONTROL)
        for kind in (kind for kind in Kind if kind not in lasting):
            self._db.execute("DELETE FROM rows WHERE kind = ? AND day < ?", (kind, oldest_ms // DAY_MS))
        self._db.execute("COMMIT")
        self._db.execute("PRAGMA journal_mode = DELETE")
        self._db.execute("PRAGMA synchronous = NORMAL")

    def _build(self) -> None:
        try:
            self._db.execute(_BY_WHO)
        except sqlite3.IntegrityError:  # a job repeated rows after a restart
            self._db.execute(_DOUBLES)
            self._db.execute(_BY_WHO)
        self._db.execute(_BY_DAY)
        self.set_fact("built", "yes")
        self.built = True

    def _erase(self, person_id: str, at: int) -> None:
        """Everything of the person, and of devices that were theirs, up to the tombstone."""
        whos = {rows.person(person_id)}
        query = "SELECT json_extract(body, '$.device_id') FROM rows WHERE who = ? AND kind = ?"
        for (name,) in self._db.execute(query, (rows.person(person_id), Kind.IDENTITY)).fetchall():
            whos |= {rows.device(name), rows.person(name)}  # a person that was merged into this one has its old id there
        for who in whos:
            self._db.execute("DELETE FROM rows WHERE who = ? AND at <= ?", (who, at))
            self._db.execute("INSERT INTO erased VALUES (?, ?) ON CONFLICT DO UPDATE SET at = MAX(at, excluded.at)", (who, at))
            self._erased[who] = max(at, self._erased.get(who, at))
        self._db.execute("DELETE FROM addresses WHERE person_id = ? AND at <= ?", (person_id, at))

    def _id(self, text: str | None) -> int | None:
        if text is None:
            return None
        if text not in self._ids:
            number = len(self._ids) + 1
            self._db.execute("INSERT INTO names VALUES (?, ?)", (number, text))
            self._ids[text], self._texts[number] = number, text
        return self._ids[text]

    # --- asking

    def offsets(self) -> dict[tuple[str, int], int]:
        """(topic, partition) → the first offset that has not been read."""
        return {(topic, partition): place for topic, partition, place in self._db.execute("SELECT * FROM offsets")}

    def fact(self, name: str) -> str | None:
        """Something the index remembers of itself."""
        try:
            found = self._db.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        except sqlite3.OperationalError:  # a file without tables yet
            return None
        return None if found is None else str(found[0])

    def set_fact(self, name: str, value: str) -> None:
        """For `fact`."""
        self._db.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))

    def forget_offsets(self, topic: str) -> None:
        """The topic is read from its beginning again; rows that are there stay."""
        self._db.execute("DELETE FROM offsets WHERE topic = ?", (topic,))

    def erasures(self) -> dict[int, int]:
        """who → epoch ms, of all that were erased. A new index is given them: Kafka forgets tombstones before it forgets decisions."""
        return dict(self._erased)

    def keep_erasures(self, erasures: Mapping[int, int]) -> None:
        """Of an earlier index; before the first `add`."""
        self._db.executemany("INSERT OR REPLACE INTO erased VALUES (?, ?)", list(erasures.items()))
        self._erased |= erasures

    def erased_at(self, who: int) -> int | None:
        """When somebody was erased."""
        return self._erased.get(who)

    def of(self, whos: Iterable[int], kinds: Iterable[Kind] = tuple(Kind)) -> list[Stored]:
        """Rows about these, by kind and time."""
        wanted = ", ".join(str(int(kind)) for kind in kinds)
        found = []
        for who in sorted(set(whos)):
            query = f"SELECT {_COLUMNS} FROM rows WHERE who = ? AND kind IN ({wanted}) ORDER BY kind, at"
            found += [self._stored(row) for row in self._db.execute(query, (who,))]
        return found

    def people_at(self, address: str) -> list[str]:
        """Person ids whose profile ever named the address, the latest first."""
        query = "SELECT person_id FROM addresses WHERE hash = ? ORDER BY at DESC, person_id"
        return [person_id for (person_id,) in self._db.execute(query, (self._pseudonyms.of_address(address),))]

    def between(self, kind: Kind, first_day: int, last_day: int, word: str | None = None, name: str | None = None) -> Iterator[Stored]:
        """Rows of a kind by day (whole days since 1970, inclusive). word, name: only those."""
        query = f"SELECT {_COLUMNS} FROM rows WHERE kind = ? AND day BETWEEN ? AND ?"
        values = [int(kind), first_day, last_day]
        for column, text in (("word", word), ("name", name)):
            if text is not None:
                query, values = f"{query} AND {column} = ?", [*values, self._ids.get(text, -1)]
        return (self._stored(row) for row in self._db.execute(query, values))

    def counts(self, kind: Kind, first_day: int, last_day: int) -> list[tuple[int, str | None, str | None, str | None, int]]:
        """(day, name, word, variant, how many) of a kind."""
        columns = "day, name, word, variant"
        query = f"SELECT {columns}, COUNT(*) FROM rows WHERE kind = ? AND day BETWEEN ? AND ? GROUP BY {columns}"
        found = self._db.execute(query, (kind, first_day, last_day))
        return [(day, *(self._texts.get(one) for one in (name, word, variant)), n) for day, name, word, variant, n in found]

    def days(self, kind: Kind) -> tuple[int, int] | None:
        """First and last day (since 1970) there are rows of a kind."""
        first, last = self._db.execute("SELECT MIN(day), MAX(day) FROM rows WHERE kind = ?", (kind,)).fetchone()
        return None if first is None else (first, last)

    def size(self) -> int:
        """Rows."""
        return int(self._db.execute("SELECT COUNT(*) FROM rows").fetchone()[0])

    def _stored(self, row: tuple[int, int, int, int | None, int | None, int | None, str | None, bytes]) -> Stored:
        who, kind, at, name, word, variant, ref, body = row
        text = self._texts.get
        return Stored(who, kind, at, text(name or -1), text(word or -1), text(variant or -1), ref, body)
