"""When to try again: at most N attempts inside one budget, full jitter, the platform's wish respected, never past expiry.

Pure: elapsed time, wall clock and chance are arguments.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

BASE, CEILING = 0.2, 5.0
"""Seconds: retry n (from 0) waits U(0, min(CEILING, BASE · 2ⁿ))."""
SHORTEST_CALL = 0.5
"""Seconds. A call with less time than this would mostly be cut off in the middle, and its answer lost."""


@dataclass(frozen=True)
class Limits:
    """attempts: calls per send. timeout: seconds per call. budget: seconds for everything, waiting included."""

    attempts: int
    timeout: float
    budget: float


class Stop(Enum):
    """Why there is no further attempt."""

    ATTEMPTS = "attempts"
    BUDGET = "budget"
    EXPIRY = "expiry"


def next_delay(
    limits: Limits,
    made: int,
    elapsed: float,
    now: datetime,
    expires_at: datetime,
    wish: timedelta | datetime | None,
    chance: Callable[[], float],
) -> float | Stop:
    """Seconds to wait before the next attempt, or why there is none.

    made: attempts so far, ≥ 1. elapsed: seconds since the send's turn began. wish: the ESP's Retry-After. chance: U(0, 1).
    The wait ends before `expires_at` and leaves at least the shorter of `timeout` and SHORTEST_CALL inside the budget.
    """
    if made >= limits.attempts:
        return Stop.ATTEMPTS
    delay = chance() * min(CEILING, BASE * 2.0 ** min(made - 1, 32))
    if wish is not None:
        asked = (wish if isinstance(wish, timedelta) else wish - now).total_seconds()
        delay = max(delay, asked) * (1 + 0.1 * chance())  # all who were sent away must not come back at once
    if (expires_at - now).total_seconds() <= delay:
        return Stop.EXPIRY
    if elapsed + delay + min(limits.timeout, SHORTEST_CALL) > limits.budget:
        return Stop.BUDGET
    return delay


def longer_wait(
    waits: Sequence[float], passes: int, now: datetime, wish: timedelta | datetime | None, chance: Callable[[], float]
) -> float:
    """Seconds until the next pass of a send whose `passes` + 1 passes got nowhere: its place in `waits`, a quarter more or less by chance.

    Shorter if the platform said when to come again, and that is sooner.
    """
    tier = waits[min(passes, len(waits) - 1)] * (0.75 + 0.5 * chance())
    if wish is None:
        return tier
    asked = (wish if isinstance(wish, timedelta) else wish - now).total_seconds()
    return max(1.0, asked) * (1 + 0.1 * chance()) if asked < tier else asked + tier * chance()


def call_timeout(limits: Limits, elapsed: float) -> float:
    """Seconds the next call may take: its own limit, or what is left of the budget."""
    return max(0.0, min(limits.timeout, limits.budget - elapsed))
