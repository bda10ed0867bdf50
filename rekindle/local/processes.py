"""Processes that outlive the command that started them, each known by its pid and its start time."""

from __future__ import annotations

import contextlib
import json
import os
import signal
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from rekindle.local.waiting import wait_until

MARK = "REKINDLE_PART"
"""Variable in the environment of everything we start, and so of what those start in turn."""
_SAME_START = 2.0  # seconds; the kernel's boot time, from which start times are counted, follows clock adjustments


@dataclass(frozen=True)
class ProcessId:
    """started: epoch seconds as the kernel tells. A pid alone may by now belong to somebody else."""

    pid: int
    started: float


def spawn(argv: Sequence[str], environ: Mapping[str, str], output: Path) -> ProcessId:
    """Start a program as leader of its own session (no Ctrl-C, no hang-up reaches it); what it prints goes to `output`.

    argv[0] is an absolute path. Not subprocess.Popen: that warns when the program outlives it, which is the purpose here.
    """
    output.parent.mkdir(parents=True, exist_ok=True)
    pid = os.posix_spawn(
        argv[0],
        list(argv),
        dict(environ),
        setsid=True,
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(output), os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o644),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
    )
    return ProcessId(pid, psutil.Process(pid).create_time())


def find(process: ProcessId) -> psutil.Process | None:
    """The live process, or None when it ended or its pid went to another one."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(process.pid, os.WNOHANG)  # our own ended child would stay a zombie
    try:
        found = psutil.Process(process.pid)
        if found.status() == psutil.STATUS_ZOMBIE or abs(found.create_time() - process.started) > _SAME_START:
            return None
    except psutil.NoSuchProcess:
        return None
    return found


def send(process: ProcessId, number: signal.Signals) -> bool:
    """Signal that process and no other. False when it is gone."""
    found = find(process)
    if found is None:
        return False
    with contextlib.suppress(psutil.NoSuchProcess):
        found.send_signal(number)
    return True


def is_paused(process: ProcessId) -> bool:
    """It lives and was stopped by SIGSTOP."""
    found = find(process)
    with contextlib.suppress(psutil.NoSuchProcess):
        return found is not None and found.status() == psutil.STATUS_STOPPED
    return False


def stop(processes: Iterable[ProcessId], limit: float = 20.0) -> list[ProcessId]:
    """SIGTERM, wait up to `limit` seconds, SIGKILL. Returns those that had to be killed."""
    waiting = list(processes)
    for process in waiting:
        send(process, signal.SIGTERM)
        send(process, signal.SIGCONT)  # a paused one would not hear it

    def all_gone() -> bool:
        waiting[:] = [process for process in waiting if find(process)]
        return not waiting

    if wait_until(all_gone, limit):
        return []
    killed = list(waiting)
    for process in killed:
        send(process, signal.SIGKILL)
    wait_until(all_gone, 10.0)
    return killed


def session(leader: ProcessId, mark: str) -> list[ProcessId]:
    """Live processes that `leader` (alive or dead) started and that are still in its session, without itself.

    Flink's Python workers are such: they can outlive a TaskManager that was killed. Their environment must carry `mark`,
    so that a recycled session number is never taken for ours.
    """
    members = []
    for found in psutil.process_iter():
        try:
            if found.pid != leader.pid and os.getsid(found.pid) == leader.pid and found.environ().get(MARK) == mark:
                members.append(ProcessId(found.pid, found.create_time()))
        except (psutil.Error, OSError):
            continue
    return members


def write_pid(path: Path, process: ProcessId) -> None:
    """Stores which process a part is, with its start time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(asdict(process)) + "\n", encoding="utf-8")


def read_pid(path: Path) -> ProcessId | None:
    """None when there is no pid file or it was cut short: then nobody may be killed on its word."""
    try:
        return ProcessId(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
