"""rekindle why PERSON TRIGGER: the nearest miss when a trigger found no reason to write"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jobs.definitions.published import tables
from jobs.definitions.trigger import parse
from rekindle.workbench.why.answer import answer
from rekindle.workbench.why.conditions import take_apart
from rekindle.workbench.why.evaluating import Rows
from tests.unit.a_trigger import a_file
from tests.unit.shop_topics import DAY, NOW, Line, an_index, cart, event, pair, profile, receipt, visit

CART = "SELECT device_id FROM carts WHERE item_count >= 2 AND orders = 0"


def missed(folder: Path, query: str, *lines: Line, as_of: int = NOW) -> dict[str, Any]:
    index = an_index(folder, [pair("09:00"), profile("09:00"), *lines])
    (miss,) = answer(index, "42", parse(a_file(query), "core/a_test.sql"), "", as_of)["why_not"]
    return dict(miss)


def judged(condition: str, row: dict[str, Any], table: str = "carts") -> bool | None:
    of = tables()[table]
    ((verdict,),) = Rows(of, [row], [column.name for column in of.columns]).judge([condition])
    return verdict.met


def test_the_row_that_came_closest_names_the_condition_it_missed(tmp_path: Path) -> None:
    miss = missed(tmp_path, CART, cart("10:08", items=1, orders=1), cart("11:08", items=3, orders=1))
    assert miss["table"] == "carts"
    assert miss["rows"] == 2
    assert miss["text"] == [
        "It looked at 2 carts; the nearest, of 1 March 2026, 11:08:00, did not meet:",
        "  orders = 0: orders was 1 (Orders in the cart session; 0 when a cart is still open)",
    ]
    assert miss["failed"] == [{"condition": "orders = 0", "values": {"orders": 1}}]
    assert miss["nearest"]["item_count"] == 3


def test_without_any_row_it_says_so(tmp_path: Path) -> None:
    miss = missed(tmp_path, CART)
    assert miss["text"] == [
        "There is no cart of this person that it could have looked at. A cart counts once nothing has been done for five minutes."
    ]


def test_an_event_that_never_came_is_named(tmp_path: Path) -> None:
    query = "SELECT device_id FROM events WHERE event = 'Checkout Started' AND `value` > 5"
    assert missed(tmp_path, query, event("10:00", "Order Completed"))["text"] == [
        "It waits for 'Checkout Started', and there is no such event of this person."
    ]


def test_of_an_event_that_came_the_other_conditions_are_judged(tmp_path: Path) -> None:
    query = "SELECT device_id FROM events WHERE event = 'Checkout Started' AND COALESCE(`value`, 0) > 5"
    miss = missed(tmp_path, query, event("10:00", "Checkout Started", value=4.5), event("11:00", "Order Completed", value=50))
    assert miss["failed"] == [{"condition": "COALESCE(`value`, 0) > 5", "values": {"value": 4.5}}]


def test_a_condition_that_cannot_be_told_is_not_called_met_or_missed(tmp_path: Path) -> None:
    query = "SELECT device_id FROM carts WHERE orders = 0 AND ended_at > first_add_at + INTERVAL '1' HOUR"
    miss = missed(tmp_path, query, cart("10:08"))
    assert miss["failed"] == []
    assert miss["untold"] == ["ended_at > first_add_at + INTERVAL '1' HOUR"]
    assert miss["text"][0] == "Whether the cart of 1 March 2026, 10:08:00 met this cannot be told here:"


def test_a_row_that_meets_all_is_not_explained_away(tmp_path: Path) -> None:
    (said,) = missed(tmp_path, CART, cart("10:08"))["text"]
    assert "meets all its conditions, and yet there is no candidate" in said


def test_a_wait_that_is_not_over_is_told_with_its_end(tmp_path: Path) -> None:
    query = (
        "WITH o AS (SELECT device_id, event_time FROM events WHERE event = 'Order Completed') "
        "SELECT device_id FROM "
        "SESSION(TABLE o PARTITION BY device_id, DESCRIPTOR(event_time), INTERVAL '60' DAY(3)) "
        "GROUP BY device_id, window_start, window_end "
        "HAVING COUNT(*) >= 2"
    )
    assert missed(tmp_path, query, event("10:00", "Order Completed"))["text"] == [
        "It waits until 60 days have passed since the last such event (1 March 2026, 10:00:00): due at 30 April 2026, "
        "10:00:00, which is still to come."
    ]


def test_tables_made_while_the_jobs_run_are_said_to_be_kept_nowhere(tmp_path: Path) -> None:
    miss = missed(tmp_path, "SELECT device_id FROM interests WHERE stock > 0")
    assert miss["text"] == ["It reads interests, which is made of events and catalog while the jobs run: its rows are nowhere kept."]


def test_each_branch_of_a_union_is_told(tmp_path: Path) -> None:
    index = an_index(tmp_path, [pair("09:00"), cart("10:08", orders=1)])
    query = "SELECT device_id FROM carts WHERE orders = 0 UNION ALL SELECT device_id FROM sessions WHERE adds > 0"
    found = answer(index, "42", parse(a_file(query), "core/a_test.sql"), "", NOW)["why_not"]
    assert [one["table"] for one in found] == ["carts", "sessions"]


def test_machine_clicks_are_judged_as_such(tmp_path: Path) -> None:
    query = "SELECT device_id FROM receipts WHERE event = 'Email Opened' AND NOT machine"
    assert missed(tmp_path, query, receipt("10:00", "Email Opened", machine=True))["failed"][0]["condition"] == "NOT machine"


def test_sessions_are_judged_too(tmp_path: Path) -> None:
    miss = missed(
        tmp_path, "SELECT device_id FROM sessions AS s WHERE s.searches + s.filters >= 1 AND s.adds = 0", visit("10:33", adds=2, searches=4)
    )
    assert miss["failed"] == [{"condition": "s.adds = 0", "values": {"adds": 2}}]


ROW = {
    "item_count": 2,
    "orders": 0,
    "total": 25.0,
    "currency": "EUR",
    "cart_id": None,
    "user_id": "Ana",
    "ended_at": f"{DAY}T10:00:00.000Z",
}


@pytest.mark.parametrize(
    ("condition", "met"),
    [
        ("orders = 0", True),
        ("item_count BETWEEN 1 AND 2", True),
        ("NOT (item_count > 1 OR orders > 0)", False),
        ("total > 25.00", False),
        ("cart_id IS NULL", True),
        ("cart_id = 'x'", False),
        ("cart_id <> 'x'", False),
        ("COALESCE(cart_id, 'none') = 'none'", True),
        ("currency IN ('EUR', 'USD')", True),
        ("LOWER(user_id) LIKE 'a%'", True),
        ("user_id LIKE 'a%'", False),
        ("CASE WHEN orders = 0 THEN item_count ELSE 0 END = 2", True),
        ("CAST(item_count AS STRING) = '2'", True),
        ("CHAR_LENGTH(currency) = 3", True),
        ("MOD(item_count, 2) = 0", True),
        ("TRUE", True),
        ("ended_at > CURRENT_TIMESTAMP", None),
        ("REGEXP(currency, 'E.*')", None),
        ("JSON_VALUE(items, '$[0].name') = 'x'", None),
        ("EXTRACT(HOUR FROM ended_at) > 8", None),
        ("item_count IN (SELECT 2)", None),
        ("CAST(ended_at AS DATE) = DATE '2026-03-01'", None),
        ("nonsense(", None),
        ('currency = "EUR"', None),
        ("load_extension('x') = 1", None),
    ],
)
def test_a_condition_is_judged_as_flink_would_or_not_at_all(condition: str, met: bool | None) -> None:
    assert judged(condition, ROW) is met


def test_shortened_web_addresses_are_judged_for_being_there_alone() -> None:
    row = {"landing_url": "https://shop.example/"}
    assert judged("landing_url IS NOT NULL", row, "sessions") is True
    assert judged("landing_url LIKE '%utm%'", row, "sessions") is None


def test_conditions_are_cut_at_their_own_ands_and_nowhere_else() -> None:
    (select,) = take_apart(
        "SELECT a FROM carts AS c -- WHERE no = 1\n WHERE a BETWEEN 1 AND 2 AND (b = 1 AND c = 2) AND d = ' AND ' /* AND */ AND "
        "CASE WHEN x AND y THEN 1 END = 1 OR z GROUP BY a HAVING COUNT(*) > 1"
    ).selects
    assert select.table == "carts"
    assert select.alias == "c"
    assert select.conditions == ("a BETWEEN 1 AND 2", "(b = 1 AND c = 2)", "d = ' AND '", "CASE WHEN x AND y THEN 1 END = 1 OR z")
    assert select.having == ("COUNT(*) > 1",)
