"""DEVICE_ACTIVITY against the oracle: carts, sessions and identities of seeded histories, equal to the last field."""

from __future__ import annotations

import json
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import pytest

from jobs.settings import load
from tests.flink.device_histories import BOUND, records
from tests.flink.mini_cluster import File, MiniCluster
from tests.oracle import activity
from tests.oracle.decode import Raw, Row, decode
from tests.oracle.differences import differences
from tests.oracle.instants import to_text
from tests.oracle.people import identities
from tests.oracle.samples import MINUTE, NOON, TABLE, line
from tests.oracle.samples import rows as clean_rows

COLUMNS = f"""
    device_id STRING, event STRING, event_time TIMESTAMP_LTZ(3), arrival BIGINT NOT NULL, anonymous_id STRING, user_id STRING, behavioural BOOLEAN,
    product_id STRING, name STRING, price DECIMAL(18, 2), quantity INT, currency STRING, cart_id STRING, `value` DECIMAL(18, 2), category STRING,
    query STRING, url STRING, referrer STRING, campaign STRING,
    lines ARRAY<ROW<product_id STRING, name STRING, price DECIMAL(18, 2), quantity INT>>, previous_id STRING, timezone STRING, locale STRING,
    WATERMARK FOR event_time AS event_time - INTERVAL '{BOUND // 1000}' SECOND
"""
KEPT = ("product_id", "name", "price", "quantity", "currency", "cart_id", "value", "category", "query", "url", "referrer", "campaign",
        "timezone", "locale")  # fmt: skip
TIMES = ("started_at", "last_at", "ended_at", "first_add_at")
CART = ("device_id", "user_id", "cart_id", "items", "item_count", "total", "currency", "adds", "removes", "orders", "first_add_at", "last_at", "ended_at",
        "cart_hash", "timezone", "locale")  # fmt: skip
SESSION = ("device_id", "user_id", "started_at", "last_at", "ended_at", "events", "pages", "product_views", "products", "categories", "last_product_id",
           "searches", "last_query", "filters", "adds", "orders", "revenue", "campaign", "referrer", "landing_url", "timezone", "locale")  # fmt: skip
IDENTITY = ("device_id", "person_id", "at")
Event = dict[str, Any]


def query(cart_changes_only: bool, memory: int) -> str:
    return f"""
        SELECT * FROM DEVICE_ACTIVITY(
            input => TABLE device_events PARTITION BY device_id, cart_gap_ms => {activity.CART_GAP}, session_gap_ms => {activity.SESSION_GAP},
            cart_changes_only => {str(cart_changes_only).upper()}, cart_memory_ms => {memory}, uid => 'device_activity'
        )
    """


def run(
    flink: MiniCluster,
    events: Iterable[Event],
    cart_changes_only: bool = False,
    backend: str = "hashmap",
    memory: int = activity.CART_MEMORY,
) -> list[Event]:
    """What the function gives, in order, times in epoch ms. events: what `device_events` makes, in order of arrival."""
    env = flink.environment(settings=load(overrides=[f"flink.state_backend={backend}"], environ={}))
    times = ", ".join(f"EPOCH_MILLIS({name}) AS {name}_ms" for name in TIMES)
    found = flink.rows(f"SELECT *, {times} FROM ({query(cart_changes_only, memory)})", {"device_events": File(COLUMNS, events)}, env)
    found = [row | {name: row[f"{name}_ms"] for name in TIMES} for row in found]
    return [row | ({"person_id": row["user_id"], "at": row["ended_at"]} if row["event"] == "identity" else {}) for row in found]


def kind(rows: Iterable[Event], name: str) -> list[Event]:
    return [row for row in rows if row["event"] == name]


def device_events(rows: Iterable[Row]) -> list[Event]:
    """The rows ingest makes of events: each itself, and for an alias one of the device it names."""
    return [event for row in rows for event in _device_events(row)]


def _device_events(row: Row) -> list[Event]:
    line = json.loads(row.raw.value or b"")
    columns = {name: str(value) if isinstance(value, Decimal) else value for name, value in row.columns.items() if name in KEPT}
    lines = None if row.lines is None else [
        one._asdict() | {"price": None if one.price is None else str(one.price)} for one in row.lines if one.product_id is not None
    ]  # fmt: skip
    common = {"event": row.event, "event_time": to_text(row.t), "arrival": row.raw.offset, "user_id": row.user_id}
    anonymous = line.get("anonymousId")
    found = [{**columns, **common, "device_id": row.device_id, "anonymous_id": anonymous, "behavioural": row.behavioural, "lines": lines,
              "previous_id": line.get("previousId") if row.event == "Aliased" else None}]  # fmt: skip
    if row.event == "Aliased" and line.get("previousId") is not None and row.user_id is not None:
        found.append({**common, "device_id": line["previousId"], "anonymous_id": line["previousId"], "behavioural": False})
    return found


def compare(found: list[Event], rows: list[Row], cart_changes_only: bool = False, memory: int = activity.CART_MEMORY) -> dict[str, str]:
    """Differences by kind; empty when there are none."""
    by_device, named = activity.by_device(rows), activity.namings(rows)
    devices = by_device.values()
    carts = [
        cart
        for name, device in by_device.items()
        for cart in activity.carts(
            [row for row in device if not cart_changes_only or row.event in activity.CART_EVENTS], named.get(name, []), memory=memory
        )
    ]
    sessions = [activity.session(run, activity.SESSION_GAP) for device in devices for run in activity.runs(device, activity.SESSION_GAP)]
    compared = {
        "cart": differences(carts, kind(found, "cart"), CART),
        "session": differences(sessions, kind(found, "session"), SESSION),
        "identity": differences(identities(rows), kind(found, "identity"), IDENTITY),
    }
    return {name: difference for name, difference in compared.items() if difference}


@pytest.fixture(scope="module")
def history() -> list[Row]:
    return decoded(records(devices=120, events=40, seed=20260301))


@pytest.fixture(scope="module")
def weeks() -> list[Row]:
    return decoded(records(devices=120, events=60, seed=20260309, over_days=True))


def decoded(lines: Iterable[Raw]) -> list[Row]:
    found = [decode(raw, TABLE) for raw in lines]
    assert all(isinstance(row, Row) and row.behavioural | (row.event in TABLE.not_behavioural) for row in found)
    return [row for row in found if isinstance(row, Row)]


@pytest.mark.parametrize(("cart_changes_only", "backend"), [(False, "hashmap"), (True, "hashmap"), (False, "rocksdb")])
def test_carts_sessions_and_identities_are_the_oracles(
    flink: MiniCluster, history: list[Row], cart_changes_only: bool, backend: str
) -> None:
    found = run(flink, device_events(history), cart_changes_only, backend)
    assert compare(found, history, cart_changes_only) == {}
    assert min(len(kind(found, name)) for name in ("cart", "session", "identity")) > 200
    assert compare(found, history, not cart_changes_only).keys() == {"cart"}, "both ways to cut carts cannot be right"


@pytest.mark.parametrize(("cart_changes_only", "backend"), [(False, "hashmap"), (True, "rocksdb")])
def test_carts_that_live_for_days_are_the_oracles(flink: MiniCluster, weeks: list[Row], cart_changes_only: bool, backend: str) -> None:
    found = run(flink, device_events(weeks), cart_changes_only, backend)
    assert compare(found, weeks, cart_changes_only) == {}
    started = [row["ended_at"] - row["first_add_at"] for row in kind(found, "cart") if row["item_count"] and row["first_add_at"]]
    assert sum(age > activity.CART_MEMORY for age in started) > 50, "no cart was taken over and over"
    assert compare(found, weeks, cart_changes_only, memory=activity.CART_MEMORY - 1).keys() == {"cart"}
    assert compare(found, weeks, cart_changes_only, memory=0).keys() == {"cart"}


def test_without_a_memory_each_cart_session_begins_with_an_empty_cart(flink: MiniCluster, weeks: list[Row]) -> None:
    found = run(flink, device_events(weeks), memory=0)
    assert compare(found, weeks, memory=0) == {}


def test_the_history_has_what_makes_it_hard(history: list[Row]) -> None:
    newest, disordered, equal = 0, 0, 0
    times: dict[str, set[int]] = {}
    for row in history:
        disordered += row.t < newest
        newest = max(newest, row.t)
        assert newest - row.t < BOUND, "an event is late: the oracle has no rule for it"
        equal += row.t in times.setdefault(row.device_id, set())
        times[row.device_id].add(row.t)
    assert disordered > 200
    assert equal > 200
    gaps = [right - left for device in times.values() for left, right in zip(sorted(device), sorted(device)[1:], strict=False)]
    assert gaps.count(activity.CART_GAP) > 100
    assert gaps.count(activity.SESSION_GAP) > 100


def heartbeat(t: int) -> Event:
    """Event time moves to t ms after NOON, less the bound. It comes out at once, and so shows what came out before it and after."""
    return {"event": "$heartbeat", "device_id": f"$hb-{t}", "event_time": to_text(NOON + t), "arrival": 0, "behavioural": False}


def test_rows_come_when_event_time_has_passed_the_gap_and_not_before(flink: MiniCluster) -> None:
    added = device_events(clean_rows([line("Product Added", 0, user="u1", product_id="p1")]))
    moments = [BOUND - 1, BOUND, 5 * MINUTE + BOUND - 1, 5 * MINUTE + BOUND, 30 * MINUTE + BOUND - 1, 30 * MINUTE + BOUND, 60 * MINUTE]
    found = run(flink, [*added, *map(heartbeat, moments)])
    assert [row["device_id"] if row["event"] == "$heartbeat" else row["event"] for row in found] == [
        f"$hb-{moments[0]}", f"$hb-{moments[1]}", "identity", f"$hb-{moments[2]}", f"$hb-{moments[3]}", "cart", f"$hb-{moments[4]}",
        f"$hb-{moments[5]}", "session", f"$hb-{moments[6]}",
    ]  # fmt: skip
    assert [row["ended_at"] - NOON for row in found if row["event"] != "$heartbeat"] == [0, 5 * MINUTE, 30 * MINUTE]


def test_a_late_event_counts_in_what_is_open_and_opens_nothing_that_has_closed(flink: MiniCluster) -> None:
    in_time, late, lost = device_events(
        clean_rows(
            [
                line("Product Added", 0, product_id="p1"),
                line("Product Added", MINUTE, product_id="p2"),
                line("Product Viewed", 2 * MINUTE, product_id="p3"),
            ]
        )
    )
    found = run(flink, [in_time, heartbeat(10 * MINUTE), late, heartbeat(60 * MINUTE), lost, heartbeat(120 * MINUTE)])
    (cart,) = kind(found, "cart")
    (session,) = kind(found, "session")
    assert (cart["item_count"], cart["last_at"] - NOON) == (1, 0)
    assert (session["adds"], session["product_views"], session["last_at"] - NOON) == (2, 0, MINUTE)


LATE_ORDERS = {
    "of what the cart held": (2 * MINUTE, ["p2"]),
    "long after the cart session": (20 * MINUTE, ["p2"]),
    "older than the cart": (-MINUTE, ["p1", "p2"]),
}


@pytest.mark.parametrize(("t", "left"), LATE_ORDERS.values(), ids=LATE_ORDERS)
def test_an_order_that_comes_too_late_for_its_cart_session_empties_what_was_left(flink: MiniCluster, t: int, left: list[str]) -> None:
    first, late, second = device_events(
        clean_rows(
            [line("Product Added", 0, product_id="p1"), line("Order Completed", t), line("Product Added", 60 * MINUTE, product_id="p2")]
        )
    )
    found = run(flink, [first, heartbeat(30 * MINUTE), late, heartbeat(31 * MINUTE), second, heartbeat(120 * MINUTE)])
    carts = kind(found, "cart")
    assert [[item["product_id"] for item in json.loads(cart["items"])] for cart in carts] == [["p1"], left]
    assert [cart["orders"] for cart in carts] == [0, 0]


def test_an_order_that_comes_too_late_counts_in_the_cart_session_that_goes_on(flink: MiniCluster) -> None:
    added, late, *looks = device_events(
        clean_rows(
            [
                line("Product Added", 0, product_id="p1"),
                line("Order Completed", MINUTE),
                *(line("Page Viewed", t * MINUTE) for t in (4, 8, 12)),
            ]
        )
    )
    found = run(flink, [added, *looks[:2], heartbeat(9 * MINUTE), late, looks[2], heartbeat(120 * MINUTE)])
    (cart,) = kind(found, "cart")
    assert (cart["items"], cart["orders"], cart["last_at"] - NOON) == ("[]", 1, 12 * MINUTE)


def test_a_person_who_is_named_late_finds_none_of_what_another_left(flink: MiniCluster) -> None:
    ana, ben, later = device_events(
        clean_rows(
            [
                line("Product Added", 0, user="ana", product_id="p1"),
                line("Product Viewed", 10 * MINUTE, user="ben"),
                line("Product Added", 60 * MINUTE, product_id="p2"),
            ]
        )
    )
    found = run(flink, [ana, heartbeat(50 * MINUTE), ben, later, heartbeat(120 * MINUTE)])
    carts = [(cart["user_id"], [item["product_id"] for item in json.loads(cart["items"])]) for cart in kind(found, "cart")]
    assert carts == [("ana", ["p1"]), ("ben", ["p2"])]


def test_a_late_pair_counts_unless_the_device_has_named_a_newer_person(flink: MiniCluster) -> None:
    pairs = [("d1", "ana", 20), ("d1", "bea", 10), ("d2", "cy", 10), ("d2", "dan", 20)]
    first, older, second, newer = (
        {**heartbeat(t * MINUTE), "event": "Identified", "device_id": device, "anonymous_id": device, "user_id": user} for device, user, t in pairs
    )  # fmt: skip
    found = run(flink, [second, first, heartbeat(60 * MINUTE), older, newer, heartbeat(120 * MINUTE)])
    people = [(row["device_id"], row["person_id"], row["at"] - NOON) for row in kind(found, "identity")]
    assert people == [("d2", "cy", 10 * MINUTE), ("d1", "ana", 20 * MINUTE), ("d2", "dan", 20 * MINUTE)]


def test_counts_beyond_what_a_column_holds_stay_at_its_end(flink: MiniCluster) -> None:
    products = [{"product_id": f"p{number % 2}", "quantity": 1_000_000, "price": 10**15} for number in range(2200)]
    found = run(flink, device_events(clean_rows([line("Product Added", t, products=products) for t in (0, 1)])))
    (cart,) = kind(found, "cart")
    assert cart["item_count"] == 2**31 - 1
    assert [item["quantity"] for item in json.loads(cart["items"])] == [2**31 - 1] * 2
    assert cart["total"] is None
