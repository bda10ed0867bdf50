"""Random histories through the gate's Java: what comes out follows from times alone, whatever the order, the parallelism, the state backend."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.flink.gate_log import Row
from tests.flink.gate_model import Expected, history, max_age
from tests.flink.mini_cluster import MiniCluster
from tests.oracle.samples import NOON

RUNS = [
    (1, 1, "hashmap", ""),
    (2, 2, "hashmap", "profiles"),
    (3, 1, "rocksdb", "control"),
    (4, 2, "rocksdb", "profiles"),
    (5, 1, "hashmap", "identities"),
]


@pytest.mark.parametrize(("seed", "parallelism", "backend", "slow"), RUNS)
def test_times_alone_decide(flink: MiniCluster, tmp_path: Path, seed: int, parallelism: int, backend: str, slow: str) -> None:
    given = history(seed)
    expected = Expected(given.facts)
    if slow:
        given.log.slow(slow)
    rows = given.log.rows(tmp_path, f"flink.state_backend={backend}", parallelism=parallelism)
    kinds = {kind: [row for row in rows if row["kind"] == kind] for kind in ("candidate", "cancel", "link", "profile", "control")}
    candidates = {(row["body"]["fired_at"] - NOON, row["person_id"], row["at"], row["known_at"]) for row in kinds["candidate"]}
    assert candidates == {(t, *answer) for t, answer in expected.candidates().items()}
    assert {(row["person_id"], row["at"], row["known_at"]) for row in kinds["cancel"]} == expected.cancels()
    assert links(kinds["link"], "alias") == expected.merges()
    assert links(kinds["link"], "address") == expected.shared()
    for fact in given.facts:
        if fact.kind == "candidate":
            person = expected.candidates()[fact.t][0]
            since, until = fact.t, fact.t + max_age(fact)
            told = [row for row in rows if row["person_id"] == person]
            assert expected.profile(person, since, until) <= profiles(told), (fact, person)
            assert profiles(told) <= expected.profile(person, -1, 1 << 62)
            assert expected.control(since, until) <= controls(told), (fact, person)


def links(rows: list[Row], how: str) -> set[tuple[str, tuple[str, ...], int]]:
    return {(row["person_id"], tuple(row["body"]["ids"]), row["at"]) for row in rows if row["body"]["how"] == how}


def profiles(rows: list[Row]) -> set[tuple[int, str | None]]:
    """All versions these rows tell."""
    told: list[tuple[int, Any]] = [(row["at"], row["body"]) for row in rows if row["kind"] == "profile"]
    told += [(at, facts) for row in rows if row["facts"] for at, facts in row["facts"]["profile"]]
    return {(at, facts and facts["email"]) for at, facts in told}


def controls(rows: list[Row]) -> set[tuple[int, str, bool]]:
    told = [(row["at"], row["body"]["key"], row["body"]["value"]) for row in rows if row["kind"] == "control"]
    told += [(at, key, value) for row in rows if row["facts"] for at, key, value in row["facts"].get("control", ())]
    return {(at, key, value["on"]) for at, key, value in told}
