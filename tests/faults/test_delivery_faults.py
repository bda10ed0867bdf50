"""Parts die and lines are cut while calls are in the air: no send is lost, and a repeat is one only where the answer was lost."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from rekindle.local import processes
from rekindle.local.waiting import wait_until
from tests.faults.delivering import AS_FED, account, calls, destination, last_call, put, send, taskmanager, wait_for_ends
from tests.faults.test_kills import kill_broker, kill_taskmanager
from tests.faults.wire import Wire
from tests.integration.pipeline import LIMIT, Pipeline, pipeline

MANY = 300
IN_THE_AIR = 20
CALL_S = 0.4
KINDS = ("tells", "forgets")
"""Destinations. `tells`: its platform tells repeats by their id. `forgets`: it does not, so a call whose answer was lost is `unknown`."""


@dataclass
class Delivering:
    running: Pipeline
    wire: Wire
    fed: int = 0

    def sends(self) -> list[dict[str, Any]]:
        """The next ones."""
        self.fed += MANY
        return [send(kind, number) for number in range(self.fed - MANY, self.fed) for kind in KINDS]


Strike = Callable[[], object]
"""A fault that is ready: finding whom it will hit takes seconds, and then the calls it was to hit are over."""


def cut(delivering: Delivering) -> Strike:
    return delivering.wire.cut


def end_broker(delivering: Delivering) -> Strike:
    return lambda: kill_broker(delivering.running.stack)


def end_taskmanager(delivering: Delivering) -> Strike:
    """Its Python workers live on for some moments, as nobody tells them to end."""
    return lambda: kill_taskmanager(delivering.running.stack)


def end_machine(delivering: Delivering) -> Strike:
    """The TaskManager and its Python workers in mid-call, as when their container is killed."""
    stack = delivering.running.stack
    leader, workers = taskmanager(stack)

    def strike() -> None:
        for one in (*workers, leader):
            processes.send(one, signal.SIGKILL)
        stack.restart("taskmanager-1")

    return strike


@pytest.fixture(scope="module")
def delivering(tmp_path_factory: pytest.TempPathFactory, jars: Path) -> Iterator[Delivering]:
    """The job alone. Each call takes CALL_S, so that there are some in the air whenever a part dies."""
    with pipeline(tmp_path_factory.mktemp("faults") / "state", jars, "flink.checkpoint_interval=3 s", AS_FED, slots=1) as running:
        wire = Wire(int((running.stack.esp_url or "").rsplit(":", 1)[1]))
        url = f"http://127.0.0.1:{wire.port}/webhook/%s?mode=slow&delay_s={CALL_S}"
        destinations = {
            "tells": destination(url % "tells", capacity=IN_THE_AIR),
            "forgets": destination(url % "forgets", capacity=IN_THE_AIR, on_ambiguous="skip"),
        }
        running.settings = running.settings.model_copy(update={"destinations": destinations})
        try:
            running.start("deliver")
            yield Delivering(running, wire)
        finally:
            wire.close()


@pytest.mark.parametrize("fault", [cut, end_machine, end_taskmanager, end_broker])
def test_no_send_is_lost_and_a_repeat_has_the_same_id_and_a_lost_answer(
    fault: Callable[[Delivering], Strike], delivering: Delivering
) -> None:
    running, ledger = delivering.running, delivering.running.stack.places.ledger
    rows = delivering.sends()
    strike = fault(delivering)
    put(running, rows)
    mine = {kind: {row["trigger_id"] for row in rows if row["destination"] == kind} for kind in KINDS}
    begun = wait_until(lambda: all(len(mine[kind] & calls(ledger, kind).keys()) > MANY // 5 for kind in KINDS), LIMIT, pause=0.05)
    assert begun
    wait_until(lambda: all(time.time() - last_call(ledger, kind) < CALL_S / 2 for kind in KINDS), 5 * CALL_S, pause=0.01)
    strike()
    running.wait_running("deliver")

    ends = wait_for_ends(running, rows)
    assert {one for one, found in ends.items() if len(found) > 1} == set(), "two ends of one send"
    seen = {kind: {one: verdicts for one, verdicts in calls(ledger, kind).items() if one in mine[kind]} for kind in KINDS}
    for kind in KINDS:
        assert {one for one in mine[kind] if ends[one] == {"accepted"}} <= seen[kind].keys()
        assert all(verdicts[0].startswith("accepted") for verdicts in seen[kind].values())
    again = {one for one, verdicts in seen["tells"].items() if len(verdicts) > 1}
    unknown = {one for one in mine["forgets"] if ends[one] == {"unknown"}}
    assert {one for one in ends if ends[one] != {"accepted"}} == unknown
    assert [one for one, verdicts in seen["forgets"].items() if len(verdicts) > 1] == [], "called again though nobody can tell a repeat"
    assert max(len(again), len(unknown)) <= 2 * IN_THE_AIR, "more than were in the air when the answers were lost"
    if fault in (cut, end_machine):
        assert again | unknown, "the fault met no call"
    assert (calls(ledger, "tells").keys() | calls(ledger, "forgets").keys()) <= {
        send(kind, number)["trigger_id"] for kind in KINDS for number in range(delivering.fed)
    }, "an id that nobody fed"
    assert account(running)["total"]["in_flight"] == 0
