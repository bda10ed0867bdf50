"""Start, stop and disturb the local stack: Kafka, a Flink cluster, the fake ESP.

stack = up()            # or adopts what runs
stack.kafka_servers, stack.flink_url, stack.esp_url
stack.kill("taskmanager-1"); stack.restart("taskmanager-1")
stack.down()
"""

from __future__ import annotations

import fcntl
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from jobs.errors import RunError, SettingsError
from rekindle.local import layout as layouts
from rekindle.local import parts, processes, status
from rekindle.local.health import answers, registered
from rekindle.local.layout import Layout, Wishes
from rekindle.local.logs import why_ended
from rekindle.local.paths import STATE_DIR, Places
from rekindle.local.processes import ProcessId
from rekindle.local.waiting import wait_until

Report = Callable[[str], None]
START_LIMIT = 300.0  # seconds until every part answers


@dataclass(frozen=True)
class Stack:
    """A stack that was started. Its parts are named as in `layout.parts`."""

    places: Places
    layout: Layout

    @property
    def kafka_servers(self) -> str:
        return self.layout.kafka_servers

    @property
    def flink_url(self) -> str:
        return self.layout.flink_url

    @property
    def esp_url(self) -> str:
        return self.layout.esp_url

    def pid(self, part: str) -> int:
        """Raises RunError when the part is dead."""
        return self._process(part).pid

    def kill(self, part: str) -> None:
        """SIGKILL, and wait until it is gone. Its Python workers are left as a crash would leave them."""
        process = self._process(part)
        processes.send(process, signal.SIGKILL)
        wait_until(lambda: processes.find(process) is None, 10.0)

    def pause(self, part: str) -> None:
        """SIGSTOP, and wait until it stands still: alive, but answers nobody."""
        process = self._process(part)
        processes.send(process, signal.SIGSTOP)
        wait_until(lambda: processes.is_paused(process), 10.0)

    def resume(self, part: str) -> None:
        processes.send(self._process(part), signal.SIGCONT)

    def restart(self, part: str, limit: float = START_LIMIT) -> None:
        """Stop the part if it runs, start it on the same ports, wait until it answers."""
        with _locked(self.places):
            found = parts.tools(self.places)
            before = registered(self.layout).get(part)
            _stop(self.places, [part])
            _start(self.places, self.layout, found, part)
            _await(self.places, self.layout, [part], limit, lambda _: None, stale={part: before} if before else {})

    def status(self) -> status.Status:
        return status.look(self.places)

    def down(self, wipe: bool = False) -> None:
        down(self.places.root, wipe)

    def _process(self, part: str) -> ProcessId:
        if part not in self.layout.parts:
            raise RunError(f"no part '{part}'", f"parts: {', '.join(self.layout.parts)}")
        process = _alive(self.places, part)
        if process is None:
            raise RunError(f"{part} does not run: {why_ended(parts.log_files(self.places, part))}")
        return process


def current(state_dir: str | Path = STATE_DIR) -> Stack | None:
    """The stack that is meant to run under `state_dir`, or None. Some of its parts may be dead."""
    places = Places.under(state_dir)
    layout = layouts.read(places.layout)
    return Stack(places, layout) if layout else None


def up(
    state_dir: str | Path = STATE_DIR, wishes: Wishes | None = None, *, report: Report = lambda _: None, limit: float = START_LIMIT
) -> Stack:
    """Start what does not run yet; wait until all parts answer.

    report: is told each step. limit: seconds. A failed start stops what this call started and keeps the logs.
    Raises: SettingsError (jar, JDK, port, a wish that the running stack does not meet), RunError (a part died or stayed silent).
    """
    places, wishes = Places.under(state_dir), wishes or Wishes()
    found = parts.tools(places)
    with _locked(places):
        layout = layouts.read(places.layout)
        alive = {part: pid for part in layout.parts if (pid := _alive(places, part))} if layout else {}
        if layout is None or not alive:
            _stop(places, _known(places))  # orphans of a stack that crashed as a whole
            layout = layouts.plan(wishes)
        elif conflicts := wishes.conflicts(layout):
            raise SettingsError(f"a local stack runs, but not as asked: {', '.join(conflicts)}", "run `rekindle down` first")
        layouts.write(places.layout, layout)
        missing = [part for part in layout.parts if part not in alive]
        try:
            _stop(places, missing)  # their Python workers may live on
            if not any(part.startswith(("jobmanager", "taskmanager")) for part in alive):
                parts.make_cluster_folder(places, layout, found)
            stale = {part: path for part, path in registered(layout).items() if part in missing} if alive else {}
            for pid in alive.values():
                processes.send(pid, signal.SIGCONT)  # a paused part is adopted by waking it
            for part in missing:
                report(f"starting {part}")
                _start(places, layout, found, part)
            _await(places, layout, layout.parts, limit, report, stale)
        except BaseException:
            _stop(places, missing)
            if not alive:
                places.layout.unlink(missing_ok=True)
            raise
    return Stack(places, layout)


def down(state_dir: str | Path = STATE_DIR, wipe: bool = False) -> list[str]:
    """Stop what `up` started, dead parts' orphans included; the names of the parts that were still running.

    wipe: forget Kafka's topics, checkpoints and the ESP's ledger too. Jars and logs stay.
    """
    places = Places.under(state_dir)
    if not places.root.is_dir():
        return []
    with _locked(places):
        known = _known(places)
        running = [part for part in known if _alive(places, part)]
        # Kafka last: jobs that lose their broker first would retry all through their shutdown
        _stop(places, [part for part in known if part != "kafka"])
        _stop(places, ["kafka"])
        places.layout.unlink(missing_ok=True)
        if wipe:
            for folder in (places.kafka, places.checkpoints, places.ledger.parent, places.flink):
                shutil.rmtree(folder, ignore_errors=True)
    return running


def _known(places: Places) -> list[str]:
    return sorted(path.stem for path in places.pids.glob("*.pid"))


def _alive(places: Places, part: str) -> ProcessId | None:
    process = processes.read_pid(places.pid_file(part))
    return process if process and processes.find(process) else None


def _start(places: Places, layout: Layout, found: parts.Tools, part: str) -> None:
    argv, environ = parts.command(places, layout, found, part)
    processes.write_pid(places.pid_file(part), processes.spawn(argv, environ, parts.output_file(places, part)))


def _stop(places: Places, names: list[str]) -> None:
    """End parts and whatever they started; forget their pids."""
    pids = {name: pid for name in names if (pid := processes.read_pid(places.pid_file(name)))}
    processes.stop(pids.values())
    for name, pid in pids.items():
        processes.stop(processes.session(pid, parts.mark(places, name)), 5.0)
    for name in names:
        places.pid_file(name).unlink(missing_ok=True)


def _await(places: Places, layout: Layout, names: tuple[str, ...] | list[str], limit: float, report: Report, stale: dict[str, str]) -> None:
    """Until each part answers. stale: TaskManagers' addresses before their restart, which the JobManager may still list."""
    waiting = list(names)

    def ready(part: str) -> bool:
        if not _alive(places, part):
            raise RunError(f"{part} did not start: {why_ended(parts.log_files(places, part))}", f"read {places.logs}")
        fresh = part not in stale or registered(layout).get(part) != stale[part]
        return fresh and answers(layout, part)

    def all_ready() -> bool:
        for part in list(waiting):
            if ready(part):
                waiting.remove(part)
                report(f"{part} is ready {layout.address(part)}".rstrip())
        return not waiting

    if not wait_until(all_ready, limit, pause=0.2):
        raise RunError(f"{', '.join(waiting)} did not answer within {limit:.0f} s", f"read {places.logs}")


@contextmanager
def _locked(places: Places) -> Iterator[None]:
    """One `up` or `down` at a time; the next one waits and then finds what the first one did."""
    places.root.mkdir(parents=True, exist_ok=True)
    with (places.root / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
