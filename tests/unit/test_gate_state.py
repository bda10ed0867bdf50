"""One person's memory: what it keeps, what it forgets, and its bytes."""

from __future__ import annotations

import orjson
import pytest

from jobs.gate.cancels import ORDER, CancelEvent
from jobs.gate.candidates import Candidate
from jobs.gate.decisions import Send
from jobs.gate.errors import SnapshotError
from jobs.gate.instants import LAST_MS
from jobs.gate.retention import GateSettings
from jobs.gate.snapshots import VERSION, Layout, pack, unpack
from jobs.gate.state import PersonState
from tests.unit.gate_samples import DAY, HOUR, NOON, OTHER_ID, SECOND, TRIGGER_ID, a_candidate, an_order

SETTINGS = GateSettings()
D = NOON + 30 * SECOND
VERSION_1 = (
    b'\x01[[[1772366340000,"m-9","Order Completed"]],[["cart_abandoned","57184V2D7RZGQ8YDP0RFFB3YC4",1772366430000,1774958430000]],'
    b'[["57184V2D7RZGQ8YDP0RFFB3YC4",1772366400000,1772366430000]],[["57184V2D7RZGQ8YDP0RFFB3YC5","cart_abandoned",1,"42","d1","c0ffee",'
    b'"default","cart_reminder","marketing_email",60,"{\\"items\\":[],\\"total\\":25.00}",1772370000000,1772369400000,1772370030000,1772391600000,21600000,86400000,'
    b'["Order Completed"],false,true,true,3,"preference-centre","2026-02-01T08:00:00.000Z",true,"ana@example.com",true,4,'
    b'"preference-centre","2026-02-02T08:00:00.000Z",null]]]'
)
"""Bytes a release has written. Stays as it is for good: every later release must read it."""


def a_full_state() -> PersonState:
    state = PersonState()
    state.add_cancel(an_order(NOON - 60 * SECOND))
    state.add_send(Send("cart_abandoned", TRIGGER_ID, D, D + 30 * DAY))
    state.add_decided(a_candidate())
    state.add_pending(the_waiting())
    return state


def cancels_in(state: PersonState) -> list[CancelEvent]:
    return state.cancels([ORDER], 0, LAST_MS)


def sends_in(state: PersonState) -> list[Send]:
    return state.sends_of("cart_abandoned", 0, LAST_MS)


def the_waiting() -> Candidate:
    return a_candidate(NOON + HOUR, trigger_id=OTHER_ID, payload='{"items":[],"total":25.00}', cancel_on=["Order Completed"])


def test_bytes_written_by_version_1_are_read_for_good() -> None:
    state = PersonState.from_bytes(VERSION_1)
    assert cancels_in(state) == [an_order(NOON - 60 * SECOND)]
    assert sends_in(state) == [Send("cart_abandoned", TRIGGER_ID, D, D + 30 * DAY)]
    assert state.knows(a_candidate())
    assert state.take_due(NOON + 2 * HOUR) == [the_waiting()]


def test_state_comes_back_from_bytes_as_it_was() -> None:
    data = a_full_state().to_bytes()
    assert data == VERSION_1
    assert PersonState.from_bytes(data).to_bytes() == data


def test_a_person_never_seen_has_an_empty_state_and_says_so() -> None:
    assert not PersonState.from_bytes(None)
    assert not PersonState.from_bytes(PersonState().to_bytes())
    assert a_full_state()


def test_older_snapshots_pass_through_every_migration_in_turn() -> None:
    def to_2(layout: Layout) -> Layout:
        return [*layout, "added in 2"]

    def to_3(layout: Layout) -> Layout:
        return [*layout, "added in 3"]

    assert unpack(pack([[], []]), version=3, migrations={1: to_2, 2: to_3}) == [[], [], "added in 2", "added in 3"]


@pytest.mark.parametrize(
    ("data", "fact"),
    [
        (b"", "empty"),
        (bytes((VERSION + 1,)) + b"[]", "newer release"),
        (bytes((0,)) + b"[]", "no migration from version 0"),
        (bytes((VERSION,)) + b"[[", "damaged"),
        (bytes((VERSION,)), "damaged"),
    ],
)
def test_bytes_that_cannot_be_read_say_why(data: bytes, fact: str) -> None:
    with pytest.raises(SnapshotError, match=fact):
        unpack(data)


def test_cancels_and_decided_ids_are_forgotten_after_eight_days_and_sends_after_thirty() -> None:
    state = a_full_state()
    state.take_due(NOON + 2 * HOUR)
    cancelled_at = NOON - 60 * SECOND
    for now, cancels, decided, sends in (
        (cancelled_at + 8 * DAY - 1, 1, True, 1),
        (cancelled_at + 8 * DAY, 0, True, 1),
        (D + 8 * DAY - 1, 0, True, 1),
        (D + 8 * DAY, 0, False, 1),
        (D + 30 * DAY - 1, 0, False, 1),
        (D + 30 * DAY, 0, False, 0),
    ):
        state.prune(SETTINGS, now)
        assert (len(cancels_in(state)), state.knows(a_candidate()), len(sends_in(state))) == (cancels, decided, sends)
    assert not state


def test_nothing_a_waiting_candidate_may_ask_for_is_forgotten_even_if_event_time_leaps() -> None:
    state = a_full_state()
    state.prune(SETTINGS, NOON + 365 * DAY)
    assert (len(cancels_in(state)), len(sends_in(state))) == (1, 1)


def test_before_the_first_watermark_nothing_is_forgotten() -> None:
    state = a_full_state()
    state.prune(SETTINGS, -(2**63))
    assert state.to_bytes() == VERSION_1


def test_state_holds_no_more_than_it_must() -> None:
    """At one send a week: 600 bytes on average."""
    state = PersonState()
    for week in range(5):
        at = NOON + week * 7 * DAY
        state.add_cancel(an_order(at, "3f2b8c1e-5f4d-4b8e-9d0e-8a7c6b5d4e00"))
        state.add_decided(a_candidate(at))
        state.add_send(Send("cart_abandoned", TRIGGER_ID, at, at + 30 * DAY))
        state.prune(SETTINGS, at)
    assert len(state.to_bytes()) <= 600
    assert orjson.loads(state.to_bytes()[1:])[3] == []
