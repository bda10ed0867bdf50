"""Sends that come back from delivery: docs/gate.md, "Sends that come back"."""

from __future__ import annotations

import json
from typing import Any

import pytest

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
    TRIGGER_ID,
    a_candidate,
    a_change,
    a_link,
    a_profile,
    a_version,
    an_order,
    an_outcome,
    decide,
)  # fmt: skip

D = NOON + 30 * SECOND
R = NOON + HOUR
EXPIRES = NOON + 6 * HOUR
MACHINE = Machine(SETTINGS)
TRANSACTIONAL: dict[str, Any] = {"purpose": "transactional", "class": "marketing"}
Told = list[tuple[Reason, int]]


def a_request(at: int = R, trigger_id: str = TRIGGER_ID, person: str = PERSON) -> Input:
    return Input("outcome", person, json.dumps({"trigger_id": trigger_id, "outcome": "retrying", "reason": "recheck"}), at)


def told(*rows: Input, **how: Any) -> Told:
    """(reason, when) of what was decided behind the first send."""
    first, *found = decide(a_candidate(), *rows, **how)
    assert first.sent
    return [(one.reason, one.decided_at) for one in found]


def test_what_may_still_go_out_gets_a_row_that_says_so_and_is_no_second_mail() -> None:
    first, again = decide(a_candidate(), a_request())
    assert (again.reason, again.decided_at, again.candidate.trigger_id, again.sent) == (Reason.SENT, R, TRIGGER_ID, False)
    consents = {name: value for name, value in first.evidence.items() if name.startswith("consent")}
    assert again.evidence == {**consents, "recheck": True, "sent_at": "2026-03-01T12:00:30.000Z"}


@pytest.mark.parametrize("at", [D, EXPIRES + 1])
def test_a_request_before_the_send_or_after_it_has_expired_gets_no_answer(at: int) -> None:
    assert told(a_request(at)) == []


def test_a_request_for_what_was_never_sent_gets_no_answer() -> None:
    assert told(a_request(trigger_id=OTHER_ID)) == []
    assert [one.reason for one in decide(a_candidate(suppressed="complaint"), a_request())] == [Reason.SUPPRESSED]


def test_outcomes_that_go_on_for_another_reason_ask_for_nothing() -> None:
    body = {"trigger_id": TRIGGER_ID, "outcome": "retrying"}
    for reason in ("timeout", None, 7):
        assert told(Input("outcome", PERSON, json.dumps(body | {"reason": reason}), R)) == []


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        (a_change(R, "trigger:cart_abandoned", {"paused": True}), Reason.PAUSED),
        (a_change(R, "pack:core", {"muted": True}), Reason.PAUSED),
        (an_order(NOON, known_at=D + 1), Reason.ORDERED),
        (an_order(R), Reason.ORDERED_SINCE),
        (a_version(R, None), Reason.ERASED),
        (a_version(R, a_profile(email=None)), Reason.NO_ADDRESS),
        (a_version(R, a_profile(consent={})), Reason.CONSENT_WITHDRAWN),
        (a_version(R, a_profile(suppressed="complaint")), Reason.SUPPRESSED),
    ],
)
def test_what_has_happened_by_then_refuses_and_what_happens_later_does_not(what: Input, reason: Reason) -> None:
    refused = [(reason, R)]
    assert [one for one in told(what, a_request()) if one[0] != Reason.CANCELLED_AFTER_SEND] == refused
    earlier = [one for one in told(what, a_request(R - 1)) if one[0] != Reason.CANCELLED_AFTER_SEND]
    assert earlier == ([(reason, R - 1)] if reason == Reason.ORDERED else [(Reason.SENT, R - 1)])


def test_a_refusal_is_final_and_gives_the_place_back_but_cancels_are_told_all_the_same() -> None:
    paused, resumed = (a_change(at, "trigger:cart_abandoned", {"paused": value}) for at, value in ((R, True), (R + 1, False)))
    other = a_candidate(R - 29 * SECOND, trigger_id=OTHER_ID, trigger="browse")
    order = an_order(R + HOUR)
    found = decide(a_candidate(), other, paused, resumed, a_request(), a_request(R + 2), order)
    assert [(one.candidate.trigger_id, one.reason) for one in found if one.reason != Reason.CANCELLED_AFTER_SEND] == [
        (TRIGGER_ID, Reason.SENT), (TRIGGER_ID, Reason.PAUSED), (OTHER_ID, Reason.SENT),
    ]  # fmt: skip
    assert {one.candidate.trigger_id for one in found if one.reason == Reason.CANCELLED_AFTER_SEND} == {TRIGGER_ID, OTHER_ID}


def test_repeats_of_a_request_give_one_row_and_a_later_one_another() -> None:
    assert told(a_request(), a_request(), a_request(R + 1)) == [(Reason.SENT, R), (Reason.SENT, R + 1)]
    state = PersonState()
    people = People(lambda _: state)
    MACHINE.receive(people, a_candidate(), 0)
    MACHINE.due(people, [PERSON], D)
    for expected in ([Reason.SENT], []):
        assert MACHINE.receive(people, a_request(), D) == ([(PERSON, R)], [])
        assert [one.reason for one in MACHINE.due(people, [PERSON], R)] == expected


def test_in_quiet_hours_it_is_held_to_their_end_and_then_checked_once_more() -> None:
    at = NOON + 11 * HOUR
    held = [a_candidate(max_age=2 * DAY), a_request(at), a_request(at + HOUR)]
    _, first, second = decide(*held)
    assert (first.reason, first.decided_at, first.evidence["recheck"]) == (Reason.HELD, at, True)
    assert (second.reason, second.evidence["recheck"]) == (Reason.SENT, True)
    assert NOON + 20 * HOUR <= second.decided_at <= NOON + 20 * HOUR + 5 * MINUTE
    assert decide(*held, an_order(at + 2 * HOUR))[-1].reason == Reason.ORDERED_SINCE
    assert decide(a_candidate(max_age=12 * HOUR), a_request(at))[-1].reason == Reason.QUIET_EXPIRED


def test_its_own_cooldown_and_place_in_the_caps_do_not_stand_in_its_way() -> None:
    assert told(a_request(D + 1), a_request(D + 2)) == [(Reason.SENT, D + 1), (Reason.SENT, D + 2)]


def test_one_that_was_given_back_needs_a_place_again() -> None:
    dead = an_outcome(D + MINUTE, "dead")
    other = a_candidate(NOON + 30 * MINUTE, trigger_id=OTHER_ID, trigger="browse")
    assert told(dead, a_request()) == [(Reason.SENT, R)]
    assert told(dead, other, a_request())[-1] == (Reason.CAPPED, R)
    assert told(dead, other, a_request(), settings=NO_CAPS)[-1] == (Reason.SENT, R)
    same = a_candidate(NOON + 30 * MINUTE, trigger_id=OTHER_ID)
    assert told(dead, same, a_request(), settings=NO_CAPS)[-1] == (Reason.COOLDOWN, R)
    in_the_window = a_candidate(R - 40 * SECOND, trigger_id=OTHER_ID, trigger="browse")
    assert told(dead, in_the_window, a_request())[-1] == (Reason.CAPPED, R)


def test_with_its_place_it_counts_from_then_on_until_it_is_given_back_again() -> None:
    dead, request = an_outcome(D + MINUTE, "dead"), a_request()

    def later(at: int) -> Input:
        return a_candidate(at - 30 * SECOND, trigger_id=OTHER_ID, trigger="browse")

    for fate, at, expected in (
        ([], R + DAY - 1, Reason.CAPPED),
        ([], R + DAY, Reason.SENT),
        ([an_outcome(R + 1, "dead")], R + HOUR, Reason.SENT),
        ([an_outcome(D + 2 * MINUTE, "dead")], R + HOUR, Reason.CAPPED),  # said twice, before
    ):
        found = decide(a_candidate(), dead, request, *fate, later(at))
        assert [one.reason for one in found] == [Reason.SENT, Reason.SENT, expected]
    assert found[-1].evidence["sends"] == [{"trigger_id": TRIGGER_ID, "decided_at": "2026-03-01T13:00:00.000Z"}]


def test_of_two_that_were_given_back_one_gets_the_place() -> None:
    first, second = a_candidate(), a_candidate(NOON + 2 * MINUTE, trigger_id=OTHER_ID, trigger="browse")
    dead = [an_outcome(D + MINUTE, "dead"), an_outcome(D + 3 * MINUTE, "dead", OTHER_ID)]
    found = decide(first, second, *dead, a_request(trigger_id=OTHER_ID), a_request())
    assert [(one.candidate.trigger_id, one.reason) for one in found[2:]] == [(TRIGGER_ID, Reason.SENT), (OTHER_ID, Reason.CAPPED)]


def test_transactional_mail_needs_neither_consent_nor_place() -> None:
    notice = a_candidate(**TRANSACTIONAL)
    found = decide(notice, an_outcome(D + 1, "dead"), a_candidate(NOON + MINUTE, trigger_id=OTHER_ID, trigger="browse"), a_request())
    assert [one.reason for one in found] == [Reason.SENT] * 3


def test_after_a_merge_the_new_person_decides_and_the_row_is_told_under_the_old_id() -> None:
    here = a_version(NOON - HOUR, a_profile(), "new")
    rows = [a_candidate(), here, *a_link(D + MINUTE, "alias", PERSON, "new")]
    for order, expected in (([], Reason.SENT), ([an_order(D + MINUTE + 1, person="new")], Reason.ORDERED_SINCE)):
        (again,) = [one for one in decide(*rows, *order, a_request(), settings=NO_CAPS) if "recheck" in one.evidence]
        assert (again.reason, again.candidate.person_id, again.candidate.trigger_id) == (expected, PERSON, TRIGGER_ID)


def test_a_suppression_of_the_same_address_refuses_too() -> None:
    neighbour = a_version(R, a_profile(suppressed="complaint"), "43")
    rows = [a_version(NOON - HOUR, a_profile(), person) for person in (PERSON, "43")]
    found = decide(a_candidate(), *rows, *a_link(NOON - HOUR, "address", PERSON, "43"), neighbour, a_request())
    assert (found[-1].reason, found[-1].evidence["shared_address"]) == (Reason.SUPPRESSED, True)


def test_a_send_kept_by_an_older_release_is_checked_too() -> None:
    state = PersonState()
    people = People(lambda _: state)
    MACHINE.receive(people, a_candidate(), 0)
    MACHINE.due(people, [PERSON], D)
    layout = json.loads(state.to_bytes()[1:])
    layout["open"] = [row[:12] for row in layout["open"]]  # as version 2 kept it
    old = PersonState.from_bytes(b"\x02" + json.dumps(layout).encode())
    people = People(lambda _: old)
    MACHINE.receive(people, a_request(), D)
    assert [one.reason for one in MACHINE.due(people, [PERSON], R)] == [Reason.SENT]


def test_a_mail_that_may_come_back_is_kept_in_few_bytes() -> None:
    state = PersonState()
    people = People(lambda _: state)
    MACHINE.receive(people, a_candidate(), 0)
    MACHINE.due(people, [PERSON], D)
    (row,) = state.open
    assert len(json.dumps(row[12:], separators=(",", ":"))) <= 30
