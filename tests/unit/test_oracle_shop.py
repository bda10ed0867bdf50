"""The oracle's two triggers, its people and its comparison, by cases worked out by hand. Times are after NOON."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import pytest

from tests.oracle.differences import differences
from tests.oracle.samples import HOUR, MINUTE, NOON, line, profile, records
from tests.oracle.shop import Profile, Result, run
from tests.oracle.trigger_id import trigger_id

YES = profile()
LONG_AGO = -100 * HOUR


def shop(lines: Iterable[dict[str, Any]], profiles: Iterable[Profile] = ()) -> Result:
    return run(records(lines), profiles)


def known(person: str = "u1", **values: Any) -> Profile:
    return NOON + LONG_AGO, person, {**YES, **values}


def verdicts(result: Result) -> list[tuple[str, str]]:
    return [(row["trigger"], row["reason"]) for row in result.decisions]


def a_cart(t: int = 0, device: str = "d1", user: str | None = "u1") -> dict[str, Any]:
    return line("Product Added", t, device, user, product_id="p1", price=12.5, quantity=2)


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


def test_a_candidate_waits_two_hours_for_a_login() -> None:
    result = shop([a_cart(user=None), line("Page Viewed", 6 * MINUTE, user="u1")], [known()])
    assert [(row["person_id"], row["reason"], row["decided_at"]) for row in result.decisions] == [
        ("u1", "sent", "2026-03-01T12:06:30.000Z")
    ]
    late = shop([a_cart(user=None), line("Page Viewed", 125 * MINUTE + 1, user="u1")], [known()])
    assert [(row["person_id"], row["reason"], row["decided_at"]) for row in late.decisions] == [
        ("d1", "no_profile", "2026-03-01T14:05:00.000Z")
    ]


def test_an_order_on_another_device_of_the_person_cancels() -> None:
    result = shop([a_cart(), line("Order Completed", MINUTE, device="phone", user="u1")], [known()])
    assert verdicts(result) == [("cart_abandoned", "ordered")]


def test_an_order_of_a_device_known_by_then_counts_for_its_person_and_before_it_does_not() -> None:
    login, order = line("Page Viewed", 0, device="phone", user="u1"), line("Order Completed", MINUTE, device="phone")
    assert verdicts(shop([a_cart(), login, order], [known()])) == [("cart_abandoned", "ordered")]
    later = line("Page Viewed", 2 * MINUTE, device="phone", user="u1")
    assert verdicts(shop([a_cart(), later, order], [known()])) == [("cart_abandoned", "ordered")]
    too_late = line("Page Viewed", 6 * MINUTE, device="phone", user="u1")
    assert verdicts(shop([a_cart(), too_late, order], [known()])) == [
        ("cart_abandoned", "sent"),
        ("cart_abandoned", "cancelled_after_send"),
    ]


# the comparison


def test_equal_rows_differ_in_nothing_however_they_are_written() -> None:
    expected = [{"id": "a", "total": Decimal("25.00"), "name": None, "items": [{"price": Decimal("2.50")}], "flags": ["b", "a"]}]
    published = [{"id": "a", "total": 25, "items": '[{"price":2.5}]', "flags": "a,b", "more": 1}]
    assert differences(expected, published, ["id", "total", "name", "items", "flags"]) == ""


def test_rows_too_few_and_too_many_are_named() -> None:
    text = differences([{"id": "a"}, {"id": "b"}], [{"id": "b"}, {"id": "b"}], ["id"])
    assert text.splitlines() == ['missing     {"id": "a"}', 'unexpected  {"id": "b"}']
