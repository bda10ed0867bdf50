"""In real time: event time goes on when nobody comes, and a broker that was away makes nothing late."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from rekindle.local.waiting import wait_until
from tests.integration.pipeline import LIMIT, Pipeline, pipeline

pytestmark = pytest.mark.slow  # that event time goes on, test_demo.py shows too; that a broker may be away, tests/faults
PAUSE_S = 20.0
# Short gaps, so that a cart falls due while the test watches; the bound on disorder stays as shipped.
SHORT = ("times.cart_gap=6 s", "times.session_gap=20 s", "times.arbitration=2 s")


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory, jars: Path) -> Iterator[Pipeline]:
    with pipeline(tmp_path_factory.mktemp("live") / "state", jars, *SHORT) as running:
        long_ago = int(time.time() * 1000) - 3_600_000
        running.feed([], [(long_ago, person, a_profile(person)) for person in ("quiet", "before", "during", "after")])
        running.start("ingest", "quarantine", "evaluate", "gate", "deliver")
        assert wait_until(lambda: running.clock("trigger_candidates") > 0, LIMIT, pause=1.0), "no heartbeat reached the candidates"
        yield running


def a_profile(person: str) -> dict[str, Any]:
    granted = {"granted": True, "version": 1, "source": "test", "at": "2026-01-01T00:00:00.000Z"}
    return {
        "person_id": person,
        "email": f"{person}@example.com",
        "consent": {"marketing_email": granted},
        "suppressed": None,
        "updated_at": "2026-01-01T00:00:00.000Z",
    }


def an_add(person: str, number: int = 0) -> tuple[str, bytes]:
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    device = f"device-{person}"
    line = {
        "messageId": f"{person}-{number}",
        "type": "track",
        "event": "Product Added",
        "anonymousId": device,
        "userId": person,
        "timestamp": now,
        "properties": {"product_id": f"p{number}", "price": 10, "quantity": 1},
    }
    return device, json.dumps(line).encode()


def persons(running: Pipeline) -> set[str]:
    return {row["person_id"] for row in running.rows("triggers")}


def test_the_trigger_comes_though_nothing_at_all_happens_after_the_add(live: Pipeline) -> None:
    live.feed([an_add("quiet")])
    assert wait_until(lambda: "quiet" in persons(live), LIMIT, pause=1.0)
    wanted = {row["trigger_id"] for row in live.rows("triggers") if row["person_id"] == "quiet"}
    assert wait_until(lambda: wanted <= live.delivered(), LIMIT, pause=1.0)


def test_a_broker_pause_makes_no_event_late(live: Pipeline) -> None:
    """A shop goes on while the broker is away: what it held back counts as if it had come in time."""
    live.feed([an_add("before")])
    live.stack.pause("kafka")
    paused = time.monotonic()
    number = 0
    while time.monotonic() - paused < PAUSE_S:  # the length of the outage is the subject here, not a wait
        number += 1
        device, line = an_add("during", number)
        live.producer.produce("events.raw", key=device, value=line)
        live.producer.poll(1.0)
    live.stack.resume("kafka")
    live.feed([an_add("after")])

    assert wait_until(lambda: {"before", "during", "after"} <= persons(live), LIMIT, pause=1.0), persons(live)
    late = [row["event_id"] for row in live.rows("events") if "late" in (row.get("flags") or [])]
    assert not late
    # all that was held back is in one cart: none of it came too late for it
    carts = [row for row in live.rows("carts") if row["device_id"] == "device-during"]
    assert [row["item_count"] for row in carts] == [number]
