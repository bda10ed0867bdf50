"""The oracle's dedup, identities, carts and sessions, by cases worked out by hand. Times are after NOON."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from typing import Any

from tests.oracle import activity
from tests.oracle.decode import Raw, Row
from tests.oracle.dedupe import dedupe
from tests.oracle.people import People, identities
from tests.oracle.samples import HOUR, MINUTE, NOON, SECOND, line, records, rows
from tests.oracle.shop import run

GAP = 5 * MINUTE


def cart(*lines: dict[str, Any]) -> dict[str, Any]:
    """The one cart session these lines make."""
    (found,) = carts(*lines)
    return found


def carts(*lines: dict[str, Any], memory: int = 72 * HOUR) -> list[dict[str, Any]]:
    """The cart sessions of device d1."""
    found = rows(lines)
    return list(activity.carts(activity.by_device(found)["d1"], activity.namings(found).get("d1", []), GAP, memory))


def contents(row: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [(item["product_id"], item["quantity"], item["price"]) for item in row["items"]]


def added(t: int, product: str, quantity: int | None = None, price: float | None = None, **more: Any) -> dict[str, Any]:
    values = {"product_id": product, "quantity": quantity, "price": price, **more}
    return line("Product Added", t, **{name: value for name, value in values.items() if value is not None})


def removed(t: int, product: str, quantity: int | None = None) -> dict[str, Any]:
    return line("Product Removed", t, product_id=product, quantity=quantity)


def seen(t: int, *products: dict[str, Any]) -> dict[str, Any]:
    return line("Cart Viewed", t, products=list(products))


def ordered(t: int, **properties: Any) -> dict[str, Any]:
    return line("Order Completed", t, order_id="o1", **properties)


# dedup


def test_the_first_arrival_wins_and_repeats_vanish() -> None:
    twice = {**line("Product Viewed", 0), "messageId": "m1"}
    first, collisions = dedupe(rows([twice, {**twice, "sentAt": "2026-03-01T12:00:09Z"}, line("Page Viewed", 0)]))
    assert [row.raw.offset for row in first] == [0, 2]
    assert collisions == []


def test_a_line_without_message_id_repeats_by_its_content() -> None:
    first, _ = dedupe(rows([line("Product Viewed", 0), line("Product Viewed", 0), line("Product Viewed", 1)]))
    assert [row.raw.offset for row in first] == [0, 2]


def test_the_same_id_with_other_content_is_a_collision_with_the_first() -> None:
    one, other = ({**line("Product Viewed", t), "messageId": "m1"} for t in (0, 1))
    first, collisions = dedupe(rows([one, other, one, other]))
    assert [row.raw.offset for row in first] == [0]
    assert [row.raw.offset for row in collisions] == [1, 3]


def test_a_day_after_its_arrival_an_id_is_new_again() -> None:
    def arriving(at: int) -> Row:
        row = rows([line("Product Viewed", 0)])[0]
        row.received_at = at
        return row

    first, _ = dedupe([arriving(0), arriving(24 * HOUR - 1), arriving(24 * HOUR)])
    assert [row.received_at for row in first] == [0, 24 * HOUR]


# identities


def test_a_pair_is_written_when_the_person_of_a_device_changes() -> None:
    pairs = [(0, "u1"), (1000, "u1"), (2000, "u2"), (3000, "u1")]
    changes = identities(rows([line("Product Viewed", t, user=user) for t, user in pairs]))
    assert [(change["person_id"], change["at"] - NOON) for change in changes] == [("u1", 0), ("u2", 2000), ("u1", 3000)]


def test_pairs_count_in_event_time_not_in_the_order_of_arrival() -> None:
    changes = identities(rows([line("Page Viewed", 2000, user="u2"), line("Page Viewed", 0, user="u1")]))
    assert [(change["person_id"], change["at"] - NOON) for change in changes] == [("u1", 0), ("u2", 2000)]


def test_an_alias_pairs_the_former_device_and_an_event_without_both_ids_none() -> None:
    alias = {"type": "alias", "previousId": "d7", "userId": "u1", "timestamp": NOON}
    changes = identities(rows([alias, line("Page Viewed", 0), line("Page Viewed", 0, device=None, user="u2")]))
    assert [(change["device_id"], change["person_id"]) for change in changes] == [("d7", "u1")]


def test_a_person_is_the_user_named_else_the_devices_person_as_of_then_else_the_device() -> None:
    people = People([{"device_id": "d1", "person_id": "u1", "at": 100}, {"device_id": "d1", "person_id": "u2", "at": 200}])
    assert people.person("d1", "u9", 150) == "u9"
    assert [people.person("d1", None, at) for at in (99, 100, 199, 200)] == ["d1", "u1", "u1", "u2"]


# runs


def test_events_exactly_a_gap_apart_stay_together_and_a_millisecond_more_parts_them() -> None:
    device = activity.by_device(rows([line("Page Viewed", t) for t in (0, GAP, 2 * GAP + 1)]))["d1"]
    assert [[row.t - NOON for row in found] for found in activity.runs(device, GAP)] == [[0, GAP], [2 * GAP + 1]]


def test_rows_of_a_device_are_ordered_by_time_and_ties_by_arrival() -> None:
    device = activity.by_device(rows([line("Page Viewed", 5), line("Page Viewed", 0), line("Product Viewed", 5)]))["d1"]
    assert [row.raw.offset for row in device] == [1, 0, 2]


# carts


def test_a_cart_session_without_a_cart_event_gives_no_row() -> None:
    assert carts(line("Product Viewed", 0), line("Checkout Started", 1)) == []


def test_what_was_added_is_left_in_order_of_first_add_at_its_last_price() -> None:
    row = cart(added(0, "p1", 1, 10.0, name="A"), added(1000, "p2", 2, 3.5), added(2000, "p1", 2, 12.0))
    assert contents(row) == [("p1", 3, Decimal("12.00")), ("p2", 2, Decimal("3.50"))]
    assert row["items"][0]["name"] == "A"
    assert (row["item_count"], row["total"], row["adds"], row["removes"], row["orders"]) == (5, Decimal("43.00"), 3, 0, 0)
    assert (row["first_add_at"], row["last_at"], row["ended_at"]) == (NOON, NOON + 2000, NOON + 2000 + GAP)


def test_an_add_without_quantity_is_one_and_without_price_costs_nothing_in_the_total() -> None:
    row = cart(added(0, "p1"))
    assert contents(row) == [("p1", 1, None)]
    assert row["total"] == Decimal("0.00")


def test_an_add_without_a_product_opens_no_cart() -> None:
    row = cart(line("Product Added", 0, name="A"))
    assert (row["items"], row["adds"], row["first_add_at"], row["orders"]) == ([], 0, None, 0)


def test_an_add_of_several_lines_is_one_add() -> None:
    items = [{"item_id": "p1", "price": 1}, {"item_id": "p2", "quantity": 3}, {"price": 9}]
    row = cart(line("add_to_cart", 0, items=items))
    assert contents(row) == [("p1", 1, Decimal("1.00")), ("p2", 3, None)]
    assert row["adds"] == 1


def test_a_removed_product_leaves_and_comes_back_at_the_end() -> None:
    row = cart(added(0, "p1", 2), added(1, "p2"), removed(2, "p1", 9), added(3, "p1"))
    assert contents(row) == [("p2", 1, None), ("p1", 1, None)]
    assert (row["adds"], row["removes"]) == (3, 1)


def test_a_remove_takes_its_quantity_and_ignores_what_is_not_there() -> None:
    row = cart(added(0, "p1", 3), removed(1, "p1"), removed(2, "p9"))
    assert contents(row) == [("p1", 2, None)]
    assert row["removes"] == 2


def test_a_remove_without_an_open_cart_is_ignored() -> None:
    row = cart(removed(0, "p1"), added(1, "p1"))
    assert (row["removes"], row["adds"], row["first_add_at"]) == (0, 1, NOON + 1)


def test_an_emptied_cart_stays_open() -> None:
    row = cart(added(0, "p1"), removed(1, "p1"), added(2, "p2"))
    assert (contents(row), row["first_add_at"], row["adds"], row["removes"]) == ([("p2", 1, None)], NOON, 2, 1)


def test_a_cart_view_replaces_the_content_in_its_own_order() -> None:
    row = cart(
        added(0, "p1", 5, 10.0, name="A"), added(1, "p2"), seen(2, {"product_id": "p3", "price": 4}, {"product_id": "p1", "quantity": 2})
    )
    assert contents(row) == [("p3", 1, Decimal("4.00")), ("p1", 2, Decimal("10.00"))]
    assert (row["items"][1]["name"], row["adds"], row["first_add_at"]) == ("A", 2, NOON)


def test_a_product_twice_in_a_cart_view_adds_up_at_the_last_price() -> None:
    row = cart(
        seen(0, {"product_id": "p1", "quantity": 2, "price": 4}, {"product_id": "p1", "quantity": 3, "price": 5}, {"product_id": "p1"})
    )
    assert contents(row) == [("p1", 6, Decimal("5.00"))]


def test_a_cart_view_opens_a_cart_only_with_something_in_it() -> None:
    assert cart(seen(0, {"product_id": "p1"}))["first_add_at"] == NOON
    assert cart(seen(0, {"product_id": "p1"}))["adds"] == 0
    assert cart(seen(0))["first_add_at"] is None
    assert cart(seen(0, {"name": "A"}))["first_add_at"] is None


def test_an_empty_cart_view_empties_an_open_cart_and_one_without_products_changes_nothing() -> None:
    emptied = cart(added(0, "p1"), seen(1))
    assert (emptied["items"], emptied["orders"], emptied["first_add_at"], emptied["adds"]) == ([], 0, NOON, 1)
    assert contents(cart(added(0, "p1"), line("Cart Viewed", 1))) == [("p1", 1, None)]


def test_an_order_closes_the_cart() -> None:
    row = cart(added(0, "p1"), removed(1, "p2"), ordered(2))
    assert (row["items"], row["orders"], row["adds"], row["removes"], row["first_add_at"]) == ([], 1, 1, 1, NOON)


def test_after_an_order_an_add_opens_a_new_cart() -> None:
    row = cart(added(0, "p1"), added(1, "p1"), ordered(2), added(3, "p2"))
    assert (contents(row), row["orders"], row["adds"], row["first_add_at"]) == ([("p2", 1, None)], 0, 1, NOON + 3)


def test_orders_count_when_no_cart_is_open_at_the_end() -> None:
    row = cart(ordered(0), ordered(1))
    assert (row["orders"], row["adds"], row["removes"], row["first_add_at"]) == (2, 0, 0, None)


def test_the_row_carries_the_last_user_cart_and_currency_of_any_event() -> None:
    row = cart(added(0, "p1", cart_id="c1", currency="EUR"), line("Page Viewed", 1, user="u1", cart_id="c2"), line("Page Viewed", 2))
    assert (row["user_id"], row["cart_id"], row["currency"]) == ("u1", "c2", "EUR")


def test_the_cart_hash_is_the_opening_and_the_sorted_quantities() -> None:
    row = cart(added(0, "p2", 3, 1.0), added(1, "p1", 1, 2.0))
    assert row["cart_hash"] == hashlib.sha256(b"2026-03-01T12:00:00.000Z\np1\x1f1\np2\x1f3").hexdigest()
    assert cart(ordered(0))["cart_hash"] == hashlib.sha256(b"").hexdigest()


# sessions


def test_a_session_counts_what_happened_in_it() -> None:
    lines = [
        line("Page Viewed", 0, url="https://shop.example/", referrer="https://search.example/"),
        {**line("Products Searched", 1000, query="tent"), "context": {"campaign": {"name": "spring"}}},
        line("Products Searched", 2000),
        line("Product List Filtered", 3000),
        line("Product Viewed", 4000, product_id="p1", category="Tents", url="https://shop.example/p1"),
        line("Product Viewed", 5000, product_id="p2", category="Stoves"),
        line("Product Viewed", 6000, product_id="p1", category="Tents"),
        line("Product Viewed", 7000),
        line("Product Added", 8000, user="u1", product_id="p3"),
        line("Order Completed", 9000, total=30, products=[]),
        line("Order Completed", 10_000, value="12.50"),
        line("Screen Viewed", 11_000, category="Thanks"),
    ]
    device = activity.by_device(rows(lines))["d1"]
    expected = {
        "session_id": hashlib.sha256(b"d1\x1f2026-03-01T12:00:00.000Z").hexdigest()[:32],
        "device_id": "d1",
        "user_id": "u1",
        "started_at": NOON,
        "last_at": NOON + 11_000,
        "ended_at": NOON + 11_000 + 30 * MINUTE,
        "events": 12,
        "pages": 2,
        "product_views": 4,
        "products": ["p1", "p2"],
        "categories": ["Tents", "Stoves", "Thanks"],
        "last_product_id": "p1",
        "searches": 2,
        "last_query": "tent",
        "filters": 1,
        "adds": 1,
        "orders": 2,
        "revenue": Decimal("42.50"),
        "campaign": "spring",
        "referrer": "https://search.example/",
        "landing_url": "https://shop.example/",
        "timezone": None,
        "locale": None,
    }
    assert activity.session(device, 30 * MINUTE) == expected


def test_at_most_fifty_products_are_kept() -> None:
    device = rows([line("Product Viewed", t, product_id=f"p{t}") for t in range(60)])
    found = activity.session(device, 30 * MINUTE)
    assert (found["products"], found["last_product_id"]) == ([f"p{t}" for t in range(50)], "p59")


def test_receipts_and_history_neither_open_nor_prolong_a_session() -> None:
    old = line("Product Viewed", -20 * HOUR)
    result = run(records([line("Page Viewed", 0), line("Email Opened", 20 * MINUTE), line("Page Viewed", 31 * MINUTE), old]))
    assert [(row["events"], row["started_at"]) for row in result.sessions] == [
        (1, "2026-03-01T12:00:00.000Z"),
        (1, "2026-03-01T12:31:00.000Z"),
    ]
    assert [row["flags"] for row in result.events] == [[], [], [], ["historical"]]


def test_devices_do_not_touch_each_other() -> None:
    result = run(records([line("Page Viewed", 0, device="d1"), line("Page Viewed", SECOND, device="d2")]))
    assert [row["device_id"] for row in result.sessions] == ["d1", "d2"]


def test_every_record_ends_as_a_row_a_repeat_a_heartbeat_or_a_dead_letter() -> None:
    one = {**line("Page Viewed", 0), "messageId": "m1"}
    heartbeat = line("$heartbeat", 0, "$hb-0-3")
    result = run([*records([one, one, b"oops", None, heartbeat, {**one, "event": "Product Viewed"}]), Raw(1, 0, NOON, b"[]")])
    assert len(result.events) == 1
    assert [(dead["partition"], dead["offset"], dead["reason"], dead["raw"]) for dead in result.dead_letters] == [
        (1, 0, "not_object", "W10="),
        (0, 2, "not_json", "b29wcw=="),
        (0, 3, "not_json", ""),
        (0, 5, "id_collision", result.dead_letters[3]["raw"]),
    ]
