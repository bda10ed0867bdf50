"""How fast one destination is called: its published rate, what it says of it in its answers, and how many calls are in the air.

Pure: monotonic seconds are arguments.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

FRESH = 0.2
"""Share of the rate that sends which were put off leave to fresh ones."""
NEARLY_NONE = 0.1
"""From this share of the platform's own limit on, calls are spread over what is left of its window."""


FEW = 20
"""Calls. A rate is kept over every second, or over the time this many of a slower one take."""


EDGE = 0.01
"""Seconds by which a call may reach the platform sooner or later than its neighbour, and none of them too many in its window."""


@dataclass(slots=True)
class Bucket:
    """Calls are due one by one, `1 / rate` seconds apart, with a small burst (GCRA), and never more than `rate` of them in any second.

    rate: calls a second; None = no limit.

    Exact for one process; a share of the rate each where there are several (`jobs/deliver/lane.py`).
    """

    rate: float | None
    burst: float = 0.1
    """Seconds by which calls may come early: what a scheduler's hiccup costs is caught up."""
    _next: float = 0.0
    _paused: float = 0.0
    _slow: tuple[float, float] | None = None
    _last_slot: float = 0.0
    _last_fresh: float = 0.0
    _taken: deque[float] = field(default_factory=deque)

    def wait(self, now: float, patience: float) -> float:
        """Seconds until this call's turn. Up to `patience` the turn is taken; beyond, it is not, and the caller comes again later."""
        rate = self._rate(now)
        if rate is None:
            return self.paused(now)
        due = max(self._next, now - self.burst, self._paused)
        wait = max(0.0, due - now, self._full_until(rate) - now)
        if wait <= patience:
            self._next = due + 1.0 / rate
            self._taken.append(now + wait)
        return wait

    def slot(self, now: float, fresh: bool = False) -> float:
        """Seconds after which what was put off should come again: one slot a request, so that a backlog does not come back as a wave.

        fresh: of sends that were just decided. They may use the share of the rate that is left to them: else they would wait for all the
        others that were put off before.
        """
        rate = self._rate(now)
        earliest = max(now, self._paused)
        if rate is None:
            return earliest - now
        behind = max(self._last_slot, earliest) + 1.0 / (rate * (1 - FRESH))
        ahead = max(self._last_fresh, earliest) + 1.0 / (rate * FRESH)
        if fresh and ahead < behind:
            self._last_fresh = ahead
            return ahead - now
        self._last_slot = behind
        return behind - now

    def paused(self, now: float) -> float:
        """Seconds for which the platform asked to be left alone, from now on."""
        return max(0.0, self._paused - now)

    def pause(self, until: float) -> None:
        """The platform asked to be left alone."""
        self._paused = max(self._paused, until)

    def told(self, now: float, calls: int, resets: float) -> None:
        """The platform said how many calls it takes until `resets` (monotonic seconds)."""
        span = resets - now
        if span <= 0:
            self._slow = None
        elif calls <= 0:
            self.pause(resets)
        elif self.rate is not None and calls < NEARLY_NONE * self.rate * span:
            self._slow = (calls / span, resets)

    def _full_until(self, rate: float) -> float:
        """When the oldest of the last `rate` turns is a second ago: what the burst gives must not be more than a platform counts."""
        span = max(1.0, FEW / rate) + EDGE
        most = max(1, int(rate * (span - EDGE)))
        while len(self._taken) > most:
            self._taken.popleft()
        return self._taken[0] + span if len(self._taken) == most else 0.0

    def _rate(self, now: float) -> float | None:
        if self._slow is not None and now < self._slow[1]:
            return self._slow[0] if self.rate is None else min(self.rate, self._slow[0])
        return self.rate


@dataclass(slots=True)
class InFlight:
    """How many calls may be in the air: halved on trouble, at most once a second, and one more for each good second."""

    most: int
    now_allowed: float = field(init=False)
    _changed: float = 0.0

    def __post_init__(self) -> None:
        self.now_allowed = float(self.most)

    def good(self, now: float) -> None:
        if self.now_allowed < self.most and now - self._changed >= 1.0:
            self.now_allowed, self._changed = min(float(self.most), self.now_allowed + 1), now

    def trouble(self, now: float) -> None:
        if now - self._changed >= 1.0:
            self.now_allowed, self._changed = max(1.0, self.now_allowed / 2), now


@dataclass(slots=True)
class RetryBudget:
    """Retries inside the operator: at most SHARE of first attempts, and a few to begin with. The others come again later."""

    SHARE = 0.1
    FEW = 10.0
    _left: float = 10.0

    def first(self) -> None:
        self._left = min(self.FEW * 10, self._left + self.SHARE)

    def take(self) -> bool:
        if self._left < 1:
            return False
        self._left -= 1
        return True
