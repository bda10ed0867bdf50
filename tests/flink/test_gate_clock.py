"""The gate's clock: that of the pack furthest behind. Nobody's candidate comes late because another pack's job is ahead."""

from __future__ import annotations

from typing import Any

import pytest

from jobs.gate import inputs as gate
from tests.flink.mini_cluster import MiniCluster
from tests.oracle.instants import to_text
from tests.oracle.samples import MINUTE, NOON

Row = dict[str, Any]


def heartbeat(pack: str, t: int) -> Row:
    return {"event": "$heartbeat", "pack": pack, "person_id": "$hb-0-0", "fired_at": to_text(NOON + t)}


def candidate(pack: str, person: str, t: int) -> Row:
    return {"pack": pack, "trigger": "x", "person_id": person, "fired_at": to_text(NOON + t), "decide_at": to_text(NOON + t + MINUTE // 2)}


LOG = [
    heartbeat("fast", 0),
    heartbeat("slow", 0),
    candidate("fast", "ana", MINUTE),
    heartbeat("fast", 60 * MINUTE),
    candidate("slow", "bea", 2 * MINUTE),  # an hour behind the other pack's clock
    heartbeat("slow", 5 * MINUTE),
    candidate("slow", "cy", 6 * MINUTE),
    candidate("fast", "dan", 61 * MINUTE),
    heartbeat("slow", 70 * MINUTE),
    heartbeat("fast", 70 * MINUTE),
]


def late(flink: MiniCluster, log: list[Row], packs: list[str]) -> dict[str, bool]:
    """Person → whether the candidate's D lay behind the clock when it came."""
    others: dict[str, list[Row]] = {"events": []}
    env, _ = flink.on_files("gate", {"trigger_candidates": log, **others}, [])
    gate.read_tables(env, packs)
    query = (
        "SELECT person_id, COALESCE(at_time <= CURRENT_WATERMARK(at_time), FALSE) AS late FROM trigger_candidates_topic WHERE event IS NULL"
    )
    return {row["person_id"]: row["late"] for row in flink.rows(query, {}, env)}


def test_a_pack_that_is_behind_is_waited_for(flink: MiniCluster) -> None:
    assert late(flink, LOG, ["fast", "slow"]) == dict.fromkeys(("ana", "bea", "cy", "dan"), False)


def test_one_clock_for_both_would_make_the_slow_ones_late(flink: MiniCluster) -> None:
    assert late(flink, [row | {"pack": "one"} for row in LOG], ["one"]) == {"ana": False, "bea": True, "cy": True, "dan": False}


@pytest.mark.parametrize("pack", ["fast", "slow"])
def test_each_reader_takes_its_own_packs_rows(flink: MiniCluster, pack: str) -> None:
    assert late(flink, LOG, [pack]).keys() == {row["person_id"] for row in LOG if row["pack"] == pack and "event" not in row}
