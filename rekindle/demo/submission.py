"""The client process: one JVM plans and submits all jobs, then it and its memory are gone."""

from __future__ import annotations

import multiprocessing
import os
import traceback
from concurrent.futures import Future, ProcessPoolExecutor
from pathlib import Path

import psutil

from jobs.errors import RekindleError, RunError
from jobs.settings import Settings
from jobs.submission import JOBS, Submitted
from rekindle.local.flink_rest import innermost
from rekindle.local.paths import Places
from rekindle.local.processes import ProcessId, stop

_ORDER = ("gate", "deliver", *(job for job in JOBS if job not in ("gate", "deliver")))
"""Python takes longest to start, and does so while the others are planned."""


class Client:
    """A process of its own, started early: its JVM is warm when Kafka and Flink are."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._pool: ProcessPoolExecutor | None = None

    @property
    def log(self) -> Path:
        """Everything the process prints."""
        return self._places.logs / "client.out"

    def warm_up(self, settings: Settings) -> None:
        """Start it if it is not there yet. The Flink cluster's folder must be made: its jars are the client's."""
        self._running(settings)

    def submit(self, settings: Settings) -> Future[list[Submitted]]:
        """All jobs, from one JVM."""
        return self._running(settings).submit(_submit, settings)

    def close(self) -> None:
        """Ends the process and its JVM; no harm if there is none."""
        if self._pool is None:
            return
        ours = [process for child in list(self._pool._processes.values()) for process in _family(child.pid)]
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._pool = None
        stop(ours, 5.0)

    def _running(self, settings: Settings) -> ProcessPoolExecutor:
        if self._pool is None:
            context = multiprocessing.get_context("spawn")  # a fork would share the sockets of this process
            self._pool = ProcessPoolExecutor(1, mp_context=context, initializer=_start, initargs=(self._places, self.log))
            self._pool.submit(_warm_up, settings)
        return self._pool


def _family(pid: int | None) -> list[ProcessId]:
    try:
        root = psutil.Process(pid)
        return [ProcessId(found.pid, found.create_time()) for found in (root, *root.children(recursive=True))]
    except psutil.NoSuchProcess:
        return []


def _start(places: Places, log: Path) -> None:
    """In the new process, before anything else: its output and its JVM's go to a file."""
    from rekindle.local.client import use_jars_of

    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    use_jars_of(places)


def _warm_up(settings: Settings) -> None:
    """Plans the smallest job and forgets it: most of the first plan's time is loading the planner."""
    from jobs import environment
    from jobs.quarantine.job import JOB, build

    env = environment.stream_environment(settings, JOB, "remote")
    build(env, settings)
    env.inserts.attach_as_datastream()


def _submit(settings: Settings) -> list[Submitted]:
    from jobs.submission import submit

    try:
        return submit(settings, _ORDER)
    except RekindleError:
        raise
    except Exception as error:  # Java's hold on to their connection, and cannot leave this process
        traceback.print_exc()
        raise RunError(f"the jobs could not be submitted: {innermost(str(error))}") from None
