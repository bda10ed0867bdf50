"""The gate's state machine in Flink: one state per person, one event-time timer per decision instant."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from pyflink.common import Row, Time
from pyflink.common.typeinfo import Types
from pyflink.datastream import KeyedProcessFunction, RuntimeContext
from pyflink.datastream.state import MapState, MapStateDescriptor, StateTtlConfig, ValueState, ValueStateDescriptor

from jobs.gate import build_id, contract, letters
from jobs.gate.decisions import Decision
from jobs.gate.errors import ContractError
from jobs.gate.inbox import Input
from jobs.gate.machine import Machine, Timers
from jobs.gate.people import People
from jobs.gate.retention import GateSettings
from jobs.gate.state import PersonState

OUTPUT = Types.ROW_NAMED(
    ["topic", "key", "body", "kind", "at", "known_at", "facts"],
    [Types.STRING(), Types.STRING(), Types.STRING(), Types.STRING(), Types.LONG(), Types.LONG(), Types.STRING()],
)
"""topic: where a row goes. LINKED is no topic: rows for `DecideTogether`, its inputs behind the key."""
LINKED = "linked"
HANDOVER = "handover"


class _Deciding(KeyedProcessFunction):
    """What both operators have in common."""

    def __init__(self, settings: GateSettings, build: str) -> None:
        self._settings, self._build = settings, build
        self._machine: Machine

    def open(self, runtime_context: RuntimeContext) -> None:
        build_id.check(self._build)
        self._machine = Machine(self._settings)

    def _take_in(self, people: People, row: Input, ctx: KeyedProcessFunction.Context, keep: Callable[[Timers], None]) -> Iterator[Row]:
        """What comes out at once. keep: stores what has changed; not called for a row that breaks its contract, which changes nothing."""
        try:
            timers, decisions = self._machine.receive(people, row, ctx.timer_service().current_watermark())
        except ContractError as error:
            yield _row(*letters.dead_letter(row, error, ctx.timestamp()))
            return
        keep(timers)
        yield from _rows(decisions)


class DecideCandidates(_Deciding):
    """Rows of the gate's inputs keyed by person → rows of OUTPUT: decisions, sends, dead letters.

    A person who becomes linked with others moves, with all that is remembered, to `DecideTogether`, at the link's time; what comes later is
    passed on.
    """

    def open(self, runtime_context: RuntimeContext) -> None:
        super().open(runtime_context)
        descriptor = ValueStateDescriptor("person", Types.PICKLED_BYTE_ARRAY())
        # state outlives every fact in it: facts leave by event time, this clears people who are never seen again
        forget_after = Time.milliseconds(self._settings.forget_ms)
        descriptor.enable_time_to_live(StateTtlConfig.new_builder(forget_after).build())
        self._state: ValueState = runtime_context.get_state(descriptor)
        # without time to live: who is one with somebody else is so for good
        self._moved: ValueState = runtime_context.get_state(ValueStateDescriptor("moved", Types.BOOLEAN()))

    def process_element(self, value: Any, ctx: KeyedProcessFunction.Context) -> Iterator[Row]:
        row = Input(*value)
        if self._moved.value():
            yield _passed_on(row)
            return
        state = PersonState.from_bytes(self._state.value())
        people = People(lambda person: state if person == row.person_id else PersonState())

        def keep(timers: Timers) -> None:
            self._state.update(state.to_bytes())
            for _, at in timers:
                ctx.timer_service().register_event_time_timer(at)

        yield from self._take_in(people, row, ctx, keep)

    def on_timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext) -> Iterator[Row]:
        stored = self._state.value()
        if stored is None:
            return
        person, state = ctx.get_current_key(), PersonState.from_bytes(stored)
        if any(link[0] <= timestamp for link in state.links):
            yield _passed_on(Input(HANDOVER, person, state.to_text(), timestamp))
            self._moved.update(True)
            self._state.clear()
            return
        people = People(lambda _: state)
        decisions = self._machine.due(people, [person], timestamp)
        following = state.next_due()
        if following is not None:
            ctx.timer_service().register_event_time_timer(following)
        if state:
            self._state.update(state.to_bytes())
        else:
            self._state.clear()
        yield from _rows(decisions)


class DecideTogether(_Deciding):
    """The few people who are one under several ids, or share an address: rows of LINKED → rows of OUTPUT.

    All under one key, so that one person's decision can look at another's state.
    """

    def open(self, runtime_context: RuntimeContext) -> None:
        super().open(runtime_context)
        self._states: MapState = runtime_context.get_map_state(MapStateDescriptor("people", Types.STRING(), Types.PICKLED_BYTE_ARRAY()))
        self._timers: MapState = runtime_context.get_map_state(MapStateDescriptor("timers", Types.LONG(), Types.STRING()))

    def process_element(self, value: Any, ctx: KeyedProcessFunction.Context) -> Iterator[Row]:
        _, person, body, kind, at, known_at, facts = value
        row = Input(kind, person, body, at, known_at, facts)
        people = People(self._load)
        if row.kind == HANDOVER:
            people.state(row.person_id).take_over(PersonState.from_text(row.body))
            self._store(people, ctx)
            return
        yield from self._take_in(people, row, ctx, lambda _: self._store(people, ctx))

    def on_timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext) -> Iterator[Row]:
        waiting = self._timers.get(timestamp)
        if waiting is None:
            return
        self._timers.remove(timestamp)
        people = People(self._load)
        decisions = self._machine.due(people, waiting.split("\n"), timestamp)
        self._store(people, ctx)
        yield from _rows(decisions)

    def _load(self, person: str) -> PersonState:
        return PersonState.from_bytes(self._states.get(person))

    def _store(self, people: People, ctx: Any) -> None:
        for person, state in people.touched.items():
            self._states.put(person, state.to_bytes())
            for at in state.timers():
                waiting = (self._timers.get(at) or "").split("\n")
                if person not in waiting:
                    self._timers.put(at, "\n".join(filter(None, [*waiting, person])))
                    ctx.timer_service().register_event_time_timer(at)


def _passed_on(row: Input) -> Row:
    return Row(LINKED, row.person_id, row.body, row.kind, row.at, row.known_at, row.facts)


def _row(topic: str, key: str, body: str) -> Row:
    return Row(topic, key, body, None, None, None, None)


def _rows(decisions: Iterable[Decision]) -> Iterator[Row]:
    for decision in decisions:
        person = decision.candidate.person_id
        yield _row("trigger_decisions", person, contract.decision_row(decision))
        if decision.sent:
            yield _row("triggers", person, contract.trigger_row(decision))
