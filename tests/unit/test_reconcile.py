"""rekindle.workbench.reconcile: the account of delivery."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.kafka_scan import Scanned
from rekindle.workbench.reconcile import facts as reading
from rekindle.workbench.reconcile.account import Break, Fact, Kind, Window
from rekindle.workbench.reconcile.ledger import Account, account_of
from rekindle.workbench.reconcile.run import document, equation
from tests.unit import reconcile_by_hand

MINUTE = 60_000
HOUR = 60 * MINUTE
NOW = 100 * HOUR
WINDOW = Window(0, NOW, NOW, 5 * MINUTE)
SENT_AT = NOW - 10 * HOUR
EXPIRES = SENT_AT + 6 * HOUR
LATER = SENT_AT + MINUTE


def sent(at: int = SENT_AT, until: int = EXPIRES, number: int = 1, word: str = "") -> Fact:
    return Fact(f"{number:026}", Kind.SENT, "default", word, at, until, at, 0)


def decided(word: str = "sent", known: int = SENT_AT, number: int = 1) -> Fact:
    return Fact(f"{number:026}", Kind.DECIDED, "", word, known, 0, known, 0)


def ended(word: str, known: int = LATER, took: int = 100, number: int = 1, order: int = 0, destination: str = "default") -> Fact:
    return Fact(f"{number:026}", Kind.ENDED, destination, word, known, known - took, known, order)


def letter(known: int = LATER, number: int = 1) -> Fact:
    return Fact(f"{number:026}", Kind.LETTER, "default", "unreachable", known, 0, known, 0)


def retried(known: int, word: str = "recheck") -> Fact:
    return Fact(f"{1:026}", Kind.RETRIED, "default", word, known, 0, known, 0)


def account(*facts: Fact) -> Account:
    return account_of(facts, WINDOW)


@pytest.mark.parametrize("word", ["accepted", "rejected", "expired", "cancelled"])
def test_a_send_that_ended_once_is_in_order_also_when_rows_are_repeated(word: str) -> None:
    found = account(sent(), sent(), decided(), ended("retrying"), ended(word, order=1), ended(word, LATER + 5, order=2))
    assert (found.ends, found.clean) == ({"default": Counter({word: 1})}, True)
    assert equation(found).startswith("triggers 1 = ")


@pytest.mark.parametrize("word", ["dead", "unknown"])
def test_a_send_that_was_given_up_is_in_order_with_its_letter(word: str) -> None:
    assert account(sent(), decided(), ended(word), letter()).clean
    assert account(sent(), decided(), ended(word)).breaks == {Break.NO_LETTER: 1}
    assert account(sent(), decided(), ended("accepted"), letter()).breaks == {Break.NO_END: 1}


def test_what_has_not_ended_is_in_flight_until_it_expires_and_then_missing() -> None:
    young = sent(NOW - MINUTE, NOW + HOUR)
    found = account(young, decided(known=NOW - MINUTE), ended("retrying", NOW - 100))
    assert (found.ends["default"], found.clean) == (Counter(in_flight=1), True)
    old = account(sent(), decided(), ended("retrying"))
    assert (old.ends["default"], old.breaks) == (Counter(missing=1), {Break.NO_OUTCOME: 1})
    assert "≠" in equation(old)


def test_a_dead_send_that_was_retried_and_accepted_counts_once() -> None:
    story = (sent(), decided(), ended("dead"), letter(), retried(LATER + HOUR), decided("go", LATER + HOUR))
    assert account(*story, ended("accepted", LATER + HOUR + 1, 0)).ends == {"default": Counter(accepted=1)}
    assert account(*story, ended("accepted", LATER + HOUR + 1, 0)).clean
    assert account(*story).breaks == {Break.NO_OUTCOME: 1}, "sent back, and nothing came of it"
    without = (fact for fact in story if fact.kind is not Kind.RETRIED)
    assert account(*without, ended("accepted", LATER + HOUR + 1, 0)).breaks == {Break.TWO_OUTCOMES: 1}


def test_two_different_ends_are_a_break() -> None:
    found = account(sent(), decided(), ended("accepted"), ended("expired", LATER + 1, order=1), retried(LATER + 1))
    assert found.breaks == {Break.TWO_OUTCOMES: 1}
    assert found.findings[0].detail == "accepted, then expired"


def test_a_call_after_expiry_is_a_break_but_not_one_that_began_in_time() -> None:
    assert account(sent(), decided(), ended("accepted", EXPIRES + 50, 100)).clean
    assert account(sent(), decided(), ended("accepted", EXPIRES + 101, 100)).breaks == {Break.AFTER_EXPIRY: 1}


def test_a_call_more_than_two_seconds_after_a_cancel_was_known_is_a_break() -> None:
    accepted = ended("accepted", LATER, 100)
    assert account(sent(), decided(), decided("stop", LATER - 100 - 1999), accepted).clean
    late = (sent(), decided(), decided("stop", LATER - 100 - 2000), accepted)
    assert account(*late).breaks == {Break.AFTER_CANCEL: 1}
    assert account(*late, decided("go", LATER - 500)).clean, "the gate let it go when it was asked again"


def test_decisions_and_sends_belong_together() -> None:
    assert account(decided()).breaks == {Break.NO_TRIGGER: 1}
    assert account(sent(), ended("accepted")).breaks == {Break.NO_DECISION: 1}
    assert account(decided(known=NOW - MINUTE)).clean, "the other row may be on its way"


def test_an_outcome_of_a_send_nobody_made_is_a_break() -> None:
    assert account(ended("accepted")).breaks == {Break.NEVER_SENT: 1}
    assert account(sent(), decided(), ended("accepted"), ended("accepted", destination="other")).breaks == {Break.NEVER_SENT: 1}


def test_what_was_decided_outside_the_window_is_not_counted() -> None:
    before = Window(SENT_AT + 1, NOW, NOW, 0)
    assert account_of([sent(), decided(), ended("accepted"), ended("dead")], before) == Account()
    assert account_of([decided(), ended("accepted")], before) == Account(), "its row has left `triggers`, its decision not yet"


def test_findings_are_all_counted_and_the_first_are_listed() -> None:
    found = account_of([decided(number=number) for number in range(30)], WINDOW, limit=10)
    assert (found.breaks[Break.NO_TRIGGER], len(found.findings)) == (30, 10)
    assert document(found, WINDOW)["breaks"] == {"decision_without_trigger": 30}


def test_a_row_deliver_could_not_read_ends_as_a_letter_alone() -> None:
    assert account(sent(word="unreadable"), decided()).ends == {"default": Counter(dead=1)}


@pytest.mark.parametrize("value", [b"{", b"[]", b"7", b'{"trigger_id":1}', b'{"trigger_id":"x","destination":"d","decided_at":"?"}', None])
def test_a_row_without_an_id_is_told_from_one_with_nothing_to_say(value: bytes | None) -> None:
    with pytest.raises(reading.UnreadableError):
        reading.read(Scanned("triggers", 0, 1, NOW, None, value))
    for topic in ("dead_letters", "delivery_outcomes", "triggers.retry", "trigger_decisions"):
        assert reading.read(Scanned(topic, 0, 1, NOW, None, value)) is None


_SECONDS = st.integers(0, 6000).map(lambda ms: NOW - 8 * HOUR + ms)
_HOURS = st.integers(0, 12).map(lambda hours: NOW - hours * HOUR)
_WORDS = {
    Kind.SENT: ["", "", "", "unreadable"],
    Kind.DECIDED: ["sent", "go", "stop", "stop"],
    Kind.ENDED: ["accepted", "accepted", "accepted", "rejected", "expired", "cancelled", "dead", "unknown", "retrying"],
    Kind.LETTER: ["timeout"],
    Kind.RETRIED: ["recheck", ""],
}


@st.composite
def _facts(draw: st.DrawFn) -> list[Fact]:
    """Mostly one send and what became of it within seconds, so that every kind of break is met."""
    kinds = draw(st.sampled_from([[], [Kind.SENT], [Kind.DECIDED], [Kind.SENT, Kind.DECIDED]]))
    kinds = kinds + draw(st.lists(st.sampled_from([*Kind, Kind.DECIDED, Kind.ENDED, Kind.ENDED]), max_size=8))
    found = []
    for order, kind in enumerate(kinds):
        at = draw(st.one_of(_SECONDS, _SECONDS, _SECONDS, _HOURS))
        until = {Kind.SENT: at + draw(st.sampled_from([2000, 3 * HOUR])), Kind.ENDED: at - draw(st.integers(0, 1000))}.get(kind, 0)
        word = _WORDS[kind][0] if order < 2 else draw(st.sampled_from(_WORDS[kind]))
        destination = "" if kind is Kind.DECIDED else draw(st.sampled_from("aaaaab"))
        known = at + draw(st.integers(0, 2))
        found.append(Fact(draw(st.sampled_from("000001")), kind, destination, word, at, until, known, order))
    return found


@settings(max_examples=200)
@given(_facts(), st.integers(0, 12), st.integers(0, 12))
def test_the_account_is_what_a_count_by_brute_force_finds(facts: list[Fact], first: int, last: int) -> None:
    window = Window(NOW - first * HOUR, NOW - last * HOUR + 3, NOW, 5 * MINUTE)
    found = account_of(facts, window)
    ends, breaks = reconcile_by_hand.count(facts, window)
    assert Counter({(place, end): n for place, of in found.ends.items() for end, n in of.items()}) == ends
    assert {(str(one.kind), one.trigger_id, one.destination) for one in found.findings} == breaks
    assert found.breaks.total() == len(breaks)
