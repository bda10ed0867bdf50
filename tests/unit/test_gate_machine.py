"""The state machine: order of decisions, repeats, restarts."""

from __future__ import annotations

import itertools

from jobs.gate.machine import Machine
from jobs.gate.reasons import Reason
from jobs.gate.retention import GateSettings
from jobs.gate.state import PersonState
from tests.unit.gate_samples import DAY, HOUR, MACHINE, NOON, SECOND, a_candidate, an_order, decide

D = NOON + 30 * SECOND
LONG_MIN = -(2**63)
IDS = [digit * 26 for digit in "0123"]


def test_a_candidate_asks_for_a_timer_at_d_and_is_decided_then_and_not_before() -> None:
    state = PersonState()
    assert MACHINE.on_candidate(state, a_candidate(), LONG_MIN) == [D]
    assert MACHINE.on_timer(state, D - 1) == []
    assert [decision.decided_at for decision in MACHINE.on_timer(state, D)] == [D]
    assert MACHINE.on_timer(state, D) == []


def test_candidates_are_decided_by_d_then_priority_then_t_then_id_however_they_came() -> None:
    same_d = {"decide_at": D + HOUR, "cooldown_ms": 0}
    expected = [
        a_candidate(NOON + 3, trigger_id=IDS[3], wait=SECOND, priority=1, cooldown_ms=0),
        a_candidate(NOON + 2, trigger_id=IDS[2], priority=99, **same_d),
        a_candidate(NOON, trigger_id=IDS[1], **same_d),
        a_candidate(NOON + 1, trigger_id=IDS[0], **same_d),
        a_candidate(NOON + 1, trigger_id=IDS[1], **same_d),
    ]
    for order in itertools.permutations(expected):
        state = PersonState()
        for candidate in order:
            MACHINE.on_candidate(state, candidate, LONG_MIN)
        assert [decision.candidate for decision in MACHINE.on_timer(state, D + DAY)] == expected


def test_of_two_candidates_with_the_same_d_the_one_with_the_higher_priority_takes_the_cooldown() -> None:
    low, high = a_candidate(trigger_id=IDS[0], priority=1), a_candidate(trigger_id=IDS[1], priority=2)
    decisions = decide(low, high)
    assert [(d.candidate, d.reason) for d in decisions] == [(high, Reason.SENT), (low, Reason.COOLDOWN)]


def test_a_repeat_of_a_waiting_candidate_is_one_candidate() -> None:
    assert [d.reason for d in decide(a_candidate(), a_candidate())] == [Reason.SENT]


def test_a_repeat_of_a_decided_candidate_gives_no_second_row() -> None:
    state = PersonState()
    assert len(decide(a_candidate(), state=state)) == 1
    assert MACHINE.on_candidate(state, a_candidate(), D) == []
    assert MACHINE.on_timer(state, D + HOUR) == []


def test_a_repeated_order_is_one_fact() -> None:
    state = PersonState()
    for _ in range(3):
        MACHINE.on_cancel(state, an_order(NOON), NOON)
    assert state.cancels(["Order Completed"], 0, NOON) == [an_order(NOON)]


def test_an_order_older_than_the_memory_is_not_taken_in() -> None:
    state = PersonState()
    MACHINE.on_cancel(state, an_order(NOON - 8 * DAY), NOON)
    assert not state


def test_a_leap_of_event_time_changes_no_decision() -> None:
    """Both candidates are decided after the watermark has leapt over the memory of everything."""
    state = PersonState()
    MACHINE.on_cancel(state, an_order(NOON + HOUR), LONG_MIN)
    late = NOON + 100 * DAY
    MACHINE.on_candidate(state, a_candidate(trigger_id=IDS[0]), late)
    MACHINE.on_candidate(state, a_candidate(NOON + HOUR, trigger_id=IDS[1]), late)
    assert [d.reason for at in (D, D + HOUR) for d in MACHINE.on_timer(state, at)] == [Reason.SENT, Reason.ORDERED]


def test_an_order_further_back_than_the_memory_does_not_count_however_long_it_happened_to_be_kept() -> None:
    candidate = a_candidate(since=NOON - 20 * DAY)
    assert [d.reason for d in decide(an_order(D - 8 * DAY), candidate)] == [Reason.SENT]
    assert [d.reason for d in decide(an_order(D - 8 * DAY + 1), candidate)] == [Reason.ORDERED]


def test_the_memory_is_a_setting() -> None:
    machine, state = Machine(GateSettings(sends_ms=HOUR)), PersonState()
    machine.on_candidate(state, a_candidate(cooldown_ms=0), NOON)
    assert machine.on_timer(state, D)[0].sent
    machine.on_candidate(state, a_candidate(NOON + HOUR, cooldown_ms=0), NOON + HOUR)
    assert machine.on_timer(state, D + HOUR)[0].sent
