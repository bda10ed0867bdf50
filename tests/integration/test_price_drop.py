"""Prices through real Kafka: the broker's clock, heartbeats beside data, a tombstone, and who is told of a drop."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.integration.pipeline import Pipeline, pipeline
from tests.oracle.instants import to_text


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, jars: Path) -> Iterator[Pipeline]:
    with pipeline(tmp_path_factory.mktemp("prices") / "state", jars, "packs=[catalog]") as started:
        yield started


def viewed(device: str, product: str, ms: int) -> tuple[str, bytes]:
    line = {
        "type": "track",
        "event": "Product Viewed",
        "anonymousId": device,
        "timestamp": to_text(ms),
        "properties": {"product_id": product},
    }
    return device, json.dumps(line | {"messageId": f"{device}-{product}"}).encode()


def priced(product: str, price: float | None, updated_ms: int) -> tuple[str, bytes | None]:
    row: dict[str, Any] = {"product_id": product, "title": product, "price": price, "stock": 3, "updated_at": to_text(updated_ms)}
    return product, None if price is None else json.dumps(row).encode()


def test_who_looked_is_told_of_every_drop_once_the_clock_has_passed_it(running: Pipeline) -> None:
    before = int(time.time() * 1000)
    running.feed([viewed("d1", "p1", before - 300_000), viewed("d2", "p1", before - 200_000), viewed("d2", "p2", before - 100_000)])
    # all times of the feed's own lie in the past: what counts is when the broker got the version
    versions = [("p1", 20), ("p2", 20), ("p1", 16), ("p2", 19), ("p1", None), ("p1", 12)]
    for product, price in versions:
        key, value = priced(product, price, before - 86_400_000)
        running.produce("catalog", key, value, before - 86_400_000)
    assert running.producer.flush(240) == 0

    running.start("ingest", "evaluate")
    found = running.wait_for("trigger_candidates", 4)

    assert sorted((row["trigger"], row["device_id"], row["occasion"]) for row in found) == [
        ("price_dropped", device, f"p1:{price}") for device in ("d1", "d2") for price in ("12.00", "16.00")
    ]
    times = {record.at_ms for record in running.records("catalog")}
    assert {datetime.fromisoformat(row["fired_at"]) for row in found} <= {datetime.fromtimestamp(at / 1000, UTC) for at in times}
    assert min(times) >= before
