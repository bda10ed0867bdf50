"""One request to a platform with what it needs around it: its turn in the pace, a token, the last look, the answer for each send in it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from connectors.esp.protocol import Adapter, Answer, Left, Meaning, Reason, Request, Send, Token, Until
from jobs.deliver.client import Call, Reply
from jobs.deliver.clock import Clock
from jobs.deliver.login import Tokens
from jobs.deliver.outcome import Outcome
from jobs.deliver.pace import InFlight
from jobs.deliver.shared import Shared

PATIENCE = 0.25
"""Seconds a send waits for its turn in the pace. Longer, and it is put off: who waits here stands in others' way."""
FRESH_PATIENCE = 0.75
"""Of a fresh send: so it gets a turn where one out of a backlog is put off, and goes before all of those."""
JUST = timedelta(seconds=60)
"""Since its decision a send is fresh: it came with the day's traffic, not out of a backlog."""
UNSAID = 1.0
"""Seconds of rest after a 429 that does not say how long."""
SHORT_PAUSE = 5.0
"""Seconds a platform may ask for that are waited out here: then nobody stands in anybody's way."""


@dataclass(frozen=True)
class Exchange:
    """What came of it for one send: an answer; or no call was made, because it is `ended`, or put off by so many seconds for a reason."""

    answer: Answer | None = None
    status: int | None = None
    latency_ms: int | None = None
    ended: Outcome | None = None
    put_off: float | None = None
    reason: Reason | None = None


class Slots:
    """How many calls of one event loop are in the air, under a limit that moves."""

    def __init__(self, limit: InFlight) -> None:
        self._limit, self._taken = limit, 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def __aenter__(self) -> None:
        while self._taken >= int(self._limit.now_allowed):
            waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(waiter)
            try:
                await waiter
            except BaseException:
                if waiter.done() and not waiter.cancelled():
                    self._wake()
                raise
        self._taken += 1

    async def __aexit__(self, *_: object) -> None:
        self._taken -= 1
        self._wake()

    def _wake(self) -> None:
        free = int(self._limit.now_allowed) - self._taken
        while self._waiting and free > 0:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(None)
                free -= 1


class Exchanger:
    """Belongs to one event loop and one destination."""

    def __init__(self, adapter: Adapter, shared: Shared, limit: InFlight, call: Call, clock: Clock) -> None:
        self.adapter, self._shared, self._limit, self._call, self._clock = adapter, shared, limit, call, clock
        self._slots = Slots(limit)
        self._tokens = Tokens(adapter.login, call, clock.now) if adapter.login is not None else None

    async def run(self, sends: Sequence[Send], items: Sequence[bytes], timeout: float) -> list[Exchange]:
        """One request for sends of one group → one Exchange each. Never raises what an adapter or the network does not."""
        shared, clock = self._shared, self._clock
        patience = self._patience(sends) + min(SHORT_PAUSE, shared.bucket.paused(clock.seconds()))
        wait = shared.bucket.wait(clock.seconds(), patience)
        if wait > patience:
            return [Exchange(put_off=shared.bucket.slot(clock.seconds(), self._fresh(sends)), reason=Reason.PACED)] * len(sends)
        if wait > 0:
            await clock.sleep(wait)
        async with self._slots:
            wait = shared.breaker.wait(clock.seconds())
            if wait > 0:
                later = 0.0 if self._fresh(sends) else clock.chance() * shared.breaker.spread(clock.seconds())
                return [Exchange(put_off=wait + later, reason=Reason.CIRCUIT_OPEN)] * len(sends)
            ended = [self._last_look(send) for send in sends]
            left = [n for n, one in enumerate(ended) if one is None]
            found = [Exchange(ended=one) for one in ended]
            if left:
                for n, exchange in zip(left, await self._ask([sends[n] for n in left], [items[n] for n in left], timeout), strict=True):
                    found[n] = exchange
            return found

    def _patience(self, sends: Sequence[Send]) -> float:
        # only some of the calls in flight may wait for the pace: else a backlog holds them all, and fresh sends stand behind it in Kafka
        longest, share = (FRESH_PATIENCE, 0.6) if self._fresh(sends) else (PATIENCE, 0.2)
        rate = self._shared.bucket.rate
        return longest if rate is None else min(longest, max(1.0, share * self._limit.most) / rate)

    def _fresh(self, sends: Sequence[Send]) -> bool:
        return all(self._clock.now() - send.decided_at < JUST for send in sends)

    def _last_look(self, send: Send) -> Outcome | None:
        """Nothing is awaited between this and the call."""
        if self._clock.now() >= send.expires_at:
            return Outcome.EXPIRED
        return Outcome.CANCELLED if send.trigger_id in self._shared.cancelled else None

    async def _ask(self, sends: Sequence[Send], items: Sequence[bytes], timeout: float) -> list[Exchange]:
        clock, started = self._clock, self._clock.seconds()
        token = await self._token(timeout, None)
        if isinstance(token, Answer):
            return self._same(token, None, started, len(sends))
        reply = await self._call(self._request(sends, items, token), timeout)
        if token is not None and isinstance(reply, Reply) and reply.status == 401:
            token = await self._token(timeout, token)
            if isinstance(token, Answer):
                return self._same(token, 401, started, len(sends))
            reply = await self._call(self._request(sends, items, token), timeout)
        if isinstance(reply, Answer):
            return self._same(reply, None, started, len(sends))
        answers = self.adapter.answers(sends, reply.status, reply.headers, reply.body)
        latency = round((clock.seconds() - started) * 1000)
        self._learn(answers)
        return [Exchange(answer, reply.status, latency) for answer in answers]

    async def _token(self, timeout: float, refused: Token | None) -> Token | Answer | None:
        return None if self._tokens is None else await self._tokens.token(timeout, refused)

    def _request(self, sends: Sequence[Send], items: Sequence[bytes], token: Token | None) -> Request:
        request = self.adapter.request(sends, items, self._clock.now())
        if token is None:
            return request
        return Request(request.method, request.url, {**request.headers, "Authorization": f"Bearer {token.value}"}, request.body)

    def _same(self, answer: Answer, status: int | None, started: float, count: int) -> list[Exchange]:
        self._learn([answer])
        return [Exchange(answer, status, round((self._clock.seconds() - started) * 1000))] * count

    def _learn(self, answers: Sequence[Answer]) -> None:
        """What one answer says of the platform as a whole."""
        shared, now = self._shared, self._clock.seconds()
        whole = answers[0]
        if all(one.meaning is Meaning.CONFIGURATION for one in answers):
            shared.breaker.misconfigured(now)
        elif all(one.meaning in (Meaning.RETRY, Meaning.AMBIGUOUS) for one in answers):
            if whole.reason is Reason.RATE_LIMITED:  # it is well, and busy
                self._limit.trouble(now)
                asked = seconds_of(whole.retry_after, self._clock.now())
                shared.bucket.pause(now + (UNSAID if asked is None else asked))
            else:
                if whole.reason is Reason.TIMEOUT:
                    self._limit.trouble(now)
                shared.breaker.failed(now, connected=whole.reason not in (Reason.UNREACHABLE, Reason.TLS))
                if whole.retry_after is not None:
                    shared.bucket.pause(now + (seconds_of(whole.retry_after, self._clock.now()) or 0.0))
        else:
            shared.breaker.succeeded(now)
            self._limit.good(now)
        if isinstance(whole.left, Left):
            shared.bucket.told(now, whole.left.calls, now + (seconds_of(whole.left.resets, self._clock.now()) or 0.0))


def seconds_of(until: Until | None, now: datetime) -> float | None:
    """A platform's time, given as a span or as an instant → seconds from `now`, at least 0, at most an hour."""
    if until is None:
        return None
    span = until if isinstance(until, timedelta) else until.astimezone(UTC) - now
    return min(3600.0, max(0.0, span.total_seconds()))
