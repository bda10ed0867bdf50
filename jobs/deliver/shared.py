"""What all subtasks of one Python process know of a destination: its breaker, its pace, who is cancelled, what has ended.

PyFlink runs every subtask of a TaskManager in one process, so plain objects at module level are shared (`facts/delivery.md`, section 1).
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field

from jobs.deliver.breaker import Breaker
from jobs.deliver.pace import Bucket, RetryBudget

REMEMBERED = 200_000
"""Ids: minutes of the fastest destination. What is older lies in Flink's state."""


class Recent:
    """Ids with a word each; the oldest are forgotten."""

    def __init__(self, most: int = REMEMBERED) -> None:
        self._most, self._ids = most, OrderedDict[str, str]()

    def put(self, one: str, word: str) -> None:
        self._ids[one] = word
        self._ids.move_to_end(one)
        if len(self._ids) > self._most:
            self._ids.popitem(last=False)

    def add(self, one: str) -> None:
        self.put(one, "")

    def get(self, one: str) -> str | None:
        return self._ids.get(one)

    def __contains__(self, one: str) -> bool:
        return one in self._ids


@dataclass
class Shared:
    """cancelled: trigger ids; ended: with their outcome. rate: calls a second of all subtasks, wherever they run."""

    rate: float | None
    breaker: Breaker = field(default_factory=Breaker.closed)
    retries: RetryBudget = field(default_factory=RetryBudget)
    cancelled: Recent = field(default_factory=Recent)
    ended: Recent = field(default_factory=Recent)
    bucket: Bucket = field(init=False)
    _subtasks: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.bucket = Bucket(self.rate)

    def joined(self, subtask: int, of: int) -> None:
        """A subtask of this process began. The process takes its share of the rate: exact while subtasks are equally busy."""
        self._subtasks.add(subtask)
        if self.rate is not None:
            self.bucket.rate = self.rate * min(1.0, len(self._subtasks) / max(1, of))


_LOCK = threading.Lock()
_ALL: dict[str, Shared] = {}


def of(destination: str, rate: float | None = None) -> Shared:
    """The one object of a destination in this process; made at the first call, which must know the rate."""
    with _LOCK:
        if destination not in _ALL:
            _ALL[destination] = Shared(rate)
        found = _ALL[destination]
        if rate is not None and found.rate != rate:
            found.rate = found.bucket.rate = rate
        return found


def forget_all() -> None:
    """For tests: each begins with nothing known."""
    with _LOCK:
        _ALL.clear()
