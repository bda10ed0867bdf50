"""Facts of all ids, sorted by id on disk: the account is drawn up one id at a time, so memory does not grow with their number."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from types import TracebackType
from typing import Self

from rekindle.workbench.reconcile.account import MISSING, Break, Fact, Finding, Kind, Window, judge

UNREADABLE = "(unreadable)"
"""Stands for the destination of rows of `triggers` that do not say one."""
_BATCH = 10_000


@dataclass
class Account:
    """ends: destination → one of ENDS → how many sends. breaks: how many of each kind; findings: the first of them."""

    triggers: int = 0
    ends: dict[str, Counter[str]] = field(default_factory=dict)
    breaks: Counter[Break] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        """Every send ended once, or is on its way."""
        return not self.breaks

    def total(self) -> Counter[str]:
        """All destinations."""
        return sum(self.ends.values(), Counter[str]())

    def end(self, destination: str, word: str) -> None:
        """One more. word: of ENDS."""
        self.ends.setdefault(destination, Counter())[word] += 1

    def blame(self, finding: Finding, limit: int) -> None:
        """Counted always, kept while there are fewer than `limit`."""
        self.breaks[finding.kind] += 1
        if len(self.findings) < limit:
            self.findings.append(finding)


class Ledger:
    """Filled once, then drawn up."""

    def __init__(self) -> None:
        self._db = sqlite3.connect("", isolation_level=None)  # "": a temporary file, removed by SQLite
        self._db.executescript(
            "PRAGMA temp_store = FILE; PRAGMA cache_size = -65536;"
            "CREATE TABLE facts (trigger_id TEXT, kind INT, destination TEXT, word TEXT, at INT, until INT, known INT, place INT);"
            "CREATE TABLE unreadable (partition INT, offset INT, known INT, PRIMARY KEY (partition, offset)) WITHOUT ROWID;"
            "CREATE TABLE lettered (partition INT, offset INT, PRIMARY KEY (partition, offset)) WITHOUT ROWID;"
        )
        self._db.execute("BEGIN")
        self._pending: list[Fact] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._db.close()

    def add(self, fact: Fact) -> None:
        self._pending.append(fact)
        if len(self._pending) == _BATCH:
            self._flush()

    def letter_of(self, partition: int, offset: int) -> None:
        """A letter says that the row of `triggers` at this place is no send. Told before that row."""
        self._db.execute("INSERT OR IGNORE INTO lettered VALUES (?, ?)", (partition, offset))

    def has_letter(self, partition: int, offset: int) -> bool:
        """Whether `letter_of` told of the place."""
        return self._db.execute("SELECT 1 FROM lettered WHERE partition = ? AND offset = ?", (partition, offset)).fetchone() is not None

    def unreadable(self, partition: int, offset: int, known: int) -> None:
        """A row of `triggers` without an id. known: its record's time."""
        self._db.execute("INSERT OR IGNORE INTO unreadable VALUES (?, ?, ?)", (partition, offset, known))

    def draw_up(self, window: Window, limit: int) -> Account:
        """limit: most findings that are kept."""
        self._flush()
        account = Account()
        rows = self._db.execute("SELECT * FROM facts ORDER BY trigger_id")
        for _, group in groupby(rows, key=itemgetter(0)):
            verdict = judge([Fact(row[0], Kind(row[1]), *row[2:]) for row in group], window)
            if verdict is None:
                continue
            account.triggers += bool(verdict.ends)
            for destination, word in verdict.ends.items():
                account.end(destination, word)
            for finding in verdict.findings:
                account.blame(finding, limit)
        for blame, word in self._unreadable(window):
            account.triggers += 1
            account.end(UNREADABLE, word)
            if blame is not None:
                account.blame(blame, limit)
        return account

    def _unreadable(self, window: Window) -> Iterator[tuple[Finding | None, str]]:
        query = "SELECT partition, offset, known FROM unreadable WHERE known BETWEEN ? AND ? ORDER BY 1, 2"
        for partition, offset, known in self._db.execute(query, (window.first, window.last)):
            if self.has_letter(partition, offset):
                yield None, "dead"
            elif known >= window.now - window.grace:
                yield None, "in_flight"
            else:
                yield Finding(Break.UNREADABLE, f"triggers-{partition}-{offset}", UNREADABLE), MISSING

    def _flush(self) -> None:
        self._db.executemany("INSERT INTO facts VALUES (?, ?, ?, ?, ?, ?, ?, ?)", self._pending)
        self._pending.clear()


def account_of(facts: Iterable[Fact], window: Window, limit: int = 1000) -> Account:
    """The account of these facts."""
    with Ledger() as ledger:
        for fact in facts:
            ledger.add(fact)
        return ledger.draw_up(window, limit)
