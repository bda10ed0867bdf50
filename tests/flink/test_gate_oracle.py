"""Rows of topics → decisions through the gate's SQL, Java and machine, against the oracle: histories by the hundred in one run."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from jobs.gate.contract import decision_row
from jobs.gate.replay import Broken
from jobs.settings import process_environment
from rekindle.workbench.history import stages
from tests.flink import gate_topics
from tests.flink.mini_cluster import MiniCluster
from tests.oracle import gate
from tests.oracle.histories import batch, history

_ENVIRONMENT = process_environment()
SEED, RUNS, HISTORIES = (int(_ENVIRONMENT.get(name, usual)) for name, usual in (("SEED", 0), ("RUNS", 2), ("HISTORIES_A_RUN", 150)))


@pytest.mark.scaled
@pytest.mark.parametrize("seed", range(SEED, SEED + RUNS))
def test_topics_in_decisions_out_as_the_oracle_says(flink: MiniCluster, tmp_path: Path, seed: int) -> None:
    shared = batch(seed)
    found = [history(shared, number) for number in range(HISTORIES)]
    expected = Counter(line(gate.row(one)) for each in found for one in gate.decide(each, shared.rules))
    gate_topics.write(tmp_path, found, shared, Random(f"{seed} topics"))
    decided = stages.gate(gate_topics.settings(shared, parallelism=1 + seed % 2), tmp_path, [gate_topics.TRIGGER])
    actual = Counter(str(one) if isinstance(one, Broken) else line(json.loads(decision_row(one))) for one in decided)
    missing, unexpected = sorted((expected - actual).elements()), sorted((actual - expected).elements())
    text = "\n".join([f"missing     {one}" for one in missing] + [f"unexpected  {one}" for one in unexpected])
    assert not text, f"SEED={seed} RUNS=1: {len(missing)} missing, {len(unexpected)} unexpected of {sum(expected.values())}\n{text[:6000]}"


def line(row: dict[str, object]) -> str:
    return json.dumps(row, sort_keys=True)
