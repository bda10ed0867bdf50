"""rekindle.local.processes, with small shell processes"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from jobs.settings import process_environment
from rekindle.local import processes
from rekindle.local.processes import MARK, ProcessId
from rekindle.local.waiting import wait_until


@pytest.fixture
def sleeper(tmp_path: Path) -> Iterator[ProcessId]:
    process = processes.spawn(["/bin/sleep", "60"], process_environment(), tmp_path / "out")
    yield process
    processes.stop([process], 5)


def test_a_started_process_leads_its_own_session(sleeper: ProcessId) -> None:
    assert processes.find(sleeper) is not None
    assert os.getsid(sleeper.pid) == sleeper.pid != os.getsid(0)


def test_a_pid_with_another_start_time_is_somebody_else(sleeper: ProcessId) -> None:
    recycled = replace(sleeper, started=sleeper.started - 3600)
    assert processes.find(recycled) is None
    assert not processes.send(recycled, signal.SIGKILL)
    assert processes.stop([recycled]) == []
    assert processes.find(sleeper) is not None


def test_stop_wakes_a_paused_process_so_that_it_hears_the_request(sleeper: ProcessId) -> None:
    processes.send(sleeper, signal.SIGSTOP)
    assert processes.stop([sleeper], 5) == []
    assert processes.find(sleeper) is None


def test_who_ignores_the_request_is_killed(tmp_path: Path) -> None:
    out = tmp_path / "out"
    stubborn = processes.spawn(["/bin/sh", "-c", "trap '' TERM; echo deaf; while :; do sleep 1; done"], process_environment(), out)
    assert wait_until(lambda: "deaf" in out.read_text(), 240)
    assert processes.stop([stubborn], 0.3) == [stubborn]
    assert processes.find(stubborn) is None
    for left in processes.session(stubborn, ""):
        processes.send(left, signal.SIGKILL)


def test_workers_of_a_killed_leader_are_found_by_session_and_mark(tmp_path: Path) -> None:
    out = tmp_path / "out"
    environ = process_environment() | {MARK: "here:worker"}
    leader = processes.spawn(["/bin/sh", "-c", "/bin/sleep 60 & echo started; wait"], environ, out)
    assert wait_until(lambda: "started" in out.read_text(), 240)
    processes.send(leader, signal.SIGKILL)
    assert wait_until(lambda: processes.find(leader) is None, 240)
    assert processes.session(leader, "elsewhere:worker") == []
    orphans = processes.session(leader, "here:worker")
    assert len(orphans) == 1
    processes.stop(orphans, 5)
    assert processes.session(leader, "here:worker") == []


def test_a_pid_file_survives_writing_and_reading(tmp_path: Path) -> None:
    process = ProcessId(4711, 1_795_329_924.62)
    processes.write_pid(tmp_path / "run" / "kafka.pid", process)
    assert processes.read_pid(tmp_path / "run" / "kafka.pid") == process


@pytest.mark.parametrize("content", ["", "4711", '{"pid": 4711', '{"pid": 4711, "other": 1}'])
def test_nobody_is_named_by_a_damaged_pid_file(tmp_path: Path, content: str) -> None:
    (tmp_path / "kafka.pid").write_text(content)
    assert processes.read_pid(tmp_path / "kafka.pid") is None
