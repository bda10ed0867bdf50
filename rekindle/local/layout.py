"""What one local stack consists of: its ports and sizes, kept in `.rekindle/stack.json` while it is up."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from rekindle.local.ports import LOOPBACK, free_ports, require_free


@dataclass(frozen=True)
class Layout:
    """Ports, all on 127.0.0.1, and sizes.

    slots: per TaskManager. metrics_ports: Prometheus, first the JobManager's, then each TaskManager's.
    """

    kafka_port: int
    controller_port: int
    rest_port: int
    rpc_port: int
    esp_port: int
    metrics_ports: tuple[int, ...]
    slots: int
    taskmanagers: int
    state_backend: str
    checkpoint_interval_ms: int

    @property
    def kafka_servers(self) -> str:
        return f"{LOOPBACK}:{self.kafka_port}"

    @property
    def flink_url(self) -> str:
        return f"http://{LOOPBACK}:{self.rest_port}"

    @property
    def esp_url(self) -> str:
        return f"http://{LOOPBACK}:{self.esp_port}"

    @property
    def parts(self) -> tuple[str, ...]:
        """Names of the processes, in the order in which they are started."""
        return ("kafka", "jobmanager", *(f"taskmanager-{number}" for number in range(1, self.taskmanagers + 1)), "esp")

    def address(self, part: str) -> str:
        """What a user opens or connects to; '' for TaskManagers."""
        return {"kafka": self.kafka_servers, "jobmanager": self.flink_url, "esp": self.esp_url}.get(part, "")

    def metrics_port(self, part: str) -> int:
        """Prometheus port of `jobmanager` or `taskmanager-N`."""
        return self.metrics_ports[0 if part == "jobmanager" else int(part.removeprefix("taskmanager-"))]


@dataclass(frozen=True)
class Wishes:
    """What the user asked for. None = not said: a free port, or what already runs."""

    kafka_port: int | None = None
    flink_port: int | None = None
    esp_port: int | None = None
    slots: int | None = None
    taskmanagers: int | None = None
    state_backend: str | None = None
    checkpoint_interval_ms: int | None = None

    def conflicts(self, running: Layout) -> list[str]:
        """Which wishes a running stack does not meet, as `--option wanted (running: actual)`."""
        pairs = (
            ("--kafka-port", self.kafka_port, running.kafka_port),
            ("--flink-port", self.flink_port, running.rest_port),
            ("--esp-port", self.esp_port, running.esp_port),
            ("--slots", self.slots, running.slots),
            ("--taskmanagers", self.taskmanagers, running.taskmanagers),
            ("--state-backend", self.state_backend, running.state_backend),
        )
        return [f"{option} {wanted} (running: {actual})" for option, wanted, actual in pairs if wanted not in (None, actual)]


def plan(
    wishes: Wishes,
    require: Callable[[int, str], int] = require_free,
    find: Callable[[int, tuple[int, ...]], list[int]] = free_ports,
) -> Layout:
    """Give every part its port. Raises SettingsError when a wished port is taken or wished twice."""
    given = {
        option: require(port, option)
        for option, port in (("--kafka-port", wishes.kafka_port), ("--flink-port", wishes.flink_port), ("--esp-port", wishes.esp_port))
        if port is not None
    }
    taskmanagers = wishes.taskmanagers or 1
    free = iter(find(3 + 2 + 1 + taskmanagers, tuple(given.values())))
    kafka, flink, esp = (given.get(option) or next(free) for option in ("--kafka-port", "--flink-port", "--esp-port"))
    return Layout(
        kafka_port=kafka,
        controller_port=next(free),
        rest_port=flink,
        rpc_port=next(free),
        esp_port=esp,
        metrics_ports=tuple(next(free) for _ in range(1 + taskmanagers)),
        slots=wishes.slots or 8,
        taskmanagers=taskmanagers,
        state_backend=wishes.state_backend or "hashmap",
        checkpoint_interval_ms=wishes.checkpoint_interval_ms or 10_000,
    )


def write(path: Path, layout: Layout) -> None:
    """Stores the layout as the state file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(asdict(layout), indent=2) + "\n", encoding="utf-8")


def read(path: Path) -> Layout | None:
    """None when no stack is meant to run, or another version wrote the file."""
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
        return Layout(**{**fields, "metrics_ports": tuple(fields["metrics_ports"])})
    except (OSError, ValueError, TypeError, KeyError):
        return None
