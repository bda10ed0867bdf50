"""Waiting by polling, in one place: nothing here ever sleeps for a guessed time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_until(
    check: Callable[[], T],
    limit: float,
    pause: float = 0.1,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> T:
    """Call `check` until it gives something true or `limit` seconds have passed; the last answer, true or not.

    Asks at least once. pause: seconds between two questions.
    """
    end = clock() + limit
    while not (answer := check()) and clock() < end:
        sleep(pause)
    return answer
