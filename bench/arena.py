"""A stack of the bench's own, beside whatever runs here, and the jobs in it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ruamel.yaml import YAML

from bench.yardstick import OUTPUTS
from connectors import kafka_admin
from jobs.errors import RunError, SettingsError
from jobs.settings import load, process_environment
from rekindle.local import stack
from rekindle.local.flink_rest import FlinkRest
from rekindle.local.layout import Wishes
from rekindle.local.paths import Places
from rekindle.local.stack import Stack

Report = Callable[[str], None]
SUBMIT_LIMIT = 300.0


@dataclass(frozen=True)
class Arena:
    """A running stack with empty topics. options: `--settings`/`--set` words that lead a job here."""

    stack: Stack
    partitions: int
    options: tuple[str, ...]

    @property
    def taskmanager(self) -> int:
        return self.stack.pid("taskmanager-1")

    @property
    def taskmanagers(self) -> list[int]:
        """Process ids of all."""
        return [self.stack.pid(part) for part in self.stack.layout.parts if part.startswith("taskmanager-")]

    @property
    def jobmanager(self) -> int:
        return self.stack.pid("jobmanager")

    def submit(self, jobs: Sequence[str], *words: str) -> None:
        """Submit from a process of its own, whose planning is not measured; return when all tasks run. words: further options.

        Raises: RunError.
        """
        command = [
            sys.executable,
            "-m",
            "rekindle.cli.main",
            "--state-dir",
            str(self.stack.places.root),
            *self.options,
            "run",
            *jobs,
            "--wait",
            *words,
        ]
        done = subprocess.run(
            command, cwd=root(), env=process_environment(), capture_output=True, text=True, timeout=SUBMIT_LIMIT, check=False
        )
        if done.returncode:
            message = done.stderr[max(0, done.stderr.rfind("error: ")) :].strip()
            raise RunError(f"rekindle run {' '.join(jobs)} failed: {message[:500]}")

    def check(self) -> None:
        """Raises RunError when a job has failed or was restarted: then its figures mean nothing."""
        rest = FlinkRest(self.stack.flink_url)
        try:
            for job in rest.jobs():
                cause = rest.root_cause(job.id)
                if cause or job.state not in ("RUNNING", "CREATED", "INITIALIZING"):
                    raise RunError(f"job {job.name} is {job.state}: {cause}", f"read {self.stack.places.logs}")
        finally:
            rest.close()


@contextmanager
def arena(
    state_dir: str, options: Sequence[str], overrides: Sequence[str], *, backend: str, memory_mb: int, report: Report, taskmanagers: int = 1
) -> Iterator[Arena]:
    """A fresh stack under `<state_dir>/bench`, wiped before and after.

    options: the words of the caller's `--settings FILE`; overrides: `section.key=value`, which count over it.
    memory_mb: size of each TaskManager's process.
    """
    home = Places.under(state_dir)
    if not home.jars.is_dir():
        raise SettingsError(f"no jars under {home.jars}", "run `make setup`")
    places = Places.under(home.root / "bench")
    stack.down(places.root, wipe=True)
    places.root.mkdir(parents=True, exist_ok=True)
    if not places.jars.exists():
        places.jars.symlink_to(home.jars)
    running = stack.up(places.root, Wishes(state_backend=backend, taskmanagers=taskmanagers), report=report)
    try:
        _give_memory(running, memory_mb)
        sets = (
            *overrides,
            f"kafka.servers={running.kafka_servers}",
            f"flink.rest_url={running.flink_url}",
            f"flink.state_backend={backend}",
            f"destinations.default.url={running.esp_url}/webhook",
            "destinations.default.private_hosts=[127.0.0.1]",
        )
        file = options[1] if options else None
        settings = load(file, sets)
        with kafka_admin.admin(running.kafka_servers) as client:
            kafka_admin.create(client, settings.kafka.partitions, 1)
            kafka_admin.create(client, settings.kafka.partitions, 1, OUTPUTS)
        words = (*options, *(word for item in sets for word in ("--set", item)))
        yield Arena(running, settings.kafka.partitions, words)
    finally:
        stack.down(places.root, wipe=True)


def _give_memory(running: Stack, megabytes: int) -> None:
    """The demo's TaskManager is too small for a day of event ids on the heap."""
    file = running.places.flink_conf / "config.yaml"
    config = YAML(typ="safe").load(file.read_text(encoding="utf-8"))
    config["taskmanager.memory.process.size"] = f"{megabytes}m"
    writer = YAML()
    writer.width = 1_000_000  # Flink's shell scripts read this file line by line
    writer.dump(config, file)
    for part in running.layout.parts:
        if part.startswith("taskmanager-"):
            running.restart(part)


def root() -> Path:
    """Folder of the checkout."""
    return Path(__file__).resolve().parent.parent
