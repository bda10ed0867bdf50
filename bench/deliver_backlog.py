"""A platform, or the job, that was away, and the sends that waited for it: how fast they go out, and how long new ones wait meanwhile.

The keyed function's rules (`Turnstile`), the calling one's (`deliver` over a `Lane`) and a platform, on a clock that jumps. Around them,
as Kafka, Flink and the gate do: rows are read in order, READ a second at most; who is put off comes back through `triggers.retry`;
a re-check is answered after GATE_S. CPU takes no time here.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import random
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import orjson

from bench import deliver_clock
from bench.deliver_ground import LATENCY_S, value
from bench.latency import quantile
from connectors.esp.protocol import Answer, Meaning, Reason, Request
from connectors.esp.registry import KINDS
from connectors.esp.times import iso
from jobs.deliver.attempt import Pass, deliver
from jobs.deliver.client import Reply
from jobs.deliver.clock import Clock
from jobs.deliver.envelope import Envelope, at
from jobs.deliver.lane import Lane
from jobs.deliver.outcome import Outcome, Result
from jobs.deliver.retry import Limits
from jobs.deliver.routes import Route
from jobs.deliver.send import parse_send
from jobs.deliver.shared import Shared
from jobs.deliver.turnstile import CALL, Out, State, Turnstile

BEGIN_MS = 1_772_366_400_000
BEGIN = at(BEGIN_MS)
READ = 3_000
"""Rows a second one subtask reads and hands on: a guess, on the low side of what Kafka and the keyed function give."""
GATE_S, KAFKA_S = 0.5, 0.05
CAPACITY = 100
KEEP_MS = 8 * 86_400_000


@dataclass(frozen=True)
class Case:
    """esp_away: the platform was away for `away_s`, and the job ran; else the job was, and its rows lie in Kafka.

    backlog: sends that came meanwhile. rate: calls a second the platform takes; fresh: share of it that further sends take.
    """

    esp_away: bool
    backlog: int
    rate: int
    fresh: float = 0.15
    away_s: float = 300.0

    @property
    def name(self) -> str:
        """For a person."""
        return "platform away" if self.esp_away else "job away"


@dataclass(frozen=True)
class Drained:
    """most: calls in the busiest second, of all windows of one. drained_s: from the outage's end until the last of the backlog had ended.

    waits: seconds from the decision on a send that came after the outage to its call. passes: how often a send was handed to the
    calling function on average, and the unluckiest was. twice: sends called again after they were taken.
    """

    case: Case
    outcomes: dict[str, int]
    twice: int
    most: int
    drained_s: float
    fresh: int
    wait_p50: float
    wait_p99: float
    passes: float
    most_passes: int

    @property
    def right(self) -> bool:
        """Every send was taken, once, and no second saw more calls than the rate."""
        return set(self.outcomes) == {"accepted"} and not self.twice and self.most <= self.case.rate


def simulate(case: Case) -> Drained:
    """One subtask, until everything has ended."""
    return deliver_clock.run(_Simulation(case).run())


class _Simulation:
    def __init__(self, case: Case) -> None:
        self._case, self._numbers = case, iter(range(10**9))
        self._states: dict[str, State] = {}
        self._timers: list[tuple[int, int, str]] = []  # epoch ms, number, person
        self._inbox: deque[tuple[str, str, bytes]] = deque()  # kind, person, body: what came back
        self._waiting = case.backlog
        self._outcomes: Counter[str] = Counter()
        self._passes: Counter[str] = Counter()
        self._taken: Counter[str] = Counter()
        self._calls: list[float] = []
        self._waits: list[float] = []
        self._called: dict[str, float] = {}
        self._drained = 0.0
        self._sent = 0

    async def run(self) -> Drained:
        self._loop = asyncio.get_running_loop()
        self._queue: asyncio.Queue[str] = asyncio.Queue(CAPACITY)
        known, clock = Shared(float(self._case.rate)), Clock(self._utc, self._loop.time, asyncio.sleep, random.Random(7).random)
        self._turnstile = Turnstile(60_000, KEEP_MS, known.ended.get, lambda one: one in known.cancelled)
        adapter = KINDS["webhook"].adapter(
            KINDS["webhook"].options.model_validate({"url": "http://esp.example/webhook"}), lambda text: text
        )
        route = Route(adapter, Limits(3, 8.0, 15.0), rate=float(self._case.rate), capacity=CAPACITY)
        self._lane, self._known = Lane(route, known, self._call, clock), known
        callers = [asyncio.ensure_future(self._caller()) for _ in range(CAPACITY)]
        await self._keyed()
        for one in callers:
            one.cancel()
        waits, passes = sorted(self._waits), self._passes
        return Drained(
            case=self._case,
            outcomes=dict(self._outcomes),
            twice=sum(count > 1 for count in self._taken.values()),
            most=busiest(self._calls),
            drained_s=round(self._drained - self._case.away_s, 1),
            fresh=len(waits),
            wait_p50=quantile(waits, 0.5),
            wait_p99=quantile(waits, 0.99),
            passes=passes.total() / max(1, len(passes)),
            most_passes=max(passes.values(), default=0),
        )

    async def _keyed(self) -> None:
        """The keyed function: timers that are due, then what came back and what is new, in turn; it stands while the callers are busy."""
        feed = self._feed()
        new = next(feed, None)
        while new is not None or self._outcomes.total() < self._sent:
            if self._timers and self._timers[0][0] <= self._now():
                person = heapq.heappop(self._timers)[2]
                if person in self._states:
                    await self._hand_on(person, self._turnstile.due(self._states[person], self._now()))
            elif self._inbox and (new is None or new[0] > self._loop.time() or self._sent % 2):
                kind, person, body = self._inbox.popleft()
                state = self._states.setdefault(person, State())
                took = self._turnstile.decision(state, body, self._now()) if kind == "decision" else self._retry(state, body)
                await self._hand_on(person, took)
                await asyncio.sleep(1 / READ)
            elif new is not None and new[0] <= self._loop.time():
                self._sent += 1
                _, person, body = new
                state = self._states.setdefault(person, State())
                await self._hand_on(person, self._turnstile.trigger(state, body, ("triggers", 0, self._sent), self._now()))
                new = next(feed, None)
                await asyncio.sleep(1 / READ)
            else:
                await asyncio.sleep(0.01)

    def _feed(self) -> Iterator[tuple[float, str, bytes]]:
        """(when it can be read, person, row): the backlog evenly over the outage, then new ones for as long as any of it waits."""
        case = self._case
        for number in range(case.backlog):
            decided = case.away_s * number / case.backlog
            yield decided if case.esp_away else case.away_s, f"person-{number}", self._row(number, decided, "backlog")
        for number in itertools.count():
            if not self._waiting:
                return
            came = case.away_s + number / (case.rate * case.fresh)
            yield came, f"person-{case.backlog + number}", self._row(case.backlog + number, came, "fresh")

    def _row(self, number: int, decided: float, trigger: str) -> bytes:
        return value(number, trigger=trigger, payload={}, decided_at=iso(at(BEGIN_MS + round(decided * 1000))))

    def _retry(self, state: State, body: bytes) -> list[Out]:
        return self._turnstile.retry(state, body, ("triggers.retry", 0, 0), self._now())

    async def _hand_on(self, person: str, outs: list[Out]) -> None:
        state = self._states[person]
        if (due := state.next_due()) is not None:
            heapq.heappush(self._timers, (max(due, self._now() + 1), next(self._numbers), person))
        elif not state:
            del self._states[person]
        for out in outs:
            if out.topic == CALL:
                await self._queue.put(out.body)
            elif orjson.loads(out.body).get("reason") == Reason.RECHECK:
                asked = orjson.loads(out.body)["trigger_id"]
                said = {"trigger_id": asked, "verdict": "sent", "decided_at": iso(at(self._now()))}
                self._loop.call_later(GATE_S, self._inbox.append, ("decision", person, orjson.dumps(said)))
            else:
                raise AssertionError(out.topic)  # nothing expires and nothing is malformed here

    async def _caller(self) -> None:
        while True:
            envelope = Envelope.unpacked(orjson.loads(await self._queue.get()))
            send = parse_send(envelope.raw)
            self._passes[send.trigger_id] += 1
            one = Pass(
                send, at(envelope.first_ms), envelope.made, envelope.passes, None if envelope.lost is None else Reason(envelope.lost)
            )
            result = await deliver(one, self._lane)
            if result.outcome is Outcome.RETRYING:
                row = again(envelope, result, self._now()).row("default").encode()
                self._loop.call_later(KAFKA_S, self._inbox.append, ("retry", send.person_id, row))
                continue
            self._known.ended.put(send.trigger_id, result.outcome)
            self._outcomes[result.outcome] += 1
            if send.trigger == "backlog":
                self._waiting, self._drained = self._waiting - 1, self._loop.time()
            else:
                self._waits.append(self._called[send.trigger_id] - send.decided_at.timestamp() + BEGIN_MS / 1000)

    async def _call(self, request: Request, _timeout: float) -> Reply | Answer:
        """The platform: nobody is at home, or yes after a while."""
        if self._case.esp_away and self._loop.time() < self._case.away_s:
            return Answer(Meaning.RETRY, Reason.UNREACHABLE)
        one = request.headers["webhook-id"]
        self._calls.append(self._loop.time())
        self._called[one] = self._loop.time()
        self._taken[one] += 1
        await asyncio.sleep(LATENCY_S)
        return Reply(200, {}, b"{}")

    def _now(self) -> int:
        return BEGIN_MS + int(self._loop.time() * 1000)

    def _utc(self) -> datetime:
        return BEGIN + timedelta(seconds=self._loop.time())


def again(envelope: Envelope, result: Result, now_ms: int) -> Envelope:
    """As it comes back from `triggers.retry`."""
    lost = None if result.lost is None else str(result.lost)
    due = now_ms + round((result.again_in or 0.0) * 1000)
    return Envelope(envelope.raw, envelope.place, envelope.first_ms, due, result.attempts, result.passes, lost)


def busiest(times: Sequence[float], window: float = 1.0) -> int:
    """The most of these rising instants in any half-open window of so many seconds."""
    first, most = 0, 0
    for last, now in enumerate(times):
        while times[first] <= now - window:
            first += 1
        most = max(most, last - first + 1)
    return most
