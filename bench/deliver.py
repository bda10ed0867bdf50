"""`rekindle bench deliver`: calls a second of one subtask, CPU beside a bare loop, batches, added latency.

The operator's calling function as Flink's worker runs it: rows in, `async_invoke` on an event loop, real HTTP, outcomes to a broker.
Flink itself is not in these figures.
"""

from __future__ import annotations

import asyncio
import gc
import random
import statistics
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice

import aiohttp
import requests
from pyflink.common import Row

from bench import cpu
from bench import deliver_ground as grounds
from bench.arena import Report
from bench.deliver_ground import LATENCY_S, NAME, Ground
from bench.latency import quantile
from connectors.esp.protocol import Request
from jobs.deliver import shared
from jobs.deliver.operator import DeliverSends
from jobs.deliver.routes import Route, build_route, rows_at_once
from jobs.deliver.send import parse_send

AIM_RATE, AIM_SHARE, AIM_CPU, AIM_BATCH, AIM_ADDED_S = 1_500, 0.85, 2.5, 10_000, 0.03
WARM = 300
"""Rows before the clock starts: connections, imports, the first DNS."""
Invoke = Callable[[int], Awaitable[bool]]
"""Hands over the send of this number; whether the platform took it."""


@dataclass(frozen=True)
class Rate:
    """One run. who: `engine`, `engine+journal` (outcomes acknowledged by a broker before a row is done) or `bare` (aiohttp alone).

    capacity: calls in flight. cpu_s: of the process that calls; esp_s: of the platform's. taken: of sends, those it took.
    """

    who: str
    kind: str
    capacity: int
    sends: int
    taken: int
    wall_s: float
    cpu_s: float
    esp_s: float

    @property
    def per_s(self) -> float:
        """Sends a second."""
        return self.sends / self.wall_s

    @property
    def us(self) -> float:
        """CPU of a send, µs."""
        return self.cpu_s / self.sends * 1e6

    @property
    def share(self) -> float:
        """Of what capacity and the platform's latency allow, up to the aim."""
        return self.per_s / allowed(self.capacity)


@dataclass(frozen=True)
class Added:
    """Seconds from the instant a row is due to the first byte of its request at the platform, at so many rows a second."""

    who: str
    rate: int
    calls: int
    p50: float
    p99: float


@dataclass(frozen=True)
class DeliverRun:
    """rates: one send a call, engine and bare loop in turn. batches: many sends a call."""

    esp: str
    rates: list[Rate]
    batches: list[Rate]
    added: list[Added]

    def ratio(self, capacity: int, who: str = "engine") -> float:
        """CPU of a call beside the bare loop's: the median of neighbouring pairs of runs."""
        of = {name: [one.us for one in self.rates if (one.who, one.capacity) == (name, capacity)] for name in (who, "bare")}
        return statistics.median(mine / bare for mine, bare in zip(of[who], of["bare"], strict=True))

    @property
    def capacities(self) -> list[int]:
        """Those the bare loop was run with too."""
        return sorted({one.capacity for one in self.rates})

    @property
    def right(self) -> bool:
        """Whether every send was taken."""
        return all(one.taken == one.sends for one in (*self.rates, *self.batches))

    def missed(self) -> list[str]:
        """The aims that were not met."""
        best = max((one.per_s for one in self.rates if one.who != "bare"), default=0.0)
        found = [] if best >= AIM_RATE else [f"{best:,.0f} calls/s of {AIM_RATE:,}"]
        for capacity in self.capacities:
            share = max(one.share for one in self.rates if one.capacity == capacity and one.who != "bare")
            if share < AIM_SHARE:
                found.append(f"capacity {capacity}: {share:.0%} of what it allows, {AIM_SHARE:.0%} wanted")
            if self.ratio(capacity) > AIM_CPU:
                found.append(f"capacity {capacity}: {self.ratio(capacity):.1f} × the CPU of a bare loop, {AIM_CPU} wanted")
        if self.batches and max(one.per_s for one in self.batches) < AIM_BATCH:
            found.append(f"{max(one.per_s for one in self.batches):,.0f} triggers/s in batches of {AIM_BATCH:,}")
        found += [f"{one.who}: added p99 {one.p99 * 1000:.0f} ms" for one in self.added if one.who != "bare" and one.p99 >= AIM_ADDED_S]
        return found


def allowed(capacity: int) -> float:
    """Calls a second that so many in flight can make, up to the aim."""
    return min(AIM_RATE, capacity / LATENCY_S)


def run(esp: grounds.Esp, *, capacities: Sequence[int], seconds: float, rounds: int, kinds: Sequence[str], report: Report) -> DeliverRun:
    """All of it against one platform. Raises RunError."""
    with grounds.ground(esp) as around:
        numbers = iter(range(10**9))
        rates, batches = [], []
        for capacity in capacities:
            count = round(allowed(capacity) * seconds)
            for _ in range(rounds):
                for who in ("bare", "engine", "engine+journal"):
                    rates.append(_told(measure(who, "webhook", around, capacity, islice(numbers, count + WARM)), report))
        for kind in kinds:
            for _ in range(rounds):
                for who in ("engine", "engine+journal"):
                    sends = islice(numbers, round(AIM_BATCH * seconds) + WARM)
                    batches.append(_told(measure(who, kind, around, 50, sends), report))
        added = []
        if esp == "stand-in":  # only it tells when a request began
            half = AIM_RATE // 2
            for who in ("bare", "engine", "engine+journal"):
                report(f"added latency of {who} at {half} rows/s")
                added.append(asyncio.run(_added(who, around, half, list(islice(numbers, round(half * seconds))))))
        return DeliverRun(esp, rates, batches, added)


def measure(who: str, kind: str, around: Ground, capacity: int, numbers: Iterator[int]) -> Rate:
    """As many rows at once as Flink would give, until all are through."""
    return asyncio.run(_measure(who, kind, around, capacity, list(numbers)))


async def _measure(who: str, kind: str, around: Ground, capacity: int, numbers: list[int]) -> Rate:
    async with _invoker(who, kind, around, capacity, numbers) as (invoke, at_once):
        await _all(invoke, numbers[:WARM], at_once)
        rest = numbers[WARM:]
        gc.collect()
        gc.freeze()  # what the bench holds ready is not the worker's to look through
        esp, began, spent = cpu.seconds(around.pid), time.monotonic(), time.process_time()
        taken = await _all(invoke, rest, at_once)
        wall, spent = time.monotonic() - began, time.process_time() - spent
        gc.unfreeze()
        return Rate(who, kind, capacity, len(rest), taken, wall, spent, cpu.seconds(around.pid) - esp)


async def _all(invoke: Invoke, numbers: Sequence[int], at_once: int) -> int:
    left = iter(numbers)

    async def work() -> int:
        return sum([await invoke(number) for number in left])

    return sum(await asyncio.gather(*(work() for _ in range(at_once))))


async def _added(who: str, around: Ground, rate: int, numbers: list[int]) -> Added:
    """Rows come by chance, `rate` a second. A row that the loop is late for has waited since it was due."""
    chance, due = random.Random(7), {}
    requests.get(f"{around.url}/arrivals", timeout=10)
    async with _invoker(who, "webhook", around, 100, numbers) as (invoke, _):
        await _all(invoke, numbers[:WARM], 100)
        at, tasks = time.monotonic() + 0.1, []
        for number in numbers[WARM:]:
            at += chance.expovariate(rate)
            if (wait := at - time.monotonic()) > 0:
                await asyncio.sleep(wait)
            due[grounds.trigger_id(number)] = at
            tasks.append(asyncio.ensure_future(invoke(number)))
        await asyncio.gather(*tasks)
    arrived = requests.get(f"{around.url}/arrivals", timeout=10).json()
    delays = sorted(seen - due[one] for one, seen in arrived if one in due)
    return Added(who, rate, len(delays), quantile(delays, 0.5), quantile(delays, 0.99))


class _invoker:
    """Whoever calls: `async with _invoker(…) as (invoke, rows at once)`. Rows are made beforehand."""

    def __init__(self, who: str, kind: str, around: Ground, capacity: int, numbers: list[int]) -> None:
        self._who, self._around, self._capacity = who, around, capacity
        self._destination = grounds.destination(kind, around, capacity)
        self._rows = {number: Row(*grounds.row(number)) for number in numbers}
        route = build_route(self._destination, capacity)
        assert isinstance(route, Route)
        self._route = route

    async def __aenter__(self) -> tuple[Invoke, int]:
        if self._who == "bare":
            self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=self._capacity))
            self._requests = {number: self._request(number) for number in self._rows}
            return self._bare, self._capacity
        shared.forget_all()
        self._function = DeliverSends(
            NAME, self._destination, self._capacity, (self._around.kafka, {}) if self._who == "engine+journal" else None
        )
        await asyncio.to_thread(self._function.open, None)
        return self._engine, rows_at_once(self._capacity, self._route.adapter.batch)

    async def __aexit__(self, *_: object) -> None:
        if self._who == "bare":
            await self._session.close()
            return
        if self._function._client is not None:
            await self._function._client.close()
        self._function.close()

    async def _bare(self, number: int) -> bool:
        request = self._requests[number]
        async with self._session.post(request.url, data=request.body, headers=request.headers) as answer:
            await answer.read()
            return answer.status == 200

    def _request(self, number: int) -> Request:
        send = parse_send(grounds.value(number))
        return self._route.adapter.request([send], [self._route.adapter.item(send)], datetime.now(UTC))

    async def _engine(self, number: int) -> bool:
        await self._function.async_invoke(self._rows[number])
        return shared.of(NAME).ended.get(grounds.trigger_id(number)) == "accepted"


def _told(one: Rate, report: Report) -> Rate:
    report(
        f"{one.kind}, capacity {one.capacity}, {one.who}: {one.per_s:,.0f}/s, {one.us:.0f} µs each, {one.taken:,} of {one.sends:,} taken"
    )
    return one
