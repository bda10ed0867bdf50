"""Operator PersonFacts alone, row after row: what it passes on and what it still knows follow from the order of arrival here."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import orjson
import pytest
from pyflink.datastream import DataStream
from pyflink.java_gateway import get_gateway

from connectors.kafka import literal, with_clause
from jobs.settings import load
from rekindle.workbench.history import logs
from rekindle.workbench.history.environment import environment, offline_settings
from rekindle.workbench.history.logs import Record
from rekindle.workbench.history.running import to_its_end
from tests.flink.mini_cluster import MiniCluster
from tests.oracle.samples import HOUR

Step = dict[str, object]
Told = tuple[str, int, object]
MEMORY = 3 * HOUR
COLUMNS = "kind STRING, id STRING, body STRING, `at` BIGINT, known_at BIGINT, fired_at BIGINT, until BIGINT"


def profile(t: int, facts: str | None) -> Step:
    return {"kind": "profile", "id": "ana", "body": None if facts is None else f'{{"email":"{facts}"}}', "at": t}


def candidate(t: int, until: int) -> Step:
    return {"kind": "candidate", "id": "ana", "body": "{}", "at": t, "fired_at": t, "until": until}


def link(t: int) -> Step:
    return {"kind": "link", "id": "ana", "body": "{}", "at": t}


def clock(t: int) -> Step:
    return {"kind": "clock", "at": t}


def told(folder: Path, steps: Iterable[Step], backend: str = "hashmap") -> list[Told]:
    """Kind, time, and of a profile its address, of other rows all versions they bring: time and address."""
    # the other input has ended before these are through; until then it would hold back the clock
    before = [Record(0, b"", orjson.dumps({"kind": "none", "at": 0}))] * 300_000
    logs.write(folder / "steps", [*before, *(Record(int(str(step["at"])), b"", orjson.dumps(step)) for step in steps)])
    env = environment(offline_settings(load(overrides=[f"flink.state_backend={backend}"], environ={})), "gate", folder)
    for name, columns in (("steps", COLUMNS), ("commands", "key STRING, body STRING, `at` BIGINT")):
        env.run(
            f"CREATE TEMPORARY TABLE {name} ({columns}, t TIMESTAMP_LTZ(3) NOT NULL METADATA FROM 'timestamp' VIRTUAL, "
            f"WATERMARK FOR t AS {'CASE WHEN kind = ' + literal('clock') + ' THEN t END' if name == 'steps' else 't'}) "
            f"WITH ({with_clause({'connector': 'rekindle-log', 'path': str(folder / name), 'value.format': 'json'})})"
        )
    streams = [
        env.table.to_data_stream(env.table.sql_query(query))._j_data_stream
        for query in ("SELECT * FROM steps WHERE kind NOT IN ('clock', 'none')", "SELECT * FROM commands")
    ]
    java = get_gateway().jvm.io.rekindle.flink.gate.GateStreams
    env.table.create_temporary_view("found", DataStream(java.personFacts(*streams, MEMORY)))
    options = {"connector": "rekindle-log", "path": str(folder / "found"), "value.format": "json"}
    env.run(f"CREATE TEMPORARY TABLE sink (kind STRING, body STRING, `at` BIGINT, facts STRING) WITH ({with_clause(options)})")
    env.run("INSERT INTO sink SELECT kind, body, `at`, facts FROM found")
    to_its_end(env)
    rows = [orjson.loads(record.value or b"") for record in logs.read(folder / "found")]
    return [(row["kind"], row["at"], _told(row["kind"], row["body"], row["facts"])) for row in rows]


def _told(kind: str, body: str, facts: str | None) -> object:
    if kind == "profile":
        return (orjson.loads(body) or {}).get("email")
    return None if facts is None else [(at, found and found["email"]) for at, found in orjson.loads(facts)["profile"]]


@pytest.mark.parametrize("backend", ["hashmap", "rocksdb"])
def test_whoever_has_a_candidate_is_watched_until_it_expires(flink: MiniCluster, tmp_path: Path, backend: str) -> None:
    steps = [
        profile(0, "a"), profile(1, "b"), candidate(2, until=HOUR), profile(3, "c"), profile(3, "c"), profile(1, "a bit late"), profile(HOUR, "d"),
        profile(HOUR + 1, "after it"), clock(2 * HOUR), profile(HOUR - 1, "too late"), candidate(2 * HOUR, until=9 * HOUR),
        candidate(2 * HOUR + 1, until=3 * HOUR), profile(9 * HOUR, "e"), profile(9 * HOUR, None),
    ]  # fmt: skip
    assert told(tmp_path, steps, backend) == [
        ("candidate", 2, [(1, "b")]), ("profile", 3, "c"), ("profile", 1, "a bit late"), ("profile", HOUR, "d"),
        ("candidate", 2 * HOUR, [(HOUR + 1, "after it")]), ("candidate", 2 * HOUR + 1, [(HOUR + 1, "after it")]),
        ("profile", 9 * HOUR, "e"), ("profile", 9 * HOUR, None),
    ]  # fmt: skip


def test_whoever_is_linked_is_watched_for_good(flink: MiniCluster, tmp_path: Path) -> None:
    steps = [link(0), candidate(1, until=2), profile(3, "a"), clock(1000 * HOUR), profile(1000 * HOUR, "b"), link(1000 * HOUR)]
    assert told(tmp_path, steps) == [
        ("link", 0, None), ("candidate", 1, []), ("profile", 3, "a"), ("profile", 1000 * HOUR, "b"), ("link", 1000 * HOUR, [(3, "a"), (1000 * HOUR, "b")]),
    ]  # fmt: skip


def test_versions_nobody_asks_for_are_forgotten(flink: MiniCluster, tmp_path: Path) -> None:
    steps = [profile(t * HOUR, f"{t}") for t in range(4)] + [clock(5 * HOUR), profile(5 * HOUR, "5"), link(5 * HOUR)]
    assert told(tmp_path, steps) == [("link", 5 * HOUR, [(2 * HOUR, "2"), (3 * HOUR, "3"), (5 * HOUR, "5")])]


@pytest.mark.parametrize("backend", ["hashmap", "rocksdb"])
def test_who_is_erased_is_forgotten_without_another_row(flink: MiniCluster, tmp_path: Path, backend: str) -> None:
    steps = [profile(0, "a"), profile(HOUR, None), clock(HOUR + MEMORY - 1), link(HOUR), clock(HOUR + MEMORY), link(HOUR)]
    assert told(tmp_path, steps, backend) == [("link", HOUR, [(0, "a"), (HOUR, None)]), ("link", HOUR, [(HOUR, None)])]
