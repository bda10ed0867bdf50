"""PRODUCT_INTERESTS: whom a catalogue change is told to, against plain Python; PRODUCT_CHANGES: what counts as a change."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from jobs.settings import load
from tests.flink.mini_cluster import File, MiniCluster
from tests.oracle.instants import to_text
from tests.oracle.samples import HOUR, NOON

DAY = 24 * HOUR
SECOND = 1000
COLUMNS = """
    product_id STRING, event STRING, device_id STRING, user_id STRING, price_before DECIMAL(18, 2), price DECIMAL(18, 2),
    stock_before INT, stock INT, title STRING, url STRING, image_url STRING, category STRING, currency STRING,
    at_time TIMESTAMP_LTZ(3) NOT NULL,
    WATERMARK FOR at_time AS CASE WHEN product_id IS NULL THEN at_time END
"""
QUERY = """
    SELECT product_id, device_id, user_id, interest, EPOCH_MILLIS(interested_at) AS interested, EPOCH_MILLIS(changed_at) AS changed, price_before, price, title
    FROM (SELECT *, CAST(`rowtime` AS TIMESTAMP_LTZ(3)) AS changed_at FROM PRODUCT_INTERESTS(
        input => TABLE acts PARTITION BY product_id, memory_days => 30, most_devices => {most}, on_time => DESCRIPTOR(at_time), uid => 'interests'
    ))
"""
Row = dict[str, Any]
KINDS = ["Product Viewed", "Product Added", "Product Added to Wishlist", "Product Removed from Wishlist", "Order Completed"]


def act(event: str, device: str, t: int, user: str | None = None, product: str = "p1") -> Row:
    return {"product_id": product, "event": event, "device_id": device, "user_id": user, "at_time": to_text(NOON + t)}


def change(t: int, price: float = 8, product: str = "p1") -> Row:
    return {
        "product_id": product,
        "price_before": 10,
        "price": price,
        "title": "Tea „grün“" * 30_000,
        "at_time": to_text(NOON + t),
    }


def clock(t: int) -> Row:
    return {"at_time": to_text(NOON + t)}


def told(flink: MiniCluster, rows: list[Row], most: int = 100, backend: str = "hashmap") -> list[Row]:
    env = flink.environment(settings=load(overrides=[f"flink.state_backend={backend}"], environ={}))
    found = flink.rows(QUERY.format(most=most), {"acts": File(COLUMNS, rows)}, env)
    return [row | {"interested": row["interested"] - NOON, "changed": row["changed"] - NOON} for row in found]


def brief(rows: list[Row]) -> list[tuple[str, str, int, int]]:
    return [(row["device_id"], row["interest"], row["interested"], row["changed"]) for row in rows]


def test_a_change_is_told_to_every_device_that_cared_in_the_order_of_their_names(flink: MiniCluster) -> None:
    rows = [
        act("Product Viewed", "d2", -2 * HOUR, "ana"),
        act("Product Viewed", "d1", -HOUR),
        act("Product Added", "d1", -HOUR - SECOND),
        act("Product Added to Wishlist", "d3", -HOUR),
        act("Product Viewed", "d3", 0),
        act("Product Viewed", "d4", 0, product="p2"),
        change(0),
        clock(SECOND),
    ]
    found = told(flink, rows)
    assert brief(found) == [("d1", "added", -HOUR - SECOND, 0), ("d2", "viewed", -2 * HOUR, 0), ("d3", "wished", -HOUR, 0)]
    assert [row["user_id"] for row in found] == [None, "ana", None]
    assert found[0]["price_before"] > found[0]["price"]
    assert found[0]["title"] == "Tea „grün“" * 30_000  # longer than 64 KB


def test_only_what_was_done_by_then_counts_whatever_has_arrived(flink: MiniCluster) -> None:
    rows = [act("Product Viewed", "d1", 3 * SECOND), act("Order Completed", "d2", 4 * SECOND), act("Product Viewed", "d2", SECOND)]
    rows += [act("Product Viewed", "d1", SECOND), change(2 * SECOND), change(9 * SECOND, 7), change(500, 6), clock(10 * SECOND)]
    assert brief(told(flink, rows)) == [
        ("d1", "viewed", SECOND, 2 * SECOND),
        ("d2", "viewed", SECOND, 2 * SECOND),
        ("d1", "viewed", 3 * SECOND, 9 * SECOND),
    ]


def test_an_order_ends_every_interest_and_taking_it_off_the_list_the_wish_alone(flink: MiniCluster) -> None:
    rows = [act(event, device, n) for device in ("d1", "d2") for n, event in enumerate(KINDS[:3])]
    rows += [act("Order Completed", "d1", 10), act("Product Removed from Wishlist", "d2", 10), act("Order Completed", "d3", 10)]
    rows += [change(20), clock(30), act("Product Viewed", "d1", 40), change(50), clock(60)]
    assert brief(told(flink, rows)) == [("d2", "added", 1, 20), ("d1", "viewed", 40, 50), ("d2", "added", 1, 50)]


def test_after_thirty_days_nobody_cares(flink: MiniCluster) -> None:
    rows = [act("Product Viewed", "d1", 0), act("Product Added to Wishlist", "d2", 0), act("Product Viewed", "d2", DAY), clock(2 * DAY)]
    rows += [change(30 * DAY), clock(30 * DAY), change(30 * DAY + 1), clock(31 * DAY), change(31 * DAY + 1), clock(40 * DAY)]
    assert brief(told(flink, rows)) == [
        ("d1", "viewed", 0, 30 * DAY),
        ("d2", "wished", 0, 30 * DAY),
        ("d2", "viewed", DAY, 30 * DAY + 1),
    ]


def test_a_late_view_is_no_interest(flink: MiniCluster) -> None:
    rows = [act("Product Viewed", "d1", 0), clock(5), act("Product Viewed", "d2", 5), act("Product Viewed", "d3", 6), change(10), clock(11)]
    assert [row["device_id"] for row in told(flink, rows)] == ["d1", "d3"]


def test_a_product_everybody_looks_at_keeps_those_who_looked_last(flink: MiniCluster) -> None:
    rows = [act("Product Viewed", f"d{n:03}", n) for n in range(201)] + [clock(300), change(400), clock(500)]
    found = [row["device_id"] for row in told(flink, rows, most=100)]
    assert len(found) in range(90, 101)
    assert found == [f"d{n:03}" for n in range(201 - len(found), 201)]


def expected(rows: list[Row], until: dict[int, int]) -> list[tuple[str, str, str, int, int]]:
    """The same in plain Python: all acts that were not late, by time and kind. until: place of a row → watermark before it."""
    times = {to_text(NOON + t): t for row in rows for t in [row["t"]]}
    usable = [row | {"t": times[row["at_time"]]} for place, row in enumerate(rows) if row["product_id"] and row["t"] > until[place]]
    found = []
    for one in (row for row in usable if "event" not in row):
        before = sorted(
            (row for row in usable if "event" in row and row["product_id"] == one["product_id"] and row["t"] <= one["t"]),
            key=lambda row: (row["t"], KINDS.index(row["event"])),
        )
        last: dict[str, dict[str, int]] = {}
        for row in before:
            mine = last.setdefault(row["device_id"], {})
            match row["event"]:
                case "Order Completed":
                    mine.clear()
                case "Product Removed from Wishlist":
                    mine.pop("wished", None)
                case event:
                    mine[{"Product Viewed": "viewed", "Product Added": "added"}.get(event, "wished")] = row["t"]
        for device in sorted(last):
            recent = {kind: t for kind, t in last[device].items() if t >= one["t"] - 30 * DAY}
            kind = next((kind for kind in ("wished", "added", "viewed") if kind in recent), None)
            if kind:
                found.append((one["product_id"], device, kind, recent[kind], one["t"]))
    return sorted(found)


@pytest.mark.parametrize("backend", ["hashmap", "rocksdb"])
def test_months_of_acts_in_disorder_give_what_plain_python_gives(flink: MiniCluster, backend: str) -> None:
    rng = Random(20)
    rows: list[Row] = []
    until: dict[int, int] = {}
    now, watermark = 0, -1
    for _ in range(3000):
        now += rng.choice([0, SECOND, HOUR, 3 * HOUR])
        t = now - rng.choice([0, 0, 0, SECOND, HOUR, 5 * HOUR])
        product, device = f"p{rng.randrange(3)}", f"d{rng.randrange(12)}"
        until[len(rows)] = watermark
        kind = rng.random()
        if kind < 0.1:
            rows.append(change(t, product=product) | {"title": "t", "t": t})
        elif kind < 0.2:
            watermark = max(watermark, now - 6 * HOUR)
            rows.append(clock(now - 6 * HOUR) | {"t": now - 6 * HOUR, "product_id": None})
        else:
            rows.append(act(rng.choice(KINDS), device, t, product=product) | {"t": t})
    found = told(flink, [{name: value for name, value in row.items() if name != "t"} for row in rows], backend=backend)
    assert sorted((row["product_id"], *one) for row, one in zip(found, brief(found), strict=True)) == expected(rows, until)
    assert len(found) > 500
