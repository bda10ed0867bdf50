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
from tests.oracle.decode import Row, decode
from tests.oracle.differences import differences
from tests.oracle.instants import to_text
from tests.oracle.people import identities
from tests.oracle.samples import MINUTE, NOON, TABLE, line
from tests.oracle.samples import rows as clean_rows

COLUMNS = f"""
    device_id STRING, event STRING, event_time TIMESTAMP_LTZ(3), arrival BIGINT NOT NULL, anonymous_id STRING, user_id STRING, behavioural BOOLEAN,
    product_id STRING, name STRING, price DECIMAL(18, 2), quantity INT, currency STRING, cart_id STRING, `value` DECIMAL(18, 2), category STRING,
    query STRING, url STRING, referrer STRING, campaign STRING,
    lines ARRAY<ROW<product_id STRING, name STRING, price DECIMAL(18, 2), quantity INT>>,
    WATERMARK FOR event_time AS event_time - INTERVAL '{BOUND // 1000}' SECOND
"""
KEPT = ("product_id", "name", "price", "quantity", "currency", "cart_id", "value", "category", "query", "url", "referrer", "campaign")
TIMES = ("started_at", "last_at", "ended_at", "first_add_at")
CART = ("device_id", "user_id", "cart_id", "items", "item_count", "total", "currency", "adds", "removes", "orders", "first_add_at", "last_at", "ended_at",
        "cart_hash")  # fmt: skip
SESSION = ("device_id", "user_id", "started_at", "last_at", "ended_at", "events", "pages", "product_views", "products", "categories", "last_product_id",
           "searches", "last_query", "filters", "adds", "orders", "revenue", "campaign", "referrer", "landing_url")  # fmt: skip
IDENTITY = ("device_id", "person_id", "at")


def query(cart_changes_only: bool) -> str:
    return f"""
        SELECT * FROM DEVICE_ACTIVITY(
            input => TABLE device_events PARTITION BY device_id, cart_gap_ms => {activity.CART_GAP}, session_gap_ms => {activity.SESSION_GAP},
            cart_changes_only => {str(cart_changes_only).upper()}, uid => 'device_activity'
        )
    """


def run(flink: MiniCluster, rows: Iterable[Row], cart_changes_only: bool = False, backend: str = "hashmap") -> dict[str, list[dict[str, Any]]]:
    """Rows by kind: cart, session, identity, $heartbeat. rows: in order of arrival."""
    env = flink.environment(settings=load(overrides=[f"flink.state_backend={backend}"], environ={}))
    table = File(COLUMNS, [event for row in rows for event in device_events(row)])
    times = ", ".join(f"EPOCH_MILLIS({name}) AS {name}_ms" for name in TIMES)
    env_rows = flink.rows(f"SELECT *, {times} FROM ({query(cart_changes_only)})", {"device_events": table}, env)
    found: dict[str, list[dict[str, Any]]] = {kind: [] for kind in ("cart", "session", "identity", "$heartbeat")}
    for row in env_rows:
        row |= {name: row[f"{name}_ms"] for name in TIMES}
        found[row["event"]].append(row | ({"person_id": row["user_id"], "at": row["ended_at"]} if row["event"] == "identity" else {}))
    return found


def device_events(row: Row) -> list[dict[str, Any]]:
    """The rows ingest makes of an event: itself, and for an alias one of the device it names."""
    line = json.loads(row.raw.value or b"")
    columns = {name: str(value) if isinstance(value, Decimal) else value for name, value in row.columns.items() if name in KEPT}
    lines = None if row.lines is None else [
        one._asdict() | {"price": None if one.price is None else str(one.price)} for one in row.lines if one.product_id is not None
    ]  # fmt: skip
    common = {"event": row.event, "event_time": to_text(row.t), "arrival": row.raw.offset, "user_id": row.user_id}
    anonymous = line.get("anonymousId")
    found = [{**columns, **common, "device_id": row.device_id, "anonymous_id": anonymous, "behavioural": row.behavioural, "lines": lines}]
    if row.event == "Aliased" and line.get("previousId") is not None and row.user_id is not None:
        found.append({**common, "device_id": line["previousId"], "anonymous_id": line["previousId"], "behavioural": False})
    return found


def compare(found: dict[str, list[dict[str, Any]]], rows: list[Row], cart_changes_only: bool = False) -> dict[str, str]:
    """Differences by kind; empty when there are none."""
    devices = activity.by_device(rows).values()
    in_carts = [[row for row in device if not cart_changes_only or row.event in activity.CART_EVENTS] for device in devices]
    carts = [cart for one in in_carts for run in activity.runs(one, activity.CART_GAP) if run and (cart := activity.cart(run, activity.CART_GAP))]
    sessions = [activity.session(run, activity.SESSION_GAP) for device in devices for run in activity.runs(device, activity.SESSION_GAP)]
    compared = {
        "cart": differences(carts, found["cart"], CART),
        "session": differences(sessions, found["session"], SESSION),
        "identity": differences(identities(rows), found["identity"], IDENTITY),
    }
    return {kind: difference for kind, difference in compared.items() if difference}


@pytest.fixture(scope="module")
def history() -> list[Row]:
    found = [decode(raw, TABLE) for raw in records(devices=120, events=40, seed=20260301)]
    assert all(isinstance(row, Row) for row in found)
    return [row for row in found if isinstance(row, Row)]


@pytest.mark.parametrize(("cart_changes_only", "backend"), [(False, "hashmap"), (True, "hashmap"), (False, "rocksdb")])
def test_carts_sessions_and_identities_are_the_oracles(flink: MiniCluster, history: list[Row], cart_changes_only: bool, backend: str) -> None:
    found = run(flink, history, cart_changes_only, backend)
    assert compare(found, history, cart_changes_only) == {}
    assert min(len(found[kind]) for kind in ("cart", "session", "identity")) > 200


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
