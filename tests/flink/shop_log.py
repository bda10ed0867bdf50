"""Rows of the topics that triggers read, as files hold them for `OnFiles`, and a clock for each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from operator import itemgetter
from typing import Any

from jobs.environment import StreamEnvironment
from jobs.evaluate.sources import TABLES
from tests.flink.mini_cluster import MiniCluster
from tests.oracle.instants import to_text
from tests.oracle.samples import NOON

Row = dict[str, Any]
CLOCKS = {
    "carts": ("device_id", ("ended_at",)),
    "sessions": ("device_id", ("ended_at",)),
    "events": ("device_id", ("event_time",)),
    "identities": ("device_id", ("valid_from",)),
    "profiles": ("person_id", ("valid_from",)),
    "catalog": ("product_id", ("valid_from", "changed_at")),  # read twice: as versions and as changes
}
"""Topic → key, columns that hold the record time."""


def at(t: int) -> str:
    """Text of t ms after NOON."""
    return to_text(NOON + t)


def event(event_name: str, device: str, t: int, user: str | None = None, **columns: Any) -> Row:
    """A row of `events`."""
    return {
        "event_id": f"{event_name}-{device}-{t}",
        "event": event_name,
        "device_id": device,
        "user_id": user,
        "event_time": at(t),
    } | columns


def product(product_id: str, t: int, price: float | None, stock: int | None, **columns: Any) -> Row:
    """A row of `catalog`: a version of a product."""
    row = {"product_id": product_id, "price": price, "stock": stock, "valid_from": at(t), "changed_at": at(t)}
    return row | {"title": f"Product {product_id}", "url": f"https://shop.example/{product_id}", "currency": "EUR"} | columns


def topics(rows: Mapping[str, Iterable[Row]], clock: int, start: int = 0) -> dict[str, list[Row]]:
    """Rows of every topic with heartbeats around them. start, clock: first and last heartbeat in ms after NOON; rows lie between."""
    found: dict[str, list[Row]] = {}
    for topic, (key, columns) in CLOCKS.items():
        beats = [
            {"event": "$heartbeat", key: f"$hb-{partition}-0", **dict.fromkeys(columns, at(t))}
            for t in (start, clock)
            for partition in range(4)
        ]
        found[topic] = sorted([*rows.get(topic, ()), *beats], key=itemgetter(columns[0]))
    return found


def tables(flink: MiniCluster, rows: Mapping[str, Iterable[Row]], clock: int, start: int = 0) -> StreamEnvironment:
    """A job with every published table over these rows. start, clock: as of `topics`."""
    env, _ = flink.on_files("test", topics(rows, clock, start), [])
    for table in TABLES:
        env.run_script(f"tables/{table}.sql")
    return env
