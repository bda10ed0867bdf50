"""How sends reach one destination from one subtask: the adapter and everything around it."""

from __future__ import annotations

from connectors.esp.protocol import Send
from jobs.deliver.batching import Batcher
from jobs.deliver.client import Call
from jobs.deliver.clock import Clock
from jobs.deliver.exchange import Exchange, Exchanger
from jobs.deliver.order import PersonOrder
from jobs.deliver.pace import InFlight
from jobs.deliver.routes import Route
from jobs.deliver.shared import Shared


class Lane:
    """Belongs to one event loop. call: makes one HTTP request."""

    def __init__(self, route: Route, shared: Shared, call: Call, clock: Clock) -> None:
        self.route, self.shared, self.clock = route, shared, clock
        self.order = PersonOrder()
        self._exchanger = Exchanger(route.adapter, shared, InFlight(route.capacity), call, clock)
        self._batcher = None if route.adapter.batch is None else Batcher(route.adapter.batch, self._exchanger.run)

    async def exchange(self, send: Send, item: bytes, timeout: float, alone: bool) -> Exchange:
        """One attempt. alone: in a request of its own."""
        if self._batcher is None or alone:
            return (await self._exchanger.run([send], [item], timeout))[0]
        return await self._batcher.exchange(self.route.adapter.group(send), send, item, timeout)
