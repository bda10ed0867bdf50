"""What a cart is across visits, logins and devices: the jobs find what docs/carts.md says, from raw events to candidates."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from jobs.definitions import packs
from jobs.durations import millis
from jobs.settings import load
from rekindle.workbench.history import logs, stages
from rekindle.workbench.history.environment import offline_settings
from tests.flink.mini_cluster import MiniCluster
from tests.oracle.cart_cases import CASES, named
from tests.oracle.cart_rows import check

MEMORIES = sorted({case.memory for case in CASES})


def rows(topic: Path) -> list[dict[str, Any]]:
    found = [json.loads(record.value or b"{}") for record in logs.read(topic)]
    return [row | {"items": json.loads(row["items"])} if "items" in row else row for row in found if "event" not in row]


@pytest.mark.parametrize("memory", MEMORIES)
def test_the_jobs_find_the_carts_of_the_table(flink: MiniCluster, memory: int) -> None:
    cases = [(number, case) for number, case in enumerate(CASES) if case.memory == memory]
    assert cases
    events = sorted((event for number, case in cases for event in named(case, number)), key=lambda event: str(event["timestamp"]))
    folder = flink.path()
    folder.mkdir()
    raw = folder / "events.jsonl"
    raw.write_text("".join(json.dumps(event) + "\n" for event in events), encoding="utf-8")
    settings = offline_settings(load(overrides=[f"times.cart_memory={memory} ms"], environ={}))
    assert millis(settings.times.cart_memory) == memory
    triggers = [trigger for trigger in packs.load("core") if trigger.name == "cart_abandoned"]
    stages.ingest(settings, folder, [raw], triggers)
    stages.evaluate(settings, folder, triggers)
    carts, candidates = rows(folder / "carts"), rows(folder / "trigger_candidates")
    for number, case in cases:
        own = [[row for row in found if row["device_id"].startswith(f"{number}-")] for found in (carts, candidates)]
        check(case, number, *own)
