"""The state machine: order of decisions, repeats, what comes after a send, memory."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

from jobs.gate.inbox import Input
from jobs.gate.machine import Machine
from jobs.gate.people import People
from jobs.gate.reasons import Reason
from jobs.gate.state import PersonState
from tests.unit.gate_samples import (
    DAY,
    HOUR,
    MINUTE,
    NO_CAPS,
    NOON,
    OTHER_ID,
    PERSON,
    SECOND,
    SETTINGS,
    a_candidate,
    a_profile,
    a_version,
    an_order,
    an_outcome,
    decide,
)  # fmt: skip

D = NOON + 30 * SECOND
LONG_MIN = -(2**63)
IDS = [digit * 26 for digit in "0123"]
MACHINE = Machine(SETTINGS)


def people_of(state: PersonState) -> People:
    return People(lambda _: state)


def take(state: PersonState, *rows: Input, now: int = LONG_MIN) -> list[int]:
    return [at for row in rows for _, at in MACHINE.receive(people_of(state), row, now)[0]]


def test_a_candidate_asks_for_a_timer_at_d_and_is_decided_then_and_not_before() -> None:
    state = PersonState()
    assert take(state, a_candidate()) == [D]
    assert MACHINE.due(people_of(state), [PERSON], D - 1) == []
    assert [decision.decided_at for decision in MACHINE.due(people_of(state), [PERSON], D)] == [D]
    assert MACHINE.due(people_of(state), [PERSON], D) == []


def test_candidates_are_decided_by_d_then_priority_then_t_then_id_however_they_came() -> None:
    same_d: dict[str, Any] = {"decide_at": D + HOUR, "class": "other", "cooldown_ms": 0}
    expected = [
        a_candidate(NOON + 3, trigger_id=IDS[3], wait=SECOND, priority=1, cooldown_ms=0),
        a_candidate(NOON + 2, trigger_id=IDS[2], priority=99, **same_d),
        a_candidate(NOON, trigger_id=IDS[1], **same_d),
        a_candidate(NOON + 1, trigger_id=IDS[0], **same_d),
        a_candidate(NOON + 1, trigger_id=IDS[1], **same_d),
    ]
    keys = [(IDS[3], NOON + 3), (IDS[2], NOON + 2), (IDS[1], NOON), (IDS[0], NOON + 1), (IDS[1], NOON + 1)]
    for order in itertools.permutations(expected):
        state = PersonState()
        take(state, *order)
        assert [decision.candidate.key for decision in MACHINE.due(people_of(state), [PERSON], D + DAY)] == keys


def test_a_repeat_of_a_waiting_candidate_is_one_candidate() -> None:
    assert [d.reason for d in decide(a_candidate(), a_candidate())] == [Reason.SENT]


def test_a_repeat_of_a_decided_candidate_gives_no_second_row() -> None:
    state = PersonState()
    take(state, a_candidate())
    assert len(MACHINE.due(people_of(state), [PERSON], D)) == 1
    assert take(state, a_candidate(), now=D) == []
    assert MACHINE.due(people_of(state), [PERSON], D + HOUR) == []


def test_a_repeated_order_is_one_fact() -> None:
    state = PersonState()
    take(state, *[an_order(NOON)] * 3)
    assert len(state.cancels) == 1


def test_an_order_older_than_the_memory_is_not_taken_in() -> None:
    state = PersonState()
    take(state, an_order(NOON - 8 * DAY), now=NOON)
    assert not state


def test_an_order_further_back_than_the_memory_does_not_count_however_long_it_happened_to_be_kept() -> None:
    candidate = a_candidate(since=NOON - 20 * DAY)
    assert [d.reason for d in decide(an_order(D - 8 * DAY), candidate)] == [Reason.SENT]
    assert [d.reason for d in decide(an_order(D - 8 * DAY + 1), candidate)] == [Reason.ORDERED]


def test_the_memory_is_a_setting() -> None:
    short = replace(NO_CAPS, duplicate_ms=HOUR)
    reasons = [d.reason for d in decide(a_candidate(cooldown_ms=0), a_candidate(NOON + HOUR, cooldown_ms=0), settings=short)]
    assert reasons == [Reason.SENT, Reason.SENT]


def test_an_event_that_came_late_counts_from_its_arrival() -> None:
    for known_at, expected in ((D, [Reason.ORDERED]), (D + 1, [Reason.SENT, Reason.CANCELLED_AFTER_SEND])):
        assert [d.reason for d in decide(a_candidate(), an_order(NOON, known_at=known_at))] == expected


def test_an_order_after_a_send_takes_it_back_as_soon_as_it_comes_until_it_would_have_expired() -> None:
    late, too_late = an_order(D + 1, "m-1"), an_order(NOON + 6 * HOUR + 1, "m-2")
    sent, taken_back = decide(a_candidate(), late, too_late)
    assert (sent.reason, taken_back.reason, taken_back.decided_at) == (Reason.SENT, Reason.CANCELLED_AFTER_SEND, D + 1)
    assert taken_back.evidence == {
        "event": "Order Completed", "event_id": "m-1", "at": "2026-03-01T12:00:30.001Z", "sent_at": "2026-03-01T12:00:30.000Z"
    }  # fmt: skip
    state = PersonState()
    take(state, a_candidate())
    MACHINE.due(people_of(state), [PERSON], D)
    _, at_once = MACHINE.receive(people_of(state), an_order(D + MINUTE), D + 1)
    assert [d.reason for d in at_once] == [Reason.CANCELLED_AFTER_SEND]


def test_consent_taken_back_suppression_and_erasure_take_back_what_was_sent() -> None:
    for profile, change in (
        (a_profile(consent={}), "consent_withdrawn"),
        (a_profile(suppressed="complaint"), "suppressed"),
        (None, "erased"),
    ):
        sent, taken_back = decide(a_candidate(), a_version(D + MINUTE, profile))
        assert (sent.reason, taken_back.reason, taken_back.decided_at) == (Reason.SENT, Reason.CANCELLED_AFTER_SEND, D + MINUTE)
        assert taken_back.evidence["profile"] == change
    assert [d.reason for d in decide(a_candidate(), a_version(D + MINUTE, a_profile(country="FR")))] == [Reason.SENT]


def test_a_send_that_reached_nobody_is_given_back_but_not_its_occasion() -> None:
    again, other = a_candidate(NOON + HOUR), a_candidate(NOON + 2 * HOUR, trigger_id=OTHER_ID)
    for outcome in ("rejected", "dead", "expired", "cancelled"):
        reasons = [d.reason for d in decide(a_candidate(), an_outcome(D + MINUTE, outcome), again, other)]
        assert reasons == [Reason.SENT, Reason.DUPLICATE, Reason.SENT]
    for outcome in ("accepted", "retrying", "unknown"):
        reasons = [d.reason for d in decide(a_candidate(), an_outcome(D + MINUTE, outcome), again, other)]
        assert reasons == [Reason.SENT, Reason.DUPLICATE, Reason.COOLDOWN]
    too_late = an_outcome(NOON + 2 * HOUR + 30 * SECOND + 1, "rejected")
    assert decide(a_candidate(), too_late, other)[-1].reason == Reason.COOLDOWN
