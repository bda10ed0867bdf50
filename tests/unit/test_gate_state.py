"""What is remembered of a person: as bytes, for how long, how much."""

from __future__ import annotations

import orjson
import pytest

from jobs.gate import inbox
from jobs.gate.cancels import CancelEvent
from jobs.gate.decisions import Send
from jobs.gate.errors import SnapshotError
from jobs.gate.machine import Machine
from jobs.gate.people import People
from jobs.gate.pruning import prune
from jobs.gate.reasons import Reason
from jobs.gate.snapshots import VERSION, Layout, pack, unpack
from jobs.gate.state import PersonState
from tests.unit.gate_samples import DAY, HOUR, NOON, OTHER_ID, PERSON, SECOND, SETTINGS, TRIGGER_ID, a_candidate, an_order

D = NOON + 30 * SECOND
VERSION_1 = (
    b'\x01[[[1772366340000,"m-9","Order Completed"]],[["cart_abandoned","57184V2D7RZGQ8YDP0RFFB3YC4",1772366430000,1774958430000]],'
    b'[["57184V2D7RZGQ8YDP0RFFB3YC4",1772366400000,1772366430000]],[["57184V2D7RZGQ8YDP0RFFB3YC5","cart_abandoned",1,"42","d1","c0ffee",'
    b'"default","cart_reminder","marketing_email",60,"{\\"items\\":[],\\"total\\":25.00}",1772370000000,1772369400000,1772370030000,1772391600000,21600000,86400000,'
    b'["Order Completed"],false,true,true,3,"preference-centre","2026-02-01T08:00:00.000Z",true,"ana@example.com",true,4,'
    b'"preference-centre","2026-02-02T08:00:00.000Z",null]]]'
)
"""Bytes a release has written. Stays as it is for good: every later release must read it."""
VERSION_2 = (
    b'\x02{"cancels":[[1772366340000,"m-9","Order Completed"]],"decided":[["DO/EqS6/k1w",1772366430000]],'
    b'"pending":[["57184V2D7RZGQ8YDP0RFFB3YC5","cart_abandoned",1,"42","d1","57184V2D7RZGQ8YDP0RFFB3YC5","default","cart_reminder",'
    b'"marketing_email",60,"{}",1772370000000,1772369400000,1772370030000,1772391600000,21600000,86400000,["Order Completed"],false,"core",'
    b'"marketing","email",null,null,"57184V2D7RZGQ8YDP0RFFB3YC5",null,null,false]],"profiles":{"42":[[1772370000000,{"email":"ana@example.com"}]]},'
    b'"sends":[["cart_abandoned","57184V2D7RZGQ8YDP0RFFB3YC4",1772366430000,1774958430000,"Wm5oZ7fU8Ss","","","x"]]}'
)


def a_state(data: bytes = VERSION_2) -> PersonState:
    return PersonState.from_bytes(data)


def people_of(state: PersonState) -> People:
    return People(lambda _: state)


def cancels_in(state: PersonState) -> list[CancelEvent]:
    return state.cancels_of(["Order Completed"], 0, NOON * 2, NOON * 2)


@pytest.mark.parametrize("data", [VERSION_1, VERSION_2])
def test_bytes_that_releases_have_written_are_read_for_good(data: bytes) -> None:
    state = a_state(data)
    assert cancels_in(state) == [inbox.cancel(an_order(NOON - 60 * SECOND))]
    assert [send[:4] for send in state.all_sends()] == [("cart_abandoned", TRIGGER_ID, D, D + 30 * DAY)]
    assert state.knows(inbox.candidate(a_candidate()))
    (waiting,) = state.take_due(NOON + 2 * HOUR)
    assert (waiting.trigger_id, waiting.decide_at, waiting.cancel_on) == (OTHER_ID, NOON + HOUR + 30 * SECOND, ("Order Completed",))


def test_a_candidate_that_waited_in_a_snapshot_of_version_1_is_decided_as_that_release_would_have() -> None:
    for data, expected in ((VERSION_1, Reason.SENT), (VERSION_1.replace(b'true,4,"pref', b'false,4,"pref'), Reason.CONSENT_WITHDRAWN)):
        state = a_state(data.replace(b'["cart_abandoned","57184V2D7RZGQ8YDP0RFFB3YC4",1772366430000,1774958430000]', b""))
        (decision,) = Machine(SETTINGS).due(people_of(state), [PERSON], NOON + 2 * HOUR)
        assert decision.reason == expected


def test_state_comes_back_from_bytes_as_it_was() -> None:
    data = a_state().to_bytes()
    assert PersonState.from_bytes(data).to_bytes() == data
    assert sorted(orjson.loads(data[1:])) == sorted(orjson.loads(VERSION_2[1:]))


def test_a_person_never_seen_has_an_empty_state_and_says_so() -> None:
    assert not PersonState.from_bytes(None)
    assert not PersonState.from_bytes(PersonState().to_bytes())
    assert a_state()


def test_older_snapshots_pass_through_every_migration_in_turn() -> None:
    def first(layout: Layout) -> Layout:
        return [*layout, "added first"]

    def second(layout: Layout) -> Layout:
        return [*layout, "added second"]

    migrations = {VERSION: first, VERSION + 1: second}
    assert unpack(pack([[], []]), version=VERSION + 2, migrations=migrations) == [[], [], "added first", "added second"]


@pytest.mark.parametrize(
    ("data", "fact"),
    [
        (b"", "empty"),
        (bytes((VERSION + 1,)) + b"{}", "newer release"),
        (bytes((0,)) + b"[]", "no migration from version 0"),
        (bytes((VERSION,)) + b"{", "damaged"),
        (bytes((VERSION,)), "damaged"),
    ],
)
def test_bytes_that_cannot_be_read_say_why(data: bytes, fact: str) -> None:
    with pytest.raises(SnapshotError, match=fact):
        unpack(data)


def test_cancels_and_decided_ids_are_forgotten_after_eight_days_and_sends_when_no_rule_asks_for_them() -> None:
    state = a_state()
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
        prune(state, SETTINGS, now)
        assert (len(cancels_in(state)), state.knows(inbox.candidate(a_candidate())), len(state.all_sends())) == (cancels, decided, sends)
    assert not state


def test_nothing_a_waiting_candidate_may_ask_for_is_forgotten_even_if_event_time_leaps() -> None:
    state = a_state()
    before = state.to_bytes()
    prune(state, SETTINGS, NOON + 365 * DAY)
    assert state.to_bytes() == before


def test_before_the_first_watermark_nothing_is_forgotten() -> None:
    state = a_state()
    before = state.to_bytes()
    prune(state, SETTINGS, -(2**63))
    assert state.to_bytes() == before


def test_state_holds_no_more_than_it_must() -> None:
    """At one send a week: 600 bytes on average."""
    state = PersonState()
    for week in range(5):
        at = NOON + week * 7 * DAY
        state.add_cancel(inbox.cancel(an_order(at, "3f2b8c1e-5f4d-4b8e-9d0e-8a7c6b5d4e00")))
        state.add_decided(inbox.candidate(a_candidate(at)))
        state.add_send(Send("cart_abandoned", TRIGGER_ID, at, 0, "Wm5oZ7fU8Ss", address="Wm5oZ7fU8Ss"))
        prune(state, SETTINGS, at + 8 * DAY)
    assert len(state.to_bytes()) <= 600
    assert state.pending == []
    assert state.profiles == {}
