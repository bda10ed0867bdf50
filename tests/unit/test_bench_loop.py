"""The yardstick does the jobs' work: its rows of a generated load are the oracle's."""

from __future__ import annotations

from typing import Any, Literal

import orjson
import pytest

from bench import load
from bench.feed import heartbeats
from bench.loop import Loop
from bench.loop_text import iso, millis, trigger_id
from connectors.heartbeats import heartbeat_key
from tests.oracle import shop
from tests.oracle import trigger_id as oracle
from tests.oracle.differences import differences

START = 1_772_366_400_000
ARRIVED = START + 21 * 3_600_000
PARTITIONS = 2
Rows = dict[str, list[dict[str, Any]]]


def lines(kind: Literal["bursty", "sparse"], events: int, users: int) -> list[tuple[int, int, int, bytes]]:
    """(partition, offset, Kafka time, value) as the broker would hold them, ended by heartbeats."""
    generate = load.bursty if kind == "bursty" else load.sparse
    found = [
        (int(key[1:]) % PARTITIONS, offset, ARRIVED, value)
        for offset, (key, value) in enumerate(generate(3, events, users, start_ms=START, hours=20.0))
    ]
    ends = [orjson.dumps(row) for _, _, row in heartbeats(PARTITIONS, ARRIVED, ["events.raw"])]
    return found + [(partition, events + partition, ARRIVED, value) for partition, value in enumerate(ends)]


def loop_over(records: list[tuple[int, int, int, bytes]]) -> Rows:
    rows: Rows = {topic: [] for topic in ("events", "identities", "carts", "sessions", "trigger_candidates")}
    loop = Loop(lambda topic, _key, row, _t: rows[topic].append(orjson.loads(orjson.dumps(row))))
    for partition, _, at, value in records:
        loop.take(partition, at, value)
    assert loop.dropped == 0
    return rows


@pytest.mark.parametrize(("kind", "events", "users"), [("bursty", 3000, 100), ("sparse", 2000, 700)])
def test_its_rows_are_the_oracles(kind: Literal["bursty", "sparse"], events: int, users: int) -> None:
    records = lines(kind, events, users)
    mine, expected = loop_over(records), shop.run(records)
    assert {row["trigger_id"] for row in mine["trigger_candidates"]} == {row["trigger_id"] for row in expected.candidates}
    for topic, rows in (
        ("events", expected.events),
        ("identities", expected.identities),
        ("carts", expected.carts),
        ("sessions", expected.sessions),
    ):
        assert rows, topic
        assert not differences(rows, mine[topic], list(rows[0])), topic


def test_a_repeat_is_dropped_and_a_line_it_cannot_read_too() -> None:
    rows: list[str] = []
    loop = Loop(lambda topic, _key, _row, _t: rows.append(topic))
    line = lines("bursty", 1, 1)[0][3]
    for value in (line, line, b"{", b'{"event":"Page Viewed","timestamp":"soon","anonymousId":"d1"}'):
        loop.take(0, ARRIVED, value)
    assert (rows, loop.dropped) == (["events", "identities"], 3)


def test_ids_and_times_are_written_as_the_jobs_write_them() -> None:
    text = "\x1f".join(["default", "cart_abandoned", "1", "42", "x", "0"])
    assert trigger_id(text) == oracle.trigger_id("default", "cart_abandoned", 1, "42", "x")
    assert iso(millis("2026-03-01T12:00:07.000Z")) == "2026-03-01T12:00:07.000Z"


def test_heartbeat_keys_are_those_of_the_jobs() -> None:
    assert [heartbeat_key(partition, 4)[:6] for partition in range(4)] == ["$hb-0-", "$hb-1-", "$hb-2-", "$hb-3-"]
