"""Sends that may share a request are collected for some milliseconds: up to what the platform takes, by count and by bytes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from connectors.esp.protocol import Batch, Send
from jobs.deliver.exchange import Exchange

WAIT = 0.05
"""Seconds the first of a batch waits for others (`facts/delivery.md`, section 2: 50 to 200 ms)."""
AROUND = 256
"""Bytes an adapter may put around its items, and two for each."""

Run = Callable[[Sequence[Send], Sequence[bytes], float], Awaitable[list[Exchange]]]


@dataclass
class _Open:
    sends: list[Send] = field(default_factory=list)
    items: list[bytes] = field(default_factory=list)
    waiting: list[asyncio.Future[Exchange]] = field(default_factory=list)
    size: int = AROUND
    timeout: float = 0.0
    timer: asyncio.TimerHandle | None = None


class Batcher:
    """Belongs to one event loop. One person is in a batch once, because their next send waits for the answer (`order.py`)."""

    def __init__(self, batch: Batch, run: Run) -> None:
        self._batch, self._run = batch, run
        self._open: dict[str, _Open] = {}
        self._running: set[asyncio.Task[None]] = set()

    async def exchange(self, group: str, send: Send, item: bytes, timeout: float) -> Exchange:
        """This send's part of a request that is made within WAIT."""
        one = self._open.get(group)
        if one is not None and one.size + len(item) + 2 > self._batch.size:
            self._flush(group)
            one = None
        loop = asyncio.get_running_loop()
        if one is None:
            one = self._open[group] = _Open(timeout=timeout)
            one.timer = loop.call_later(WAIT, self._flush, group)
        waiting: asyncio.Future[Exchange] = loop.create_future()
        one.sends.append(send)
        one.items.append(item)
        one.waiting.append(waiting)
        one.size += len(item) + 2
        if len(one.sends) >= self._batch.count:
            self._flush(group)
        return await waiting

    def _flush(self, group: str) -> None:
        one = self._open.pop(group, None)
        if one is None:
            return
        if one.timer is not None:
            one.timer.cancel()
        task = asyncio.get_running_loop().create_task(self._make(one))
        self._running.add(task)  # the loop itself keeps no task alive
        task.add_done_callback(self._running.discard)

    async def _make(self, one: _Open) -> None:
        try:
            found = await self._run(one.sends, one.items, one.timeout)
            for waiting, exchange in zip(one.waiting, found, strict=True):
                if not waiting.done():
                    waiting.set_result(exchange)
        except BaseException as error:
            for waiting in one.waiting:
                if not waiting.done():
                    waiting.set_exception(RuntimeError("the request failed") if isinstance(error, Exception) else asyncio.CancelledError())
