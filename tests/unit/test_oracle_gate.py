"""The oracle's triggers and its gate, by cases worked out by hand. Times are after NOON."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from tests.oracle.differences import differences
from tests.oracle.gate import Decision, Gate, Happening
from tests.oracle.people import AsOf
from tests.oracle.samples import HOUR, MINUTE, NOON, SECOND, line, profile, records
from tests.oracle.shop import Profile, Result, run
from tests.oracle.trigger_id import trigger_id
from tests.oracle.triggers import BROWSE_ABANDONED, CART_ABANDONED, Candidate, Trigger

YES, NO = profile(), profile(granted=False)
WINDOW = 30 * SECOND
LONG_AGO = -100 * HOUR


def shop(lines: Iterable[dict[str, Any]], profiles: Iterable[Profile] = ()) -> Result:
    return run(records(lines), profiles)


def known(person: str = "u1", **values: Any) -> Profile:
    return NOON + LONG_AGO, person, {**YES, **values}


def verdicts(result: Result) -> list[tuple[str, str]]:
    return [(row["trigger"], row["reason"]) for row in result.decisions]


def a_cart(t: int = 0, device: str = "d1", user: str | None = "u1") -> dict[str, Any]:
    return line("Product Added", t, device, user, product_id="p1", price=12.5, quantity=2)


def candidate(t: int = 0, since: int = -HOUR, trigger: Trigger = CART_ABANDONED, occasion: str = "o1", person: str = "u1") -> Candidate:
    """One that fired at NOON + t."""
    identity = trigger_id("default", trigger.name, 1, person, occasion)
    return Candidate(trigger, identity, "d1", person, occasion, NOON + t, NOON + since, {})


def decide(
    *candidates: Candidate, cancels: Iterable[tuple[int, str]] = (), profiles: Iterable[tuple[int, Any]] = ((LONG_AGO, YES),)
) -> list[Decision]:
    """cancels: (t, event), profiles: (t, value), all of u1."""
    facts = AsOf()
    for t, value in profiles:
        facts.put("u1", NOON + t, value)
    happenings = [Happening(NOON + t, event) for t, event in cancels]
    return list(Gate({"u1": happenings}, facts, WINDOW).decide(candidates))


def reason(*candidates: Candidate, **facts: Any) -> str:
    return decide(*candidates, **facts)[-1].reason


# triggers


def test_the_trigger_id_is_the_one_of_the_contract() -> None:
    assert trigger_id("default", "cart_abandoned", 1, "42", "c0ffee", 0) == "57184V2D7RZGQ8YDP0RFFB3YC4"


def test_an_abandoned_cart_is_sent_five_minutes_after_the_last_activity() -> None:
    result = shop([a_cart(), line("Page Viewed", MINUTE, user="u1")], [known()])
    identity = trigger_id("default", "cart_abandoned", 1, "u1", result.carts[0]["cart_hash"])
    assert result.triggers == [
        {
            "trigger_id": identity,
            "trigger": "cart_abandoned",
            "version": 1,
            "person_id": "u1",
            "destination": "default",
            "template": "cart_reminder",
            "purpose": "marketing_email",
            "variant": None,
            "payload": {
                "items": [{"product_id": "p1", "name": None, "quantity": 2, "price": Decimal("12.50")}],
                "total": Decimal("25.00"),
                "currency": None,
            },
            "fired_at": "2026-03-01T12:06:00.000Z",
            "decided_at": "2026-03-01T12:06:30.000Z",
            "expires_at": "2026-03-01T18:06:00.000Z",
            "consent": {"version": 1, "source": "preference-centre", "at": "2026-01-01T08:00:00.000Z"},
            "address": None,
            "schema_version": 1,
        }
    ]
    assert result.decisions[0]["verdict"] == "sent"
    assert result.candidates[0]["since"] == "2026-03-01T12:00:00.000Z"


def test_an_ordered_or_emptied_cart_is_no_candidate() -> None:
    emptied = line("Product Removed", 1000, user="u1", product_id="p1", quantity=2)
    assert shop([a_cart(), line("Order Completed", 1000)]).candidates == []
    assert shop([a_cart(), emptied]).candidates == []


def test_a_browsing_session_that_added_nothing_is_a_candidate_half_an_hour_later() -> None:
    result = shop([line("Product Viewed", 0, product_id="p1"), line("Product Viewed", MINUTE, product_id="p2")])
    found = result.candidates[0]
    assert (found["trigger"], found["fired_at"], found["since"]) == (
        "browse_abandoned",
        "2026-03-01T12:31:00.000Z",
        "2026-03-01T12:00:00.000Z",
    )
    assert found["occasion"] == result.sessions[0]["session_id"] + ":p2"
    assert found["payload"] == {"product_id": "p2", "products": ["p1", "p2"]}


@pytest.mark.parametrize("event", ["Product Added", "Order Completed"])
def test_a_session_with_an_add_or_an_order_is_no_browsing_candidate(event: str) -> None:
    result = shop([line("Product Viewed", 0, product_id="p1"), line(event, 1000)])
    assert [found["trigger"] for found in result.candidates] == []


def test_views_of_nameless_products_are_no_browsing_candidate() -> None:
    assert shop([line("Product Viewed", 0)]).candidates == []


# people


def test_a_login_in_mid_session_gives_the_cart_to_the_person() -> None:
    result = shop([a_cart(user=None), {"type": "identify", "anonymousId": "d1", "userId": "u1", "timestamp": NOON + 1000}], [known()])
    assert [row["person_id"] for row in result.decisions] == ["u1"]


def test_a_device_known_from_before_gives_its_cart_to_the_person() -> None:
    result = shop([line("Page Viewed", 0, user="u1"), a_cart(HOUR, user=None)], [known()])
    assert [(row["person_id"], row["reason"]) for row in result.decisions] == [("u1", "sent")]


def test_a_login_after_the_candidate_fired_comes_too_late() -> None:
    result = shop([a_cart(user=None), line("Page Viewed", 6 * MINUTE, user="u1")], [known()])
    assert verdicts(result) == [("cart_abandoned", "no_profile")]
    assert result.decisions[0]["person_id"] == "d1"


def test_an_order_on_another_device_of_the_person_cancels() -> None:
    result = shop([a_cart(), line("Order Completed", MINUTE, device="phone", user="u1")], [known()])
    assert verdicts(result) == [("cart_abandoned", "ordered")]


def test_an_order_of_a_device_known_by_then_counts_for_its_person_and_before_it_does_not() -> None:
    login, order = line("Page Viewed", 0, device="phone", user="u1"), line("Order Completed", MINUTE, device="phone")
    assert verdicts(shop([a_cart(), login, order], [known()])) == [("cart_abandoned", "ordered")]
    later = line("Page Viewed", 2 * MINUTE, device="phone", user="u1")
    assert verdicts(shop([a_cart(), later, order], [known()])) == [("cart_abandoned", "sent")]


# the gate, in the order of its checks


def test_decided_later_than_its_max_age_is_expired_whatever_else_is_true() -> None:
    hasty = replace(CART_ABANDONED, max_age=WINDOW)
    assert reason(candidate(trigger=hasty)) == "sent"
    assert reason(candidate(trigger=replace(hasty, max_age=WINDOW - 1)), cancels=[(0, "Order Completed")]) == "expired"


def test_the_same_trigger_id_sent_before_is_a_duplicate() -> None:
    assert [decision.reason for decision in decide(candidate(0), candidate(HOUR))] == ["sent", "duplicate"]


def test_the_same_trigger_id_refused_before_is_not_a_duplicate() -> None:
    profiles = [(LONG_AGO, NO), (1 * MINUTE, YES)]
    assert [decision.reason for decision in decide(candidate(0), candidate(HOUR), profiles=profiles)] == ["no_consent", "sent"]


def test_a_physical_repeat_gets_no_second_decision() -> None:
    assert len(decide(candidate(0), candidate(0))) == 1


@pytest.mark.parametrize(
    ("t", "expected"),
    [(-HOUR - 1, "sent"), (-HOUR, "ordered"), (0, "ordered"), (1, "ordered_since"), (WINDOW, "ordered_since"), (WINDOW + 1, "sent")],
)
def test_an_order_cancels_from_since_to_the_decision(t: int, expected: str) -> None:
    assert reason(candidate(), cancels=[(t, "Order Completed")]) == expected


def test_only_events_the_trigger_names_cancel_and_an_order_names_the_reason() -> None:
    add, order = (-1, "Product Added"), (-2, "Order Completed")
    assert reason(candidate(), cancels=[add]) == "sent"
    assert reason(candidate(trigger=BROWSE_ABANDONED), cancels=[add]) == "cancelled"
    assert reason(candidate(trigger=BROWSE_ABANDONED), cancels=[add, order]) == "ordered"
    assert reason(candidate(trigger=BROWSE_ABANDONED), cancels=[(1, "Product Added")]) == "ordered_since"


def test_cancels_come_before_the_profile() -> None:
    assert reason(candidate(), cancels=[(0, "Order Completed")], profiles=[]) == "ordered"


def test_no_profile_is_not_an_erased_one() -> None:
    assert reason(candidate(), profiles=[]) == "no_profile"
    assert reason(candidate(), profiles=[(WINDOW + 1, YES)]) == "no_profile"
    assert reason(candidate(), profiles=[(LONG_AGO, YES), (-1, None)]) == "no_profile"
    assert reason(candidate(), profiles=[(LONG_AGO, YES), (1, None)]) == "erased"


@pytest.mark.parametrize("email", [None, "", "  ", "ana", "ana@", "a@example.com,b@example.com"])
def test_an_address_no_mail_could_go_to_is_no_address(email: str | None) -> None:
    assert reason(candidate(), profiles=[(LONG_AGO, profile(email=email))]) == "no_address"


def test_the_address_counts_as_of_the_decision() -> None:
    assert reason(candidate(), profiles=[(LONG_AGO, YES), (WINDOW, profile(email=None))]) == "no_address"
    assert reason(candidate(), profiles=[(LONG_AGO, profile(email=None)), (WINDOW, YES)]) == "sent"


def test_consent_is_needed_at_the_firing_and_at_the_decision() -> None:
    assert reason(candidate(), profiles=[(LONG_AGO, NO)]) == "no_consent"
    assert reason(candidate(), profiles=[(LONG_AGO, {"email": "ana@example.com"})]) == "no_consent"
    assert reason(candidate(), profiles=[(LONG_AGO, NO), (1, YES)]) == "no_consent"
    assert reason(candidate(), profiles=[(1, YES)]) == "no_consent"
    assert reason(candidate(), profiles=[(LONG_AGO, NO), (0, YES)]) == "sent"
    assert reason(candidate(), profiles=[(LONG_AGO, YES), (1, NO)]) == "consent_withdrawn"
    assert reason(candidate(), profiles=[(LONG_AGO, YES), (WINDOW, NO)]) == "consent_withdrawn"
    assert reason(candidate(), profiles=[(LONG_AGO, YES), (WINDOW + 1, NO)]) == "sent"


def test_the_suppression_list_counts_as_of_the_decision() -> None:
    assert reason(candidate(), profiles=[(LONG_AGO, YES), (WINDOW, profile(suppressed="hard_bounce"))]) == "suppressed"
    assert reason(candidate(), profiles=[(LONG_AGO, profile(suppressed="manual")), (1, YES)]) == "sent"


def test_a_second_send_of_a_trigger_waits_for_its_cooldown() -> None:
    first = candidate(0, occasion="o1")
    for t, expected in ((24 * HOUR - 1, "cooldown"), (24 * HOUR, "sent")):
        assert reason(first, candidate(t, since=t, occasion="o2")) == expected


def test_the_cooldown_is_of_one_trigger_and_only_of_what_was_sent() -> None:
    other = candidate(MINUTE, trigger=BROWSE_ABANDONED)
    assert [decision.reason for decision in decide(candidate(0), other)] == ["sent", "sent"]
    refused = decide(candidate(0), candidate(HOUR, since=MINUTE, occasion="o2"), cancels=[(0, "Order Completed")])
    assert [decision.reason for decision in refused] == ["ordered", "sent"]


def test_candidates_due_together_are_decided_by_priority_then_by_id() -> None:
    browse, one, two = candidate(trigger=BROWSE_ABANDONED), candidate(occasion="o1"), candidate(occasion="o2")
    decisions = decide(browse, one, two)
    first, second = sorted((one, two), key=lambda found: found.trigger_id)
    assert [(decision.candidate, decision.reason) for decision in decisions] == [(first, "sent"), (second, "cooldown"), (browse, "sent")]


@pytest.mark.parametrize(
    ("word", "verdict"), [("sent", "sent"), ("ordered", "cancelled"), ("ordered_since", "cancelled"), ("no_profile", "suppressed")]
)
def test_a_reason_means_a_verdict(word: str, verdict: str) -> None:
    assert Decision(candidate(), word, NOON, None).verdict == verdict


# the comparison


def test_equal_rows_differ_in_nothing_however_they_are_written() -> None:
    expected = [{"id": "a", "total": Decimal("25.00"), "name": None, "items": [{"price": Decimal("2.50")}], "flags": ["b", "a"]}]
    published = [{"id": "a", "total": 25, "items": '[{"price":2.5}]', "flags": "a,b", "more": 1}]
    assert differences(expected, published, ["id", "total", "name", "items", "flags"]) == ""


def test_rows_too_few_and_too_many_are_named() -> None:
    text = differences([{"id": "a"}, {"id": "b"}], [{"id": "b"}, {"id": "b"}], ["id"])
    assert text.splitlines() == ['missing     {"id": "a"}', 'unexpected  {"id": "b"}']
