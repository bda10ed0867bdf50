"""A TaskManager dies while the gate holds candidates and others wait for rivals: the same decisions, nothing sent under two ids."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

import pytest

from rekindle.local.waiting import wait_until
from tests.integration import gate_expected
from tests.integration.gate_alone import GateAlone, gate_alone
from tests.integration.gate_expected import InFlight, Row
from tests.integration.pipeline import LIMIT
from tests.oracle import gate
from tests.oracle.gate import Decision
from tests.oracle.gate_history import HOUR
from tests.oracle.histories import batch, history

SHARED = batch(872)
HISTORIES = 200


class Killed(NamedTuple):
    """standing: what was in flight at each kill whose place was chosen. written: rows of topics with their repeats."""

    decided: list[Decision]
    standing: list[InFlight]
    restored: int
    written: dict[str, list[Row]]


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory, jars: Path) -> Killed:
    """Once right after a checkpoint, once when more has been decided since, once in the midst of work."""
    found = [history(SHARED, number) for number in range(HISTORIES)]
    decided = [one for each in found for one in gate.decide(each, SHARED.rules)]
    first, second = gate_expected.worth_standing_at(decided, SHARED.rules, 2)
    instants = [first + 1, second - HOUR // 2, second + 1]
    root = tmp_path_factory.mktemp("gate")
    with gate_alone(root, jars, SHARED, found, "flink.checkpoint_interval=2 s", instants=instants, slots=1, taskmanagers=2) as alone:
        alone.feed(first + 1)
        alone.start(2)
        alone.work_off()
        wait_for_checkpoint(alone)
        kill(alone, "taskmanager-1")

        alone.feed(second - HOUR // 2)
        alone.work_off()
        wait_for_checkpoint(alone)
        alone.feed(second + 1)
        alone.work_off()
        kill(alone, "taskmanager-2")

        alone.feed()
        kill(alone, "taskmanager-1")
        alone.work_off()
        restored = alone.rest.checkpoints(alone.job_id).restored
        alone.stop()
        standing = [gate_expected.in_flight(decided, SHARED.rules, at) for at in (first, second)]
        return Killed(decided, standing, restored, alone.written())


def wait_for_checkpoint(alone: GateAlone) -> None:
    """For one that began after this call: the second to complete from now on."""
    before = alone.rest.checkpoints(alone.job_id).completed
    assert wait_until(lambda: alone.rest.checkpoints(alone.job_id).completed >= before + 2, LIMIT)


def kill(alone: GateAlone, part: str) -> None:
    """Until the job runs again, from a checkpoint."""
    before = alone.rest.checkpoints(alone.job_id).restored
    alone.running.stack.kill(part)
    alone.running.stack.restart(part)
    assert wait_until(lambda: alone.rest.checkpoints(alone.job_id).restored > before, LIMIT), alone.rest.root_cause(alone.job_id)
    alone.running.wait_running("gate")


def test_it_died_where_much_was_held_and_much_waited_for_its_rivals(killed: Killed) -> None:
    assert killed.restored >= 3
    assert min(min(at) for at in killed.standing) >= 5, killed.standing


def test_the_same_decisions_as_without_the_kills(killed: Killed) -> None:
    # at-least-once: a row may be there again after a restart, and then it is the same row, to the byte
    gate_expected.same("killed", dict.fromkeys(killed.written["trigger_decisions"]), gate_expected.decision_rows(killed.decided))
    gate_expected.same("killed", dict.fromkeys(killed.written["triggers"]), gate_expected.trigger_rows(killed.decided))
    assert killed.written["dead_letters"] == []


def test_nothing_is_sent_under_two_ids_and_no_id_twice_with_another_body(killed: Killed) -> None:
    # a candidate's own id is that of a device if nobody was known; what is sent has that of the person it turned out to be
    sources = {(one.trigger_id, one.candidate.row["fired_at"]): one.candidate.trigger_id for one in killed.decided}
    ids, bodies = defaultdict(set), defaultdict(set)
    for _, value in killed.written["triggers"]:
        row = json.loads(value)
        key = row["trigger_id"], row["fired_at"]
        assert key in sources, f"no candidate gives {key}"
        ids[sources[key], row["fired_at"]].add(row["trigger_id"])
        bodies[row["trigger_id"]].add(value)
    assert len(ids) > 100
    assert all(len(several) == 1 for several in [*ids.values(), *bodies.values()])
