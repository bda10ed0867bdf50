"""The gate's state machine in Flink: one state per person, one event-time timer per decision instant."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import orjson
from pyflink.common import Row, Time
from pyflink.common.typeinfo import Types
from pyflink.datastream import KeyedProcessFunction, RuntimeContext
from pyflink.datastream.state import StateTtlConfig, ValueState, ValueStateDescriptor

from jobs.gate import build_id, contract
from jobs.gate.errors import ContractError
from jobs.gate.instants import to_text
from jobs.gate.machine import Machine
from jobs.gate.retention import GateSettings
from jobs.gate.state import PersonState

INPUT = ("kind", "person_id", "body", "at_time")
"""Columns of `gate_inputs`; body: JSON text of a candidate or a cancel event."""
OUTPUT = Types.ROW_NAMED(["topic", "key", "body"], [Types.STRING(), Types.STRING(), Types.STRING()])
_KIND, _PERSON, _BODY = 0, 1, 2


class DecideCandidates(KeyedProcessFunction):
    """Rows of INPUT keyed by person → rows of OUTPUT: decisions, sends, dead letters."""

    def __init__(self, settings: GateSettings, build: str) -> None:
        self._settings, self._build = settings, build
        self._state: ValueState
        self._machine: Machine

    def open(self, runtime_context: RuntimeContext) -> None:
        build_id.check(self._build)
        descriptor = ValueStateDescriptor("person", Types.PICKLED_BYTE_ARRAY())
        # state outlives every fact in it: facts leave by event time, this clears people who are never seen again
        forget_after = Time.milliseconds(self._settings.forget_ms)
        descriptor.enable_time_to_live(StateTtlConfig.new_builder(forget_after).build())
        self._state = runtime_context.get_state(descriptor)
        self._machine = Machine(self._settings)

    def process_element(self, value: Any, ctx: KeyedProcessFunction.Context) -> Iterator[Row]:
        now = ctx.timer_service().current_watermark()
        try:
            state = PersonState.from_bytes(self._state.value())
            if value[_KIND] == "candidate":
                times = self._machine.on_candidate(state, contract.read_candidate(value[_BODY]), now)
            else:
                times = self._machine.on_cancel(state, contract.read_cancel(value[_BODY]), now)
        except ContractError as error:
            yield _dead_letter(value, error, ctx.timestamp())
            return
        self._state.update(state.to_bytes())
        for at in times:
            ctx.timer_service().register_event_time_timer(at)

    def on_timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext) -> Iterator[Row]:
        stored = self._state.value()
        if stored is None:
            return
        state = PersonState.from_bytes(stored)
        decisions = self._machine.on_timer(state, timestamp)
        if state:
            self._state.update(state.to_bytes())
        else:
            self._state.clear()
        for decision in decisions:
            person = decision.candidate.person_id
            yield Row("trigger_decisions", person, contract.decision_row(decision))
            if decision.sent:
                yield Row("triggers", person, contract.trigger_row(decision))


def _dead_letter(value: Any, error: ContractError, at_ms: int) -> Row:
    """A row that breaks its contract. Its origin is not known here, so its key is the person it names."""
    body = {
        "stage": "gate",
        "reason": "bad_contract",
        "raw": base64.b64encode(value[_BODY].encode()).decode(),
        "topic": "trigger_candidates" if value[_KIND] == "candidate" else "events",
        "partition": None,
        "offset": None,
        "failed_at": to_text(at_ms),
        "attempts": 1,
        "detail": str(error),
    }
    return Row("dead_letters", value[_PERSON], orjson.dumps(body).decode())
