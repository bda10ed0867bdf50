"""rekindle.local.stack and status: what is started, adopted, missed and stopped; sleeping processes stand for the parts"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.errors import RunError, SettingsError
from jobs.settings import process_environment
from rekindle.local import parts, processes, stack, status
from rekindle.local.layout import Layout, Wishes
from rekindle.local.paths import Places
from rekindle.local.processes import MARK


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A state folder whose parts are `sleep`s that always answer."""

    def sleep(places: Places, layout: Layout, tools: object, part: str) -> tuple[list[str], dict[str, str]]:
        return ["/bin/sleep", "60"], process_environment() | {MARK: parts.mark(places, part)}

    monkeypatch.setattr(parts, "tools", lambda places: None)
    monkeypatch.setattr(parts, "make_cluster_folder", lambda *_: None)
    monkeypatch.setattr(parts, "command", sleep)
    monkeypatch.setattr(stack, "answers", lambda *_: True)
    monkeypatch.setattr(status, "answers", lambda *_: True)
    monkeypatch.setattr(stack, "registered", lambda _: {})
    state = tmp_path / ".rekindle"
    yield state
    stack.down(state)


def test_up_starts_all_parts_and_status_is_good(state: Path) -> None:
    started = stack.up(state)
    found = started.status()
    assert [part.part for part in found.parts] == ["kafka", "jobmanager", "taskmanager-1", "esp"]
    assert {part.state for part in found.parts} == {"running"}
    assert found.exit_code == 0
    assert stack.current(state) == started


def test_a_second_up_adopts_what_runs(state: Path) -> None:
    first = stack.up(state)
    pids = [first.pid(part) for part in first.layout.parts]
    said: list[str] = []
    second = stack.up(state, report=said.append)
    assert [second.pid(part) for part in second.layout.parts] == pids
    assert not [line for line in said if line.startswith("starting")]


def test_a_dead_part_is_shown_and_only_it_is_started_again_on_its_ports(state: Path) -> None:
    first = stack.up(state)
    first.kill("taskmanager-1")
    found = {part.part: part for part in first.status().parts}
    assert found["taskmanager-1"].state == "dead"
    assert "killed from outside" in found["taskmanager-1"].detail
    assert first.status().exit_code == 3
    said: list[str] = []
    second = stack.up(state, report=said.append)
    assert [line for line in said if line.startswith("starting")] == ["starting taskmanager-1"]
    assert second.layout == first.layout
    assert second.status().exit_code == 0


def test_a_recycled_pid_is_neither_adopted_nor_killed(state: Path) -> None:
    first = stack.up(state)
    bystander = processes.spawn(["/bin/sleep", "60"], process_environment(), state / "bystander.out")
    first.kill("kafka")
    processes.write_pid(first.places.pid_file("kafka"), processes.ProcessId(bystander.pid, bystander.started - 3600))
    try:
        assert first.status().exit_code == 3
        assert stack.up(state).pid("kafka") != bystander.pid
        stack.down(state)
        assert processes.find(bystander) is not None
    finally:
        processes.stop([bystander])


def test_other_wishes_than_what_runs_are_refused(state: Path) -> None:
    stack.up(state)
    with pytest.raises(SettingsError, match=r"not as asked: --slots 3 \(running: 8\)"):
        stack.up(state, Wishes(slots=3))


def test_down_ends_everything_and_says_what_ran(state: Path) -> None:
    started = stack.up(state)
    pids = {part: processes.read_pid(started.places.pid_file(part)) for part in started.layout.parts}
    started.kill("esp")
    assert stack.down(state) == ["jobmanager", "kafka", "taskmanager-1"]
    assert not [part for part, pid in pids.items() if pid and processes.find(pid)]
    assert stack.current(state) is None
    assert stack.down(state) == []


def test_down_keeps_data_unless_told_to_wipe(state: Path) -> None:
    started = stack.up(state)
    for folder in (started.places.kafka, started.places.checkpoints, started.places.jars):
        folder.mkdir()
    stack.down(state)
    assert started.places.kafka.is_dir()
    stack.down(state, wipe=True)
    assert not started.places.kafka.exists()
    assert not started.places.checkpoints.exists()
    assert started.places.jars.is_dir()


def test_down_where_nothing_ever_ran_leaves_no_folder(tmp_path: Path) -> None:
    assert stack.down(tmp_path / "nothing") == []
    assert not (tmp_path / "nothing").exists()


def test_a_part_that_dies_at_once_fails_the_start_with_its_telling_line(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sleep = parts.command

    def failing(places: Places, layout: Layout, tools: parts.Tools, part: str) -> tuple[list[str], dict[str, str]]:
        if part != "esp":
            return sleep(places, layout, tools, part)
        return ["/bin/sh", "-c", "echo 'OSError: [Errno 28] No space left on device'; exit 1"], process_environment()

    monkeypatch.setattr(parts, "command", failing)
    monkeypatch.setattr(stack, "answers", lambda layout, part: part != "esp")
    with pytest.raises(RunError, match=r"esp did not start: OSError: \[Errno 28\] No space left on device \(esp.out\)"):
        stack.up(state)
    assert stack.current(state) is None
    assert not list((state / "run").glob("*.pid"))


def test_a_part_that_never_answers_is_named_after_the_limit(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stack, "answers", lambda layout, part: part != "kafka")
    with pytest.raises(RunError, match="kafka did not answer within 0 s"):
        stack.up(state, limit=0.2)
    assert stack.current(state) is None


def test_a_paused_part_is_called_so(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started = stack.up(state)
    monkeypatch.setattr(status, "answers", lambda layout, part: part != "kafka")
    started.pause("kafka")
    assert [(part.state, part.detail) for part in started.status().parts if part.part == "kafka"] == [("silent", "paused")]
    assert started.status().exit_code == 3
    monkeypatch.setattr(status, "answers", lambda *_: True)
    started.resume("kafka")
    assert started.status().exit_code == 0


def test_restart_keeps_the_ports_and_changes_the_process(state: Path) -> None:
    started = stack.up(state)
    before = started.pid("jobmanager")
    started.restart("jobmanager")
    assert started.pid("jobmanager") != before
    assert stack.current(state) == started


def test_a_restarted_taskmanager_is_ready_only_under_its_new_address(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started = stack.up(state)
    addresses = iter(["old", "old", "old", "new"])
    asked: list[str] = []

    def registered(_: Layout) -> dict[str, str]:
        asked.append(next(addresses))
        return {"taskmanager-1": asked[-1]}

    monkeypatch.setattr(stack, "registered", registered)
    started.restart("taskmanager-1")
    assert asked == ["old", "old", "old", "new"]


def test_an_unknown_part_is_refused_with_the_known_ones(state: Path) -> None:
    started = stack.up(state)
    with pytest.raises(RunError, match="no part 'zookeeper'") as caught:
        started.kill("zookeeper")
    assert "taskmanager-1" in caught.value.hint
