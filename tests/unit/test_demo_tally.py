"""rekindle.demo.tally: rows in, what was done and what is missing out."""

from __future__ import annotations

from collections import Counter
from typing import Any

from rekindle.demo.expected import Due
from rekindle.demo.people import iso
from rekindle.demo.tally import Tally, missing

T = 1_800_000_000_000
UNTIL = T + 60_000
CART = Due("cart_abandoned", "ana", T - 1000, T, T + 30_000)
NAME = f"cart_abandoned of ana, due {iso(T)}"
NONE: Counter[str] = Counter()


def row(reason: str | None = None, person: str = "ana", trigger_id: str = "id-1") -> dict[str, Any]:
    found = {"trigger_id": trigger_id, "trigger": "cart_abandoned", "person_id": person, "fired_at": iso(T), "decided_at": iso(T + 30_000)}
    return found | ({"reason": reason} if reason else {})


def told(*rows: tuple[str, dict[str, Any]], delivered: dict[str, str] | None = None) -> Tally:
    tally = Tally(delivered=delivered or {})
    for topic, value in rows:
        tally.take(topic, value)
    return tally


CANDIDATE = ("trigger_candidates", row())
SENT = ("trigger_decisions", row("sent"))
SEND = ("triggers", {"trigger_id": "id-1"})
OUTCOME = ("delivery_outcomes", {"trigger_id": "id-1", "outcome": "accepted"})
AT_ESP = {"id-1": "2027-01-15T08:00:01.000Z"}


def lines(tally: Tally, wanted: dict[Due, str], dead: Counter[str] = NONE) -> list[str]:
    return list(missing(tally, wanted, dead, UNTIL))


def test_each_step_that_a_send_did_not_take_is_named() -> None:
    wanted = {CART: "sent"}
    assert lines(told(), wanted) == [f"{NAME}: no candidate"]
    assert lines(told(CANDIDATE), wanted) == [f"{NAME}: no decision"]
    assert lines(told(CANDIDATE, SENT), wanted) == [f"{NAME}: sent, but not at the e-mail platform"]
    assert lines(told(CANDIDATE, SENT, SEND, delivered=AT_ESP), wanted) == [f"{NAME}: no outcome"]
    assert lines(told(CANDIDATE, SENT, SEND, OUTCOME, delivered=AT_ESP), wanted) == []


def test_a_send_that_was_taken_back_is_done_when_delivery_says_so_and_nobody_got_it() -> None:
    back = ("trigger_decisions", row("cancelled_after_send") | {"verdict": "cancelled"})
    cancelled = ("delivery_outcomes", {"trigger_id": "id-1", "outcome": "cancelled"})
    wanted = {CART: "sent"}
    assert lines(told(CANDIDATE, SENT, SEND, back), wanted) == [f"{NAME}: sent, but not at the e-mail platform"]
    assert lines(told(CANDIDATE, SENT, SEND, back, cancelled), wanted) == []
    assert lines(told(CANDIDATE, SENT, SEND, back, cancelled, delivered=AT_ESP), wanted) == [
        f"{NAME}: taken back, and at the e-mail platform all the same"
    ]


def test_a_mail_that_was_taken_back_leaves_room_for_the_next() -> None:
    sent = ("trigger_decisions", row("sent"))
    first = [("trigger_decisions", row("sent", trigger_id="id-0") | {"trigger": "browse_abandoned"})]
    back = [("trigger_decisions", row("cancelled_after_send", trigger_id="id-0") | {"verdict": "cancelled"})]
    back += [("delivery_outcomes", {"trigger_id": "id-0", "outcome": "cancelled"})]
    wanted = {CART: "capped"}
    found = [CANDIDATE, sent, SEND, OUTCOME]
    until = T  # what the first one is about is not asked here
    assert list(missing(told(*found, *first, delivered=AT_ESP), wanted, NONE, until)) == [f"{NAME}: expected capped, decided sent"]
    assert list(missing(told(*found, *first, *back, delivered=AT_ESP), wanted, NONE, until)) == []


def test_a_wrong_reason_and_a_send_nobody_was_due_are_found() -> None:
    refused = ("trigger_decisions", row("no_consent"))
    assert lines(told(CANDIDATE, refused), {CART: "sent"}) == [f"{NAME}: expected sent, decided no_consent"]
    assert lines(told(CANDIDATE, refused), {CART: "no_consent"}) == []
    assert lines(told(SENT), {}) == [f"{NAME}: decided sent, but nothing was due"]
    assert list(missing(told(SENT), {}, NONE, until=T)) == []  # decided later than what is asked for


def test_dead_letters_count_once_each() -> None:
    letter = {"reason": "not_json", "topic": "events.raw", "partition": 0, "offset": 3}
    wanted = Counter({"not_json": 2})
    again = told(("dead_letters", letter), ("dead_letters", letter))
    assert lines(again, {}, wanted) == ["dead letters: 1 of 2 with reason not_json"]
    assert lines(told(("dead_letters", letter), ("dead_letters", letter | {"offset": 4})), {}, wanted) == []


def test_the_summary_counts_distinct_ids_and_only_our_own_at_the_platform() -> None:
    others = AT_ESP | {"somebody-else": "2027-01-15T08:00:00.000Z"}
    refused = ("trigger_decisions", row("no_profile", person="otto-1-1", trigger_id="id-2"))
    event = ("events", {"event_id": "e1"})
    tally = told(event, event, CANDIDATE, CANDIDATE, SENT, refused, SEND, SEND, OUTCOME, delivered=others)
    assert tally.summary(12.5) == {
        "events": 1,
        "candidates": 1,
        "triggers": 1,
        "delivered": 1,
        "taken_back": 0,
        "suppressed": {"no_profile": 1},
        "first_delivery_s": 12.5,
    }


def test_what_is_decided_again_because_delivery_waited_changes_no_decision() -> None:
    again = ("trigger_decisions", row("paused") | {"evidence": {"recheck": True}})
    tally = told(CANDIDATE, SENT, SEND, again, OUTCOME)
    assert tally.reasons() == {("cart_abandoned", "sent"): 1}
