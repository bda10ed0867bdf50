"""Who may be called, and when: each row once, nobody after a cancel or an expiry, a person's sends in their order."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.esp.times import iso
from jobs.deliver.envelope import Envelope, at, read_retry
from jobs.deliver.send import parse_send
from jobs.deliver.turnstile import CALL, Out, State, Turnstile
from tests.unit.a_send import a_row

NOON = 1_772_366_400_000
HOUR = 3_600_000
IDS = [f"57184V2D7RZGQ8YDP0RFFB3Y{n:02d}" for n in range(4)]
FRESH = Turnstile(60_000, 8 * 24 * HOUR, lambda _: None, lambda _: False)
PLACE = ("triggers", 0, 0)


def row(number: int = 0, decided: int = NOON, expires: int = NOON + HOUR) -> bytes:
    return json.dumps(a_row(trigger_id=IDS[number], decided_at=iso(at(decided)), expires_at=iso(at(expires)))).encode()


def retry(number: int = 0, not_before: int = NOON, recheck: bool = False, **more: Any) -> bytes:
    envelope = Envelope(row(number, **more), PLACE, NOON, not_before, 3, 1, None, recheck)
    return envelope.row("default").encode()


def told(outs: list[Out]) -> list[tuple[str, str]]:
    """(trigger id's number, `call` or outcome/reason)."""
    found = []
    for out in outs:
        body = orjson.loads(out.body)
        if out.topic == CALL:
            found.append((IDS.index(orjson.loads(body["raw"])["trigger_id"]), "call"))
        elif out.topic == "delivery_outcomes":
            found.append((IDS.index(body["trigger_id"]), f"{body['outcome']}/{body['reason']}"))
    return [(str(number), what) for number, what in found]


def ended(number: int, outcome: str) -> bytes:
    return orjson.dumps({"trigger_id": IDS[number], "outcome": outcome, "destination": "default"})


def decision(number: int, verdict: str, reason: str, decided: int) -> bytes:
    return orjson.dumps({"trigger_id": IDS[number], "verdict": verdict, "reason": reason, "decided_at": iso(at(decided))})


def test_a_fresh_send_goes_at_once_and_leaves_nothing_behind() -> None:
    state = State()
    assert told(FRESH.trigger(state, row(), PLACE, NOON)) == [("0", "call")]
    assert not state


def test_what_has_ended_is_not_called_again() -> None:
    state = State()
    FRESH.outcome(state, ended(0, "accepted"), NOON)
    assert FRESH.trigger(state, row(), PLACE, NOON) == []
    assert FRESH.retry(state, retry(), PLACE, NOON) == []
    assert FRESH.retry(state, retry(recheck=True), PLACE, NOON) == []  # not even from the dead letters


def test_what_was_taken_stays_so_whatever_is_told_later() -> None:
    state = State()
    FRESH.outcome(state, ended(0, "accepted"), NOON)
    FRESH.outcome(state, ended(0, "dead"), NOON)
    assert FRESH.retry(state, retry(recheck=True), PLACE, NOON) == []


def test_a_dead_one_that_is_brought_back_goes_to_the_gate_first() -> None:
    state = State()
    FRESH.outcome(state, ended(0, "dead"), NOON)
    assert told(FRESH.retry(state, retry(recheck=True), PLACE, NOON)) == [("0", "retrying/recheck")]
    assert told(FRESH.decision(state, decision(0, "sent", "sent", NOON + 5), NOON + 6)) == [("0", "call")]


def test_a_cancel_that_came_before_the_send_holds() -> None:
    state = State()
    FRESH.decision(state, decision(0, "cancelled", "cancelled_after_send", NOON), NOON)
    assert told(FRESH.trigger(state, row(), PLACE, NOON)) == [("0", "cancelled/cancelled")]


def test_a_cancel_ends_a_send_that_waits() -> None:
    state = State()
    assert FRESH.retry(state, retry(not_before=NOON + 1000), PLACE, NOON) == []
    assert told(FRESH.decision(state, decision(0, "cancelled", "cancelled_after_send", NOON), NOON)) == [("0", "cancelled/cancelled")]
    assert FRESH.due(state, NOON + HOUR) == []


def test_who_waited_too_long_is_asked_about_and_expires_if_nobody_answers() -> None:
    state = State()
    assert told(FRESH.trigger(state, row(), PLACE, NOON + 60_001)) == [("0", "retrying/recheck")]
    assert FRESH.due(state, NOON + HOUR - 1) == []
    assert state.next_due() == NOON + HOUR
    assert told(FRESH.due(state, NOON + HOUR)) == [("0", "expired/expired")]


def test_the_gates_hold_is_waited_out_and_its_no_is_an_end() -> None:
    state = State()
    FRESH.trigger(state, row(), PLACE, NOON + 60_001)
    assert FRESH.decision(state, decision(0, "held", "held", NOON + 60_002), NOON + 60_010) == []
    assert told(FRESH.decision(state, decision(0, "suppressed", "capped", NOON + 70_000), NOON + 70_010)) == [("0", "cancelled/cancelled")]


def test_an_answer_to_an_earlier_question_is_none() -> None:
    state = State()
    FRESH.trigger(state, row(), PLACE, NOON + 60_001)
    assert FRESH.decision(state, decision(0, "sent", "sent", NOON), NOON + 60_010) == []


def test_later_sends_of_a_person_go_behind_the_one_that_waits() -> None:
    state = State()
    FRESH.retry(state, retry(0, NOON + 5000), PLACE, NOON)
    assert FRESH.trigger(state, row(1, decided=NOON + 1), PLACE, NOON + 1) == []
    assert told(FRESH.due(state, NOON + 5000)) == [("0", "call"), ("1", "call")]


def test_one_whose_answer_was_lost_never_ends_as_if_nobody_had_got_it() -> None:
    state = State()
    lost = Envelope(row(), PLACE, NOON, NOON + 1000, 3, 1, "timeout").row("default").encode()
    FRESH.retry(state, lost, PLACE, NOON)
    outs = FRESH.decision(state, decision(0, "cancelled", "cancelled_after_send", NOON), NOON)
    assert told(outs) == [("0", "unknown/timeout")]
    assert [out.topic for out in outs] == ["delivery_outcomes", "dead_letters"]


def test_a_number_of_many_digits_survives_the_way_round() -> None:
    raw = row().replace(b'"total": 25.0', b'"total": 1234567890123456.78')
    envelope = read_retry(Envelope(raw, PLACE, NOON).row("default").encode(), PLACE, NOON)
    assert envelope.raw == raw
    assert parse_send(envelope.raw).trigger_id == IDS[0]


steps = st.lists(
    st.tuples(
        st.sampled_from(["trigger", "retry", "recheck", "cancel", "yes", "no", "accepted", "dead", "wait"]),
        st.integers(0, 3),
        st.integers(0, 200_000),
    ),
    max_size=40,
)


@settings(max_examples=300)
@given(steps)
def test_whatever_happens_nobody_is_called_too_late_or_against_a_cancel(
    script: list[tuple[str, int, int]],
) -> None:
    state, now = State(), NOON
    cancelled: set[int] = set()
    accepted: set[int] = set()
    final: Counter[str] = Counter()
    for kind, number, passed in script:
        now += passed
        state = State.from_bytes(state.to_bytes())
        outs: list[Out] = []
        if kind == "trigger":
            outs = FRESH.trigger(state, row(number, decided=NOON + number), PLACE, now)
        elif kind in ("retry", "recheck"):
            outs = FRESH.retry(state, retry(number, now + 30_000, kind == "recheck", decided=NOON + number), PLACE, now)
        elif kind == "cancel":
            outs = FRESH.decision(state, decision(number, "cancelled", "cancelled_after_send", now), now)
            cancelled.add(number)
        elif kind in ("yes", "no"):
            outs = FRESH.decision(state, decision(number, *(("sent", "sent") if kind == "yes" else ("suppressed", "capped")), now), now)
        elif kind == "wait":
            outs = FRESH.due(state, now)
        else:
            outs = FRESH.outcome(state, ended(number, kind), now)
            if kind == "accepted" and not any(one.send.trigger_id == IDS[number] for one in state.parked):
                accepted.add(number)
        for one, what in told(outs):
            if what == "call":
                assert int(one) not in cancelled
                assert int(one) not in accepted
                assert now < NOON + HOUR
            elif not what.startswith("retrying"):
                final[one] += 1
        assert len({one.send.trigger_id for one in state.parked}) == len(state.parked)
    assert FRESH.due(state, NOON + 3 * HOUR) is not None
    assert state.parked == []


def test_what_an_earlier_run_had_begun_at_a_platform_that_tells_no_repeats_is_unknown() -> None:
    claimed = Turnstile(60_000, HOUR, lambda _: "claimed", lambda _: False)
    for take, value in ((claimed.trigger, row()), (claimed.retry, retry())):
        state = State()
        outs = take(state, value, PLACE, NOON)
        assert told(outs) == [("0", "unknown/interrupted")]
        assert [out.topic for out in outs] == ["delivery_outcomes", "dead_letters"]
        assert take(state, value, PLACE, NOON) == []
