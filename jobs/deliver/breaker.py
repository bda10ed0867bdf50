"""A circuit breaker for one destination: when a platform is down, sends wait for it instead of adding to its trouble.

Rules: `facts/delivery.md`, section 2. Pure: monotonic seconds and chance are arguments. Shared by subtasks of a process, whose threads
only ever replace whole values here: no lock is needed.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

WINDOW = 30.0
"""Seconds that are looked back."""
LEAST_ATTEMPTS, WORST_SHARE, CONNECTS_IN_A_ROW = 20, 0.5, 5
FIRST_REST, LONGEST_REST = 5.0, 30.0
SOON = 2.0
"""Seconds after which a probe should have told."""
SPREAD, LONGEST_SPREAD = 0.25, 120.0
"""A backlog is asked after in a quarter of the time the platform has been away: else all of it comes round with every probe."""
CONFIGURATION_REST = 60.0
"""Seconds between two looks whether somebody has mended the key or the URL."""


@dataclass(slots=True)
class Breaker:
    """Closed: all may call. Open until `_until`: none. Then one probe; what it meets decides."""

    _attempts: deque[tuple[float, bool]]
    _connects: int = 0
    _until: float | None = None
    _rest: float = FIRST_REST
    _probing: float | None = None
    _since: float = 0.0

    @classmethod
    def closed(cls) -> Breaker:
        return cls(deque())

    def wait(self, now: float) -> float:
        """Seconds until a call may be tried; 0 = now, and then the caller is the probe if the breaker was open."""
        if self._until is None:
            return 0.0
        if now < self._until:
            return self._until - now
        if self._probing is not None and now < self._probing:
            return min(SOON, self._probing - now)
        self._probing = now + LONGEST_REST  # of a probe that never comes back
        return 0.0

    def spread(self, now: float) -> float:
        """Seconds over which those who were not let through, and are in no hurry, should come again, beyond `wait`."""
        return 0.0 if self._until is None else min(LONGEST_SPREAD, SPREAD * (now - self._since))

    def succeeded(self, now: float) -> None:
        """The platform answered for itself: also with a refusal of one send."""
        self._connects = 0
        self._note(now, True)
        if self._until is not None:
            self._until, self._probing, self._rest = None, None, FIRST_REST
            self._attempts.clear()

    def failed(self, now: float, connected: bool) -> None:
        """No answer, or one that says the platform is in trouble. connected: whether a connection was there."""
        self._connects = 0 if connected else self._connects + 1
        self._note(now, False)
        if self._until is not None:
            self._rest = min(LONGEST_REST, self._rest * 2)
            self._open(now, self._rest)
            return
        failures = sum(not good for _, good in self._attempts)
        bad = len(self._attempts) >= LEAST_ATTEMPTS and failures >= WORST_SHARE * len(self._attempts)
        if bad or self._connects >= CONNECTS_IN_A_ROW:
            self._open(now, self._rest)

    def misconfigured(self, now: float) -> None:
        """No call can succeed before a person has done something."""
        self._open(now, CONFIGURATION_REST)

    def _open(self, now: float, rest: float) -> None:
        if self._until is None:
            self._since = now
        self._until, self._probing = now + rest, None

    def _note(self, now: float, good: bool) -> None:
        self._attempts.append((now, good))
        while self._attempts[0][0] < now - WINDOW:
            self._attempts.popleft()
