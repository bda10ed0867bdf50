"""What of a local stack runs, and if not, why."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import Literal

import psutil

from rekindle.local import layout as layouts
from rekindle.local.health import answers
from rekindle.local.layout import Layout
from rekindle.local.logs import why_ended
from rekindle.local.parts import log_files, mark
from rekindle.local.paths import Places
from rekindle.local.processes import ProcessId, find, is_paused, read_pid, session

State = Literal["running", "silent", "dead"]
RUNNING, FINDINGS, FAILED = 0, 1, 3
_MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class PartStatus:
    """One process. state: `silent` = runs but does not answer. memory_mb: resident, with the Python workers it started."""

    part: str
    state: State
    pid: int | None
    address: str
    memory_mb: int
    detail: str
    logs: tuple[str, ...]


@dataclass(frozen=True)
class Status:
    """The whole stack; no parts when it is not up."""

    parts: tuple[PartStatus, ...]

    @property
    def exit_code(self) -> int:
        """0 all run, 1 not up, 3 a part is dead or silent."""
        if not self.parts:
            return FINDINGS
        return RUNNING if all(part.state == "running" for part in self.parts) else FAILED


def look(places: Places) -> Status:
    """Ask every part of the stack under `places`."""
    layout = layouts.read(places.layout)
    return Status(tuple(look_at(places, layout, part) for part in layout.parts) if layout else ())


def look_at(places: Places, layout: Layout, part: str) -> PartStatus:
    """Ask one part."""
    process = read_pid(places.pid_file(part))
    logs = tuple(str(path) for path in log_files(places, part) if path.is_file())
    if process is None or find(process) is None:
        return PartStatus(part, "dead", None, layout.address(part), 0, why_ended(log_files(places, part)), logs)
    state: State = "running" if answers(layout, part) else "silent"
    detail = "" if state == "running" else _why_silent(process, part)
    return PartStatus(part, state, process.pid, layout.address(part), _memory(process, mark(places, part)), detail, logs)


def _why_silent(process: ProcessId, part: str) -> str:
    if is_paused(process):
        return "paused"
    return "not registered at the JobManager" if part.startswith("taskmanager") else "does not answer"


def _memory(process: ProcessId, marked: str) -> int:
    total = 0
    for pid in (process.pid, *(worker.pid for worker in session(process, marked))):
        with contextlib.suppress(psutil.NoSuchProcess):
            total += psutil.Process(pid).memory_info().rss
    return total // _MEGABYTE
