"""FIRST_ARRIVAL: of all rows of one id the first passes, exact repeats vanish, other content is flagged."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from jobs.settings import load
from tests.flink.mini_cluster import File, MiniCluster
from tests.oracle.instants import to_text
from tests.oracle.samples import NOON

QUERY = "SELECT event_id, n, collides FROM FIRST_ARRIVAL(input => TABLE arrivals PARTITION BY event_id, within_s => 86400, uid => 'first')"
COLUMNS = "event_id STRING, content BIGINT, n INT, received_at TIMESTAMP_LTZ(3)"


def arrivals(*rows: tuple[str, int]) -> list[dict[str, Any]]:
    return [{"event_id": event_id, "content": content, "n": n, "received_at": at(n)} for n, (event_id, content) in enumerate(rows)]


def at(second: int) -> str:
    return to_text(NOON + second * 1000)


def test_the_first_passes_a_repeat_vanishes_and_another_content_is_flagged_each_time(flink: MiniCluster) -> None:
    rows = arrivals(("a", 1), ("b", 1), ("a", 1), ("a", 2), ("b", 1), ("a", 1), ("a", 2), ("c", 0), ("c", 0), ("b", -1))
    assert [(row["n"], row["collides"]) for row in flink.rows(QUERY, {"arrivals": File(COLUMNS, rows)})] == [
        (0, False), (1, False), (3, True), (6, True), (7, False), (9, True),
    ]  # fmt: skip


@pytest.mark.parametrize("backend", ["hashmap", "rocksdb"])
def test_a_day_after_the_first_an_id_is_a_first_one_again_whenever_it_is_read(flink: MiniCluster, backend: str) -> None:
    day = 24 * 3600
    times = [0, day - 1, day, day + 1, 2 * day - 1, 2 * day]
    rows = [{"event_id": "a", "content": 1, "n": second, "received_at": at(second)} for second in times]
    env = flink.environment(settings=load(overrides=[f"flink.state_backend={backend}"], environ={}))
    assert [row["n"] for row in flink.rows(QUERY, {"arrivals": File(COLUMNS, rows)}, env)] == [0, day, 2 * day]


@pytest.mark.parametrize("backend", ["hashmap", "rocksdb"])
def test_both_state_backends_tell_thousands_of_ids_apart(flink: MiniCluster, backend: str) -> None:
    rng = Random(7)
    rows = arrivals(*((f"é{rng.randrange(700)}", rng.choice([0, 0, 0, 2**63 - 1, -(2**63)])) for _ in range(3000)))
    env = flink.environment(settings=load(overrides=[f"flink.state_backend={backend}"], environ={}))
    found = flink.rows(QUERY, {"arrivals": File(COLUMNS, rows)}, env)
    first: dict[str, int] = {}
    kept = []
    for row in rows:
        known = first.setdefault(row["event_id"], row["n"])
        if known == row["n"] or rows[known]["content"] != row["content"]:
            kept.append({"event_id": row["event_id"], "n": row["n"], "collides": known != row["n"]})
    assert found == kept
