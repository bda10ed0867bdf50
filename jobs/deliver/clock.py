"""The clocks and the chance of delivery, so that tests can hand in their own."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True)
class Clock:
    """now: wall clock, UTC. seconds: monotonic. sleep: seconds. chance: U(0, 1)."""

    now: Callable[[], datetime]
    seconds: Callable[[], float]
    sleep: Callable[[float], Awaitable[None]]
    chance: Callable[[], float]


REAL = Clock(lambda: datetime.now(UTC), time.monotonic, asyncio.sleep, random.random)
