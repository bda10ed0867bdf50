"""HEARTBEATS: what it says of event time may be relied on by every reader of the topic."""

from __future__ import annotations

from itertools import pairwise
from random import Random
from typing import Any

import pytest
from kafka.partitioner.default import murmur2

from jobs.settings import load
from tests.flink.mini_cluster import File, MiniCluster
from tests.oracle.instants import to_text

PARTITIONS = 4
STEP = 1000
DELAY = 5000
NOON = 1_772_366_400_000
COLUMNS = f"""
    event STRING, device_id STRING, n INT, kafka_partition INT, event_time TIMESTAMP_LTZ(3), price DECIMAL(18, 2) NOT NULL,
    WATERMARK FOR event_time AS event_time - INTERVAL '{DELAY // 1000}' SECOND
"""
QUERY = f"""
    SELECT event, device_id, n, EPOCH_MILLIS(event_time) AS t, price, kafka_partition
    FROM HEARTBEATS(
        input => TABLE clean PARTITION BY kafka_partition, partitions => {PARTITIONS}, step_ms => {STEP},
        key_column => 'device_id', time_column => 'event_time', marker_column => 'event', uid => 'heartbeats'
    )
"""
SILENT = 1
"""No row of this partition ever comes, not even a heartbeat."""
ONLY_HEARTBEATS = 3

Row = dict[str, Any]


def stream() -> list[Row]:
    """Rows in disorder, some later than the bound, in partitions 0 and 2; heartbeats in 2 and 3."""
    rng = Random(99)
    rows, t = [], NOON
    for n in range(1500):
        t += rng.choice([0, 1, 7, 60, 400, 400, 1500, 30_000 if n % 100 == 50 else 0])
        kind = rng.random()
        partition = rng.choice([2, ONLY_HEARTBEATS]) if kind < 0.2 else rng.choice([0, 2])
        behind = rng.choice([0, 0, 0, 100, 2000, 4999] + [DELAY, DELAY + 1, 60_000] * (kind > 0.9))
        mark = {"event": "$heartbeat", "device_id": f"$hb-{partition}-incoming"} if kind < 0.2 else {"event": "x", "device_id": f"d{n % 5}"}
        rows.append({**mark, "n": n, "kafka_partition": partition, "event_time": to_text(t - behind), "t": t - behind, "price": 1})
    return rows


@pytest.fixture(scope="module")
def sent() -> list[Row]:
    return stream()


@pytest.fixture(scope="module", params=["hashmap", "rocksdb"])
def found(flink: MiniCluster, sent: list[Row], request: pytest.FixtureRequest) -> list[Row]:
    env = flink.environment(settings=load(overrides=[f"flink.state_backend={request.param}"], environ={}))
    return flink.rows(QUERY, {"clean": File(COLUMNS, [{name: row[name] for name in row if name != "t"} for row in sent])}, env)


def is_heartbeat(row: Row) -> bool:
    return bool(row["event"] == "$heartbeat")


def watermarks(sent: list[Row]) -> list[int]:
    """After each row: nothing earlier than this or at it is expected any more."""
    newest, found = 0, []
    for row in sent:
        newest = max(newest, row["t"])
        found.append(newest - DELAY)
    return found


def test_every_row_passes_unchanged_and_in_order_late_ones_too(sent: list[Row], found: list[Row]) -> None:
    expected = [(row["n"], row["device_id"], row["t"]) for row in sent if not is_heartbeat(row)]
    assert [(row["n"], row["device_id"], row["t"]) for row in found if not is_heartbeat(row)] == expected
    clock = watermarks(sent)
    assert any(row["t"] <= clock[row["n"]] for row in sent if not is_heartbeat(row)), "the stream has no late row"


def test_a_heartbeat_that_comes_in_is_swallowed(found: list[Row]) -> None:
    assert not any("incoming" in row["device_id"] for row in found)


def test_a_heartbeat_holds_nothing_but_key_time_and_marker(found: list[Row]) -> None:
    assert {tuple(sorted(name for name, value in row.items() if value is not None)) for row in found if is_heartbeat(row)} == {
        ("device_id", "event", "kafka_partition", "t")
    }


def test_every_partition_that_was_seen_gets_heartbeats_under_a_key_kafka_puts_there(found: list[Row]) -> None:
    keys = {(row["kafka_partition"], row["device_id"]) for row in found if is_heartbeat(row)}
    assert {partition for partition, _ in keys} == set(range(PARTITIONS)) - {SILENT}
    assert all((murmur2(key.encode()) & 0x7FFFFFFF) % PARTITIONS == partition for partition, key in keys)
    assert len(keys) == PARTITIONS - 1, "one key a partition"


def test_a_heartbeat_tells_the_watermark_of_its_instant(sent: list[Row], found: list[Row]) -> None:
    clock = watermarks(sent)
    passed = [row["n"] for row in found if not is_heartbeat(row)]
    spans = dict(pairwise([0, *passed, len(sent)]))  # a row → the next that passed: those between them were swallowed
    last = 0
    for row in found:
        if is_heartbeat(row):
            assert row["t"] in clock[last : spans[last]], row
        else:
            last = row["n"]


def test_heartbeats_of_a_partition_rise_by_a_step_and_none_is_left_out(sent: list[Row], found: list[Row]) -> None:
    clock = watermarks(sent)
    for partition in {0, 2, ONLY_HEARTBEATS}:
        first = next(row["n"] for row in sent if row["kafka_partition"] == partition)
        expected: list[int] = []
        for now in clock[first:]:
            if not expected or now >= expected[-1] + STEP:
                expected.append(now)
        assert [row["t"] for row in found if is_heartbeat(row) and row["kafka_partition"] == partition] == expected


def test_no_row_in_time_follows_a_heartbeat_that_says_there_is_none(sent: list[Row], found: list[Row]) -> None:
    clock = [0, *watermarks(sent)]
    told: dict[int, int] = {}
    for row in found:
        if is_heartbeat(row):
            told[row["kafka_partition"]] = row["t"]
        elif row["t"] > clock[row["n"]]:  # in time when it came
            assert row["t"] > told.get(row["kafka_partition"], 0), row
