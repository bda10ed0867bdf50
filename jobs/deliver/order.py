"""One person's sends to a destination go out one after the other, in the order in which they came."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass
class _Queue:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    waiting: int = 0


class PersonOrder:
    """Belongs to one event loop. Remembers those who wait, and whose earlier send was put off; nobody else."""

    def __init__(self) -> None:
        self._queues: dict[str, _Queue] = {}
        self._put_off: dict[str, tuple[str, float]] = {}

    @asynccontextmanager
    async def turn(self, person: str, patience: float) -> AsyncIterator[bool]:
        """Waits for this person's earlier sends, `patience` seconds at most. Yields whether it is this one's turn."""
        queue = self._queues.setdefault(person, _Queue())
        queue.waiting += 1
        mine = False
        try:
            if queue.waiting == 1:  # nobody is before this one: almost always so, and a timer costs more than all the rest here
                mine = await queue.lock.acquire()
            else:
                try:
                    async with asyncio.timeout(max(0.0, patience)):
                        mine = await queue.lock.acquire()
                except TimeoutError:
                    mine = False
            yield mine
        finally:
            if mine:
                queue.lock.release()
            queue.waiting -= 1
            if queue.waiting == 0 and self._queues.get(person) is queue:
                del self._queues[person]

    def put_off(self, person: str, who: str, until: float) -> None:
        """This send comes again then (monotonic seconds): later ones of the person go behind it. who: its trigger id."""
        self._put_off.setdefault(person, (who, until))
        if self._put_off[person][0] == who:
            self._put_off[person] = (who, until)
        if len(self._put_off) > 100_000:  # an outage: the oldest have long been put in line by the keyed state
            self._put_off.pop(next(iter(self._put_off)))

    def behind(self, person: str, who: str, now: float) -> float | None:
        """Until when an earlier send of this person is put off; None: none is. One that was put off itself is behind nobody."""
        first = self._put_off.get(person)
        if first is None:
            return None
        if first[0] == who or first[1] <= now:
            del self._put_off[person]
            return None
        return first[1]
