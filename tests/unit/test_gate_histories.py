"""The gate's machine against its oracle, over random histories of a few people (tests/oracle/histories.py).

SEED, BATCHES and HISTORIES say which; `make test-gate-long` takes 100,000. A history that fails: `SEED=… make test-gate-long`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable
from functools import lru_cache
from random import Random

import pytest

from jobs.gate.contract import decision_row
from jobs.gate.decisions import Decision
from jobs.gate.inbox import Input
from jobs.gate.replay import Broken, decide
from jobs.gate.retention import GateSettings
from jobs.settings import process_environment
from tests.oracle import gate
from tests.oracle.assembled import Assembled, assembled
from tests.oracle.gate_history import History, Row
from tests.oracle.histories import batch, history
from tests.unit.gate_drive import Drive, arrivals
from tests.unit.gate_machine_settings import machine_settings

_ENVIRONMENT = process_environment()
SEED, BATCHES, HISTORIES = (int(_ENVIRONMENT.get(name, usual)) for name, usual in (("SEED", 0), ("BATCHES", 15), ("HISTORIES", 50)))
Way = Callable[[Iterable[Assembled], GateSettings, Random], Iterable[Decision | Broken]]
REASONS = {
    *("sent", "paused", "expired", "duplicate", "ordered", "cancelled", "ordered_since", "no_profile", "erased", "no_address"),
    *("no_consent", "consent_withdrawn", "suppressed", "holdout", "cooldown", "capped", "outranked", "held", "quiet_expired"),
    "cancelled_after_send",
}
AGAIN = {"sent", "paused", "ordered_since", "erased", "no_consent", "consent_withdrawn", "suppressed", "cooldown", "capped", "held"}
"""Reasons that sends get which come back. The others take more histories."""


@lru_cache(maxsize=2)
def told(seed: int) -> list[tuple[History, Counter[str]]]:
    """The histories of a seed, each with the rows the oracle expects."""
    shared = batch(seed)
    found = [history(shared, number) for number in range(HISTORIES)]
    return [(one, Counter(line(gate.row(decision)) for decision in gate.decide(one, shared.rules))) for one in found]


def finished(rows: Iterable[Assembled], settings: GateSettings, rng: Random) -> Iterable[Decision | Broken]:
    """All of a history at once, as a backtest has it."""
    inputs = [as_input(row) for row in rows]
    rng.shuffle(inputs)
    return decide(inputs, settings)


def driven(rows: Iterable[Assembled], settings: GateSettings, rng: Random) -> Iterable[Decision | Broken]:
    """Row by row, with watermarks that come sooner or later and nothing kept between two calls but bytes."""
    return Drive(settings).run(arrivals([(as_input(row), row.leaves) for row in rows], rng), rng)


@pytest.mark.scaled
@pytest.mark.parametrize("way", [finished, driven], ids=["finished", "driven"])
@pytest.mark.parametrize("seed", range(SEED, SEED + BATCHES))
def test_decisions_are_the_oracles(seed: int, way: Way) -> None:
    shared = batch(seed)
    settings = machine_settings(shared.rules)
    wrong = []
    for number, (found, expected) in enumerate(told(seed)):
        rng = Random(f"{seed}/{number}")
        decisions = way(assembled(found, shared.rules, rng), settings, rng)
        wrong += differences(number, expected, decisions)
    assert not wrong, f"SEED={seed}: {len(wrong)} rows differ\n" + "\n".join(wrong[:40])


def test_the_histories_meet_every_reason_often() -> None:
    met: Counter[str] = Counter()
    for seed in range(30):
        shared = batch(seed)
        found = [decision for number in range(20) for decision in gate.decide(history(shared, number), shared.rules)]
        met.update(f"{decision.reason} again" if decision.again else decision.reason for decision in found)
    print("\n".join(f"{reason:24}{count}" for reason, count in met.most_common()))
    assert {reason for reason, count in met.items() if count >= 5 and not reason.endswith(" again")} == REASONS
    assert {reason for reason in met if reason.endswith(" again")} >= {f"{reason} again" for reason in AGAIN}


def test_a_seed_and_a_number_always_give_the_same_history() -> None:
    assert history(batch(3), 7) == history(batch(3), 7)
    assert history(batch(3), 7) != history(batch(3), 8)


def as_input(row: Assembled) -> Input:
    return Input(*row[:6])


def differences(number: int, expected: Counter[str], decisions: Iterable[Decision | Broken]) -> list[str]:
    """One line per row too few or too many."""
    actual = Counter(str(one) if isinstance(one, Broken) else line(json.loads(decision_row(one))) for one in decisions)
    missing, unexpected = sorted((expected - actual).elements()), sorted((actual - expected).elements())
    return [f"history {number} {word} {one}" for word, rows in (("missing   ", missing), ("unexpected", unexpected)) for one in rows]


def line(row: Row) -> str:
    return json.dumps(row, sort_keys=True)
