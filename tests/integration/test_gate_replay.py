"""The gate decides the same, to the byte, at any parallelism and across a restart, and as the oracle says."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from itertools import chain
from pathlib import Path

import pytest

from jobs.gate.reasons import Reason
from jobs.settings import process_environment
from tests.integration import gate_expected
from tests.integration.gate_alone import GateAlone, gate_alone
from tests.integration.gate_expected import Row
from tests.oracle import gate
from tests.oracle.gate import Decision
from tests.oracle.histories import PACK, batch, history

_BATCH = batch(872)
SHARED = replace(_BATCH, rules=replace(_BATCH.rules, share=0.05))
HISTORIES = 300
SLICE = 12
PARALLELISMS = [int(number) for number in process_environment().get("REPLAYS", "1").split()]
"""Of the runs that find all of it there; `make test-slow` has more."""
Run = dict[str, list[Row]]
pytestmark = pytest.mark.scaled


@pytest.fixture(scope="module")
def decided() -> list[Decision]:
    """What the oracle says."""
    return [one for number in range(HISTORIES) for one in gate.decide(history(SHARED, number), SHARED.rules)]


@pytest.fixture(scope="module")
def middle(decided: list[Decision]) -> int:
    """Where the first run is stopped."""
    return gate_expected.worth_standing_at(decided, SHARED.rules, 1)[0]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory, jars: Path, middle: int) -> dict[str, Run]:
    """What is in the outputs after a run, in the order of the log."""
    found = [history(SHARED, number) for number in range(HISTORIES)]
    with gate_alone(tmp_path_factory.mktemp("replay"), jars, SHARED, found, instants=[middle + 1], slots=4) as alone:
        alone.feed(middle + 1)
        alone.start(2)
        alone.work_off()
        savepoint = alone.stop()
        alone.start(4, savepoint)
        while alone.steps:  # little by little, so that nothing comes long before its time: the other runs find all of it there
            alone.feed(alone.steps[:SLICE][-1].beat)
            alone.work_off()
        alone.stop()
        runs = {"2, stopped in the middle, then 4": alone.written()}
        return runs | {str(parallelism): run(alone, parallelism) for parallelism in PARALLELISMS}


def run(alone: GateAlone, parallelism: int) -> Run:
    alone.start(parallelism)
    alone.work_off()
    alone.stop()
    return alone.written()


def test_histories_hold_what_is_hard(decided: list[Decision], middle: int) -> None:
    reasons = Counter(one.reason for one in decided)
    assert reasons.keys() == {reason.value for reason in Reason} - {"historical"}
    assert reasons["held"] >= 50
    assert reasons["outranked"] >= 10
    marks = Counter(chain.from_iterable(one.evidence for one in decided))
    assert marks["merged_from"] >= 30
    assert marks["shared_address"] >= 1
    assert marks["identified_at"] >= 30
    assert marks["recheck"] >= 100
    assert {row["key"] for _, row in SHARED.control} == {"setting:caps", "setting:quiet_hours", f"pack:{PACK}"}
    assert min(gate_expected.in_flight(decided, SHARED.rules, middle)) >= 10


def test_decisions_and_sends_are_what_the_oracle_says(runs: dict[str, Run], decided: list[Decision]) -> None:
    for name, outputs in runs.items():
        gate_expected.same(name, outputs["trigger_decisions"], gate_expected.decision_rows(decided))
        gate_expected.same(name, outputs["triggers"], gate_expected.trigger_rows(decided))
        assert outputs["dead_letters"] == []


def test_no_run_differs_from_another_in_a_single_byte(runs: dict[str, Run]) -> None:
    first, *others = ([*map(canonical, (outputs["trigger_decisions"], outputs["triggers"]))] for outputs in runs.values())
    assert all(other == first for other in others)


def canonical(rows: list[Row]) -> list[tuple[str, ...]]:
    def order(row: Row) -> tuple[str, ...]:
        said = json.loads(row[1])
        return said["person_id"], said["decided_at"], said["trigger_id"], said.get("reason", ""), row[1].decode()

    return sorted(map(order, rows))
