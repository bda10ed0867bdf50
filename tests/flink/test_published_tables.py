"""What authors read: each table has the columns its schema promises, and rows that say what they say."""

from __future__ import annotations

import json
import re
from importlib import resources
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from jobs.definitions import published
from jobs.evaluate.sources import PUBLISHED
from tests.flink.mini_cluster import MiniCluster
from tests.flink.shop_log import Row, event, product, tables
from tests.oracle.samples import HOUR, MINUTE

DAY = 24 * HOUR


def select(flink: MiniCluster, table: str, rows: dict[str, list[Row]], clock: int) -> list[Row]:
    """Rows of a published table as JSON, times as the schemas want them."""
    env = tables(flink, rows, clock, start=-60 * DAY)
    columns = [
        f"ISO_TIME(CAST({one.name} AS TIMESTAMP_LTZ(3))) AS {one.name}" if one.type.startswith("TIMESTAMP") else f"`{one.name}`"
        for one in published.tables()[table].columns
    ]
    return flink.rows(f"SELECT {', '.join(columns)} FROM {table}", {}, env)


def check(table: str, rows: list[Row]) -> None:
    schema = json.loads((resources.files("sql") / "schemas" / f"{table}.schema.json").read_text(encoding="utf-8"))
    validator = Draft202012Validator(schema)
    for row in rows:
        assert [error.message for error in validator.iter_errors(json.loads(json.dumps(row, default=float)))] == [], row


def test_every_published_table_is_declared_and_made() -> None:
    assert set(PUBLISHED) == set(published.tables())


@pytest.mark.parametrize("table", sorted(PUBLISHED))
def test_a_table_has_the_columns_and_types_it_is_said_to_have(flink: MiniCluster, table: str) -> None:
    declared = published.tables()[table]
    env = flink.environment("test")
    for name in PUBLISHED:
        env.run_script(f"tables/{name}.sql")
    types = {column.getName(): str(column.getDataType()) for column in env.table.from_path(table)._j_table.getResolvedSchema().getColumns()}
    found = {name: re.sub(r" NOT NULL| \*ROWTIME\*|`", "", kind) for name, kind in types.items()}
    if declared.kind == "versioned":
        del found["event"]  # marks heartbeats; no row an author meets has it
    assert found == {column.name: column.type.replace("`", "") for column in declared.columns}
    assert "*ROWTIME*" in types[declared.time_column], "no event time"


def test_a_table_nobody_reads_is_not_in_the_plan(flink: MiniCluster) -> None:
    env = tables(flink, {}, 0)
    assert "events_topic" not in (plan := env.table.sql_query("SELECT * FROM catalog_changes").explain()), plan
    plan = env.table.sql_query("SELECT * FROM receipts").explain()
    assert "events_topic" in plan
    assert "catalog_topic" not in plan


RECEIPT = {
    "trigger_id": "57184V2D7RZGQ8YDP0RFFB3YC4",
    "trigger": "cart_abandoned",
    "person_id": "ana",
    "email_subject": "Hej!",
    "link_id": 101,
}


def receipt(name: str, t: int, user: str | None = "ana", **properties: Any) -> Row:
    return event(name, f"user:{user}", t, user, properties=json.dumps(properties), email_id="mail-1")


def test_receipts_are_the_events_of_mails_with_what_the_platform_hands_back(flink: MiniCluster) -> None:
    rows = [
        receipt("Email Delivered", 0),
        receipt("Email Link Clicked", 1, None, **RECEIPT) | {"link_url": "https://shop.example/p1"},
        receipt("Email Opened", 2, machine=True),
        receipt("Email Bounced", 3, bounce="soft", machine="no"),
        receipt("Unsubscribed", 4) | {"flags": ["historical"]},
        receipt("Email Marked as Spam", 5) | {"properties": None},
        event("Product Viewed", "d1", 6, "ana", properties=json.dumps(RECEIPT)),
    ]
    found = select(flink, "receipts", {"events": rows}, HOUR)
    check("receipts", found)
    assert [row["event"] for row in found] == [
        "Email Delivered",
        "Email Link Clicked",
        "Email Opened",
        "Email Bounced",
        "Email Marked as Spam",
    ]
    clicked = found[1]
    assert {name: clicked[name] for name in ("trigger_id", "trigger", "person_id", "subject", "link_id", "link_url", "email_id")} == {
        "trigger_id": RECEIPT["trigger_id"], "trigger": "cart_abandoned", "person_id": "ana", "subject": "Hej!", "link_id": "101",
        "link_url": "https://shop.example/p1", "email_id": "mail-1",
    }  # fmt: skip
    assert clicked["user_id"] is None
    assert [row["person_id"] for row in found] == ["ana"] * 5
    assert [row["machine"] for row in found] == [False, False, True, False, False]
    assert found[3]["bounce"] == "soft"


def test_an_order_has_a_line_for_each_product_whatever_the_producer_calls_them(flink: MiniCluster) -> None:
    segment = {
        "products": [{"product_id": "p1", "name": "Tea", "price": "2.50", "quantity": 3}, {"sku": "x"}, {"product_id": 7, "price": -1}]
    }
    rows = [
        event("Order Completed", "d1", 0, "ana", order_id="o1", currency="EUR", value=9.5, properties=json.dumps(segment)),
        event("Order Completed", "d2", 1, properties=json.dumps({"ecommerce": {"items": [{"item_id": "g1"}, {"id": "g2"}]}})),
        event("Order Completed", "d3", 2, product_id="p9", price=1, quantity=1, properties=json.dumps({"items": [{"item_id": "p9"}]})),
        event("Order Completed", "d4", 3, properties="{}"),
        event("Order Completed", "d5", 4, properties='{"products": {"product_id": "p1"}}'),
        event("Product Added", "d6", 5, product_id="p1"),
    ]
    found = select(flink, "order_lines", {"events": rows}, HOUR)
    check("order_lines", found)
    assert [(row["device_id"], row["product_id"], row.get("quantity")) for row in found] == [
        ("d1", "p1", 3), ("d1", "7", None), ("d2", "g1", None), ("d2", "g2", None), ("d3", "p9", 1),
    ]  # fmt: skip
    assert (found[0]["order_id"], str(found[0]["price"]), str(found[0]["order_value"])) == ("o1", "2.50", "9.50")
    assert found[2]["order_id"] == "Order Completed-d2-1"


def test_a_change_of_price_or_stock_is_told_with_what_was_before(flink: MiniCluster) -> None:
    rows = [
        product("p1", 0, 10, 4),
        product("p1", 1, 10, 4, title="New title"),
        product("p1", 2, 9, 4),
        product("p2", 2, 5, None),
        product("p1", 3, 9, 0),
        product("p1", 3, 8, 0),  # a version of the same millisecond: the log says which is later
        product("p1", 3, 8, 2),
        {"product_id": "p1", "erased": True, "valid_from": "2026-03-01T12:00:00.003Z", "changed_at": "2026-03-01T12:00:00.003Z"},
        product("p1", 4, None, 2),
        product("p2", DAY, 5, None),
        product("p2", 9 * DAY, 4, None),
    ]
    found = select(flink, "catalog_changes", {"catalog": rows}, 10 * DAY)
    check("catalog_changes", found)
    amounts = [
        (
            row["product_id"],
            *(None if row.get(name) is None else int(row[name]) for name in ("price_before", "price", "stock_before", "stock")),
        )
        for row in found
    ]
    assert amounts == [
        ("p1", 10, 9, 4, 4), ("p1", 9, 9, 4, 0), ("p1", 9, 8, 0, 0), ("p1", 8, 8, 0, 2), ("p1", 8, None, 2, 2), ("p2", 5, 4, None, None),
    ]  # fmt: skip
    assert found[0]["title"] == "Product p1"


def test_interests_join_what_devices_did_with_what_changed(flink: MiniCluster) -> None:
    lines = json.dumps({"products": [{"product_id": "p1"}, {"product_id": "p2"}]})
    rows = {
        "events": [
            event("Product Viewed", "d-old", -31 * DAY, product_id="p1"),
            event("Product Viewed", "d-looked", -DAY, "ana", product_id="p1"),
            event("Product Viewed", "d-bought", -DAY, product_id="p1"),
            event("Order Completed", "d-bought", -HOUR, properties=lines),
            event("Product Added to Wishlist", "d-wished", -HOUR, product_id="p1"),
            event("Product Viewed", "d-history", -HOUR, product_id="p1", flags=["historical"]),
            event("Product Viewed", "d-later", 6 * MINUTE, product_id="p1"),
            event("Page Viewed", "d-page", -HOUR, product_id="p1"),
        ],
        "catalog": [product("p1", -2 * DAY, 20, 1), product("p1", 5 * MINUTE, 15, 1), product("p2", -HOUR, 3, 3), product("p2", 0, 2, 3)],
    }
    found = select(flink, "interests", rows, HOUR)
    check("interests", found)
    assert [(row["device_id"], row["interest"], row.get("user_id")) for row in found] == [
        ("d-looked", "viewed", "ana"), ("d-wished", "wished", None),
    ]  # fmt: skip
    assert [(int(row["price_before"]), int(row["price"]), row["changed_at"]) for row in found] == [(20, 15, "2026-03-01T12:05:00.000Z")] * 2
