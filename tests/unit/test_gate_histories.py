"""The gate's machine against its oracle, over random histories of a few people (tests/oracle/histories.py).

SEED, BATCHES and HISTORIES say which; `make test-gate-long` takes many, and prints the seeds it took.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from random import Random

import pytest

from jobs.gate.contract import decision_row
from jobs.gate.decisions import Decision
from jobs.gate.inbox import Input
from jobs.gate.replay import Broken, decide
from jobs.settings import process_environment
from tests.oracle import gate
from tests.oracle.assembled import Assembled, assembled
from tests.oracle.gate_history import History, Row
from tests.oracle.histories import Batch, batch, history
from tests.unit.gate_drive import Drive, arrivals
from tests.unit.gate_machine_settings import machine_settings

_ENVIRONMENT = process_environment()
SEED, BATCHES, HISTORIES = (int(_ENVIRONMENT.get(name, usual)) for name, usual in (("SEED", 0), ("BATCHES", 60), ("HISTORIES", 50)))
SEEDS = range(SEED, SEED + BATCHES)
REASONS = {
    *("sent", "paused", "expired", "duplicate", "ordered", "cancelled", "ordered_since", "no_profile", "erased", "no_address"),
    *("no_consent", "consent_withdrawn", "suppressed", "holdout", "cooldown", "capped", "outranked", "held", "quiet_expired"),
    "cancelled_after_send",
}


@pytest.mark.parametrize("seed", SEEDS)
def test_a_finished_history_gives_what_the_oracle_says(seed: int) -> None:
    shared = batch(seed)
    for number in range(HISTORIES):
        found, rng = history(shared, number), Random(f"{seed}/{number} all")
        rows = [as_input(row) for row in assembled(found, shared.rules, rng)]
        rng.shuffle(rows)
        agree(shared, number, found, decide(rows, machine_settings(shared.rules)))


@pytest.mark.parametrize("seed", SEEDS)
def test_arrival_watermarks_and_restarts_change_nothing(seed: int) -> None:
    shared = batch(seed)
    for number in range(HISTORIES):
        found, rng = history(shared, number), Random(f"{seed}/{number} steps")
        rows = [(as_input(row), row.leaves) for row in assembled(found, shared.rules, rng)]
        agree(shared, number, found, Drive(machine_settings(shared.rules)).run(arrivals(rows, rng), rng))


def test_the_histories_meet_every_reason_often() -> None:
    met: Counter[str] = Counter()
    for seed in range(20):
        shared = batch(seed)
        met.update(decision.reason for number in range(20) for decision in gate.decide(history(shared, number), shared.rules))
    print("\n".join(f"{reason:24}{count}" for reason, count in met.most_common()))
    assert {reason for reason, count in met.items() if count >= 5} == REASONS


def test_a_seed_and_a_number_always_give_the_same_history() -> None:
    assert history(batch(3), 7) == history(batch(3), 7)
    assert history(batch(3), 7) != history(batch(3), 8)


def as_input(row: Assembled) -> Input:
    return Input(*row[:6])


def agree(shared: Batch, number: int, found: History, decisions: Iterable[Decision | Broken]) -> None:
    """Fails with the rows that differ, and how to see this history alone."""
    expected = Counter(line(gate.row(decision)) for decision in gate.decide(found, shared.rules))
    actual = Counter(str(one) if isinstance(one, Broken) else line(json.loads(decision_row(one))) for one in decisions)
    missing, unexpected = sorted((expected - actual).elements()), sorted((actual - expected).elements())
    text = "\n".join([f"missing     {one}" for one in missing] + [f"unexpected  {one}" for one in unexpected])
    assert not text, f"history {number} of SEED={shared.seed} BATCHES=1\n{text}"


def line(row: Row) -> str:
    return json.dumps(row, sort_keys=True)
