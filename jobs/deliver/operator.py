"""Delivery in Flink: a keyed function that says who may go, and behind it the function that calls.

PyFlink's AsyncFunction is not Java's: every rule kept here is in `facts/delivery.md`, section 1.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from pyflink.common import Row, Time, Types
from pyflink.datastream import KeyedProcessFunction, RuntimeContext
from pyflink.datastream.functions import AsyncFunction
from pyflink.datastream.state import StateTtlConfig, ValueState, ValueStateDescriptor

from connectors.esp.protocol import Reason
from jobs.deliver import shared
from jobs.deliver.attempt import Pass, deliver
from jobs.deliver.before import oldest, read_before
from jobs.deliver.client import HttpClient
from jobs.deliver.clock import REAL
from jobs.deliver.envelope import Envelope, at, ms_of
from jobs.deliver.journal import Journal
from jobs.deliver.lane import Lane
from jobs.deliver.outcome import Outcome, Result, outcome_row
from jobs.deliver.routes import Route, build_route
from jobs.deliver.send import MalformedSendError, Send, parse_send
from jobs.deliver.turnstile import CALL, FINAL, Out, State, Turnstile, end_rows
from jobs.destinations import Deliver, Destination

OUTPUT = Types.ROW_NAMED(["topic", "key", "body"], [Types.STRING()] * 3)
"""topic: where a row goes; CALL is none: a packed Envelope."""
Kafka = tuple[str, Mapping[str, str]]
"""Servers, and the suite's client options."""
TOPIC_OF = {"trigger": "triggers", "retry": "triggers.retry"}
UNCLAIMED_S = 5.0
"""Seconds until a send is tried again whose claim Kafka did not take."""
KEPT = timedelta(days=8)
"""How long an end is remembered: a day longer than a row of `triggers` can be read."""


def operator_options(rows: int) -> dict[str, str]:
    """Flink options these operators cannot do without. rows: how many one subtask works on at once.

    A bundle ends by waiting for all its calls, and a checkpoint for the bundle: so bundles no larger than what is in flight, and
    barriers that overtake rows. The bundle's time is added to each send's latency.
    """
    return {
        "python.execution-mode": "process",
        "python.fn-execution.bundle.size": str(rows),
        "python.fn-execution.bundle.time": "20",
        "execution.checkpointing.unaligned.enabled": "true",
        "execution.checkpointing.timeout": "60 s",
    }


class AdmitSends(KeyedProcessFunction):
    """Rows of `tables.read_steps`, keyed by person → rows of OUTPUT. longest: a send's longest life."""

    def __init__(self, name: str, deliver: Deliver, kafka: Kafka, longest: timedelta) -> None:
        self._name, self._deliver, self._kafka, self._longest = name, deliver, kafka, longest
        self._turnstile: Turnstile
        self._state: ValueState

    def open(self, runtime_context: RuntimeContext) -> None:
        known = shared.of(self._name)
        descriptor = ValueStateDescriptor("sends", Types.PICKLED_BYTE_ARRAY())
        descriptor.enable_time_to_live(StateTtlConfig.new_builder(Time.milliseconds(round(KEPT.total_seconds() * 1000))).build())
        self._state = runtime_context.get_state(descriptor)
        now = ms_of(datetime.now(UTC))
        before = read_before(*self._kafka, self._name, oldest(now, self._longest), frozenset(FINAL))
        self._known = known

        def ended(trigger_id: str) -> str | None:
            return known.ended.get(trigger_id) or before.ended.get(trigger_id)

        def cancelled(trigger_id: str) -> bool:
            return trigger_id in known.cancelled or trigger_id in before.cancelled

        recheck = round(self._deliver.recheck_after.total_seconds() * 1000)
        self._turnstile = Turnstile(recheck, round(KEPT.total_seconds() * 1000), ended, cancelled)

    def process_element(self, value: Any, ctx: KeyedProcessFunction.Context) -> Iterator[Row]:
        kind, _, body, part, place = value
        body, now = (None if body is None else bytes(body)), time.time_ns() // 1_000_000
        stored = self._state.value()
        state = State.from_bytes(stored)
        turnstile = self._turnstile
        if kind in TOPIC_OF:
            take = turnstile.trigger if kind == "trigger" else turnstile.retry
            outs = take(state, body, (TOPIC_OF[kind], part, place), now)
        elif kind == "decision":
            outs = turnstile.decision(state, body or b"", now)
            for cancelled in state.cancelled:
                self._known.cancelled.add(cancelled)
        else:
            outs = turnstile.outcome(state, body or b"", now)
        yield from self._done(state, stored, outs, ctx)

    def on_timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext) -> Iterator[Row]:
        stored = self._state.value()
        if stored is not None:
            state = State.from_bytes(stored)
            yield from self._done(state, stored, self._turnstile.due(state, max(timestamp, time.time_ns() // 1_000_000)), ctx)

    def _done(self, state: State, stored: bytes | None, outs: list[Out], ctx: Any) -> Iterator[Row]:
        changed = state.to_bytes() if state else None
        if changed is None and stored is not None:
            self._state.clear()
        elif changed is not None and changed != stored:
            self._state.update(changed)
        due = state.next_due()
        if due is not None:
            ctx.timer_service().register_processing_time_timer(max(due, time.time_ns() // 1_000_000 + 1))
        for out in outs:
            yield Row(out.topic, out.key, out.body)


class DeliverSends(AsyncFunction):
    """Rows of OUTPUT: those for the caller are delivered, all others passed on. Never raises: the message would carry the row."""

    def __init__(self, name: str, destination: Destination | None, capacity: int, kafka: Kafka | None) -> None:
        # no secret is read here: this object travels in the job graph
        self._name, self._destination, self._capacity, self._kafka = name, destination, capacity, kafka
        self._journal: Journal | None = None
        self._route: Route | Reason = Reason.NO_DESTINATION
        self._client: HttpClient | None = None
        self._lane: Lane | None = None

    def open(self, runtime_context: RuntimeContext | None) -> None:
        if self._kafka is not None:
            self._journal = Journal(*self._kafka)
        if self._destination is None:
            return
        self._route = build_route(self._destination, self._capacity)
        if isinstance(self._route, Route):
            known = shared.of(self._name, self._route.rate)
            if runtime_context is not None:
                known.joined(runtime_context.get_index_of_this_subtask(), runtime_context.get_number_of_parallel_subtasks())
            self._client = HttpClient(self._route.capacity, self._destination.private_hosts)
            self._lane = Lane(self._route, known, self._client.call, REAL)

    def close(self) -> None:
        if self._client is not None:
            self._client.forget()
        if self._journal is not None:
            self._journal.close()

    async def async_invoke(self, value: Row) -> list[Row]:
        if value[0] != CALL:
            return [value]
        try:
            return [Row(*row) for row in await self._deliver(value[2])]
        except BaseException:
            return [Row(*row) for row in self._given_up(value[2])]

    def timeout(self, value: Row) -> list[Row]:
        # never called with a timeout of 0; the inherited one would fail the job and print the row
        return [Row(*row) for row in self._given_up(value[2])]

    async def _deliver(self, body: str) -> list[tuple[str, str, str]]:
        envelope = Envelope.unpacked(orjson.loads(body))
        send = parse_send(envelope.raw)
        one = Pass(send, at(envelope.first_ms), envelope.made, envelope.passes, None if envelope.lost is None else Reason(envelope.lost))
        if self._lane is None:
            result = _no_lane(one, self._route)
        else:
            result = await self._pass(one, self._lane)
        if result.repeat:
            return []
        told_at = datetime.now(UTC)
        rows = end_rows(send, result, envelope.place, told_at)
        if result.outcome is Outcome.RETRYING:
            again = ms_of(told_at) + round((result.again_in or 0.0) * 1000)
            lost = None if result.lost is None else str(result.lost)
            row = Envelope(send.raw, envelope.place, envelope.first_ms, again, result.attempts, result.passes, lost)
            rows.append(("triggers.retry", send.person_id, row.row(self._name)))
        told = await self._tell(rows[0][2], send)
        return rows[1:] if told else rows

    async def _pass(self, one: Pass, lane: Lane) -> Result:
        """Where a lost answer is not asked for again, no call begins before Kafka has its claim: who finds that later makes no other."""
        if lane.route.retry_lost or self._journal is None:
            return await deliver(one, lane)
        claim = Result(Outcome.RETRYING, Reason.CLAIMED, attempts=one.made)
        if await self._tell(outcome_row(one.send, claim, datetime.now(UTC)), one.send):
            return await deliver(one, lane)
        lane.order.put_off(one.send.person_id, one.send.trigger_id, lane.clock.seconds() + UNCLAIMED_S)
        return Result(Outcome.RETRYING, Reason.INTERNAL, attempts=one.made, again_in=UNCLAIMED_S, passes=one.passes, lost=one.lost)

    async def _tell(self, outcome: str, send: Send) -> bool:
        return self._journal is not None and await self._journal.write("delivery_outcomes", send.person_id, outcome)

    def _given_up(self, body: str) -> list[tuple[str, str, str]]:
        """Our own fault, outside a pass. No call was begun, for a pass gives a result of its own."""
        try:
            envelope = Envelope.unpacked(orjson.loads(body))
            return end_rows(parse_send(envelope.raw), Result(Outcome.DEAD, Reason.INTERNAL), envelope.place, datetime.now(UTC))
        except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, MalformedSendError):
            return []  # not a row of ours


def _no_lane(one: Pass, why: Route | Reason) -> Result:
    """Without a usable destination: put off while somebody may mend its secrets, given up if the settings do not know it."""
    if why is not Reason.CONFIGURATION:
        return Result(Outcome.DEAD, Reason.NO_DESTINATION)
    if datetime.now(UTC) >= one.send.expires_at - timedelta(seconds=60):
        return Result(Outcome.EXPIRED, Reason.EXPIRED)
    return Result(Outcome.RETRYING, Reason.CONFIGURATION, attempts=one.made, again_in=60.0, passes=one.passes, lost=one.lost)
