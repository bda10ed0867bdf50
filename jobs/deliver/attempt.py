"""One send's turn: call, read the answer, perhaps wait and call again. Every way through ends in exactly one Result.

Knows no Flink and no HTTP library: the call, the clocks and chance are handed in.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from connectors.esp.protocol import Adapter, Answer, Meaning, Reason, Request, UnsendableError
from jobs.deliver.client import Reply
from jobs.deliver.outcome import Outcome, Result, settle
from jobs.deliver.retry import Limits, Stop, call_timeout, next_delay
from jobs.deliver.send import Send

Call = Callable[[Request, float], Awaitable[Reply | Answer]]
"""(request, seconds it may take) → a full answer, or what its absence means."""


@dataclass(frozen=True)
class Clock:
    """now: wall clock, UTC. seconds: monotonic. sleep: seconds. chance: U(0, 1)."""

    now: Callable[[], datetime]
    seconds: Callable[[], float]
    sleep: Callable[[float], Awaitable[None]]
    chance: Callable[[], float]


REAL = Clock(lambda: datetime.now(UTC), time.monotonic, asyncio.sleep, random.random)


@dataclass(frozen=True)
class Route:
    """How sends reach one destination."""

    adapter: Adapter
    limits: Limits
    needs_address: bool = False


async def deliver(send: Send, route: Route, call: Call, clock: Clock) -> Result:
    """Hands one send to its platform. Never raises, not even when the task is cancelled: Flink's queue would wait for ever."""
    turn = _Turn(send, route, call, clock)
    try:
        return await turn.run()
    except UnsendableError as error:
        return Result(Outcome.REJECTED, error.reason)
    except Exception:  # ours or an adapter's; its text could hold what the send holds
        return turn.broken(Reason.INTERNAL)
    except BaseException:
        return turn.broken(Reason.INTERRUPTED)


class _Turn:
    """What is known of one send so far."""

    def __init__(self, send: Send, route: Route, call: Call, clock: Clock) -> None:
        self._send, self._route, self._call, self._clock = send, route, call, clock
        self._attempts = 0
        self._status: int | None = None
        self._latency_ms: int | None = None
        self._lost: Reason | None = None
        self._calling = False

    async def run(self) -> Result:
        send, route, clock = self._send, self._route, self._clock
        if clock.now() >= send.expires_at:
            return Result(Outcome.EXPIRED, Reason.EXPIRED)
        if route.needs_address and not send.address:
            return Result(Outcome.REJECTED, Reason.NO_ADDRESS)
        began = clock.seconds()
        while True:
            answer = await self._attempt(call_timeout(route.limits, clock.seconds() - began))
            if answer.meaning is Meaning.AMBIGUOUS:
                self._lost = self._lost or answer.reason
            if answer.meaning not in (Meaning.RETRY, Meaning.AMBIGUOUS) or (self._lost and not route.adapter.deduplicates):
                return self._end(answer, None)
            delay = next_delay(
                route.limits,
                self._attempts,
                clock.seconds() - began,
                clock.now(),
                send.expires_at,
                answer.retry_after,
                clock.chance,
            )
            if isinstance(delay, Stop):
                return self._end(answer, delay)
            await clock.sleep(delay)
            if clock.now() >= send.expires_at:  # a sleep may be longer than asked for
                return self._end(answer, Stop.EXPIRY)

    def broken(self, reason: Reason) -> Result:
        """The turn was cut short: what was in the air may have been taken."""
        in_the_air = self._calling or self._lost is not None
        return Result(Outcome.UNKNOWN if in_the_air else Outcome.DEAD, reason, self._status, self._attempts, None, self._latency_ms)

    async def _attempt(self, timeout: float) -> Answer:
        adapter, send = self._route.adapter, self._send
        request = adapter.request([send], [adapter.item(send)], self._clock.now())
        self._attempts += 1
        self._status = None
        started = self._clock.seconds()
        self._calling = True
        reply = await self._call(request, timeout)
        self._latency_ms = round((self._clock.seconds() - started) * 1000)
        if isinstance(reply, Reply):
            self._status = reply.status
            reply = adapter.answers([send], reply.status, reply.headers, reply.body)[0]
        self._calling = False  # only now: an answer nobody could read leaves the send unknown
        return reply

    def _end(self, last: Answer, stop: Stop | None) -> Result:
        outcome, reason = settle(last, stop, self._status, self._lost)
        return Result(outcome, reason, self._status, self._attempts, last.esp_id, self._latency_ms)
