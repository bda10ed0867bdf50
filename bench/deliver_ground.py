"""What `rekindle bench deliver` delivers to and from: processes beside it, rows as the keyed function hands them on, destinations."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import orjson
import requests

from bench.arena import root
from bench.gate_rows import PAYLOAD
from jobs.deliver.envelope import Envelope, ms_of
from jobs.deliver.turnstile import CALL
from jobs.destinations import Destination
from jobs.errors import RunError
from jobs.settings import process_environment
from rekindle.local.waiting import wait_until

LATENCY_S = 0.05
"""How long the platform takes to answer."""
NAME = "default"
Esp = Literal["stand-in", "fake"]


@dataclass(frozen=True)
class Ground:
    """url: of the platform. kafka: servers of a broker for outcomes. pid: of the platform's process. secrets: folder of its key."""

    url: str
    kafka: str
    pid: int
    secrets: Path


@contextmanager
def ground(esp: Esp) -> Iterator[Ground]:
    """A platform and a broker, each a process; both are ended. Raises RunError."""
    with TemporaryDirectory() as folder:
        key = Path(folder) / "key"
        key.write_text("bench", encoding="utf-8")
        port = 0 if esp == "stand-in" else free_port()
        words = {
            "stand-in": ["bench.deliver_esp", "--delay", str(LATENCY_S)],
            "fake": ["connectors.esp.fake", "--port", str(port), "--ledger", f"{folder}/ledger.sqlite"],
        }
        broker, platform = _start(["bench.deliver_broker"]), _start(words[esp])
        try:
            if not port:
                port = int(_line(platform))
            url = f"http://127.0.0.1:{port}"
            if esp == "fake" and not wait_until(lambda: _slowed(url), 30, pause=0.2):
                raise RunError("the fake ESP did not start")
            yield Ground(url, _line(broker), platform.pid, Path(folder))
        finally:
            for process in (broker, platform):
                process.kill()
                process.wait()


def row(number: int) -> tuple[str, str, str]:
    """(topic, key, body) of the `number`th send, each of a person and with an id of its own."""
    now = datetime.now(UTC)
    return CALL, f"person-{number}", orjson.dumps(Envelope(value(number), ("triggers", 0, number), ms_of(now)).packed()).decode()


def value(number: int, **changes: Any) -> bytes:
    """Its row of `triggers`, of about 900 bytes."""
    given = {
        "trigger_id": trigger_id(number),
        "trigger": "cart_abandoned",
        "version": 1,
        "person_id": f"person-{number}",
        "destination": NAME,
        "template": "cart_reminder",
        "purpose": "marketing_email",
        "variant": None,
        "payload": orjson.loads(PAYLOAD),
        "fired_at": "2026-03-01T11:59:30.000Z",
        "decided_at": "2026-03-01T12:00:00.000Z",
        "expires_at": "2100-01-01T00:00:00.000Z",
        "consent": {"version": 3, "source": "preference-centre", "at": "2026-01-01T00:00:00.000Z"},
        "address": None,
        "schema_version": 1,
    }
    return orjson.dumps(given | changes)


def trigger_id(number: int) -> str:
    """26 characters of the alphabet of ids."""
    return f"{number:026d}"


def destination(kind: str, around: Ground, capacity: int) -> Destination:
    """A platform of this kind at the ground's URL. segment: no limit but its own on requests; braze: events in batches of 75."""
    key = f"${{file:{around.secrets / 'key'}}}"
    own: dict[str, dict[str, Any]] = {
        "webhook": {"url": f"{around.url}/webhook"},
        "segment": {"endpoint": f"{around.url}/segment", "write_key": key},
        "braze": {"endpoint": f"{around.url}/braze", "api_key": key, "instance": "iad-01", "send": "track"},
    }
    return Destination.model_validate({"kind": kind, "private_hosts": ["127.0.0.1"], "capacity": capacity, **own[kind]})


def free_port() -> int:
    """One nobody listens at now."""
    import socket

    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        found: int = one.getsockname()[1]
        return found


def _start(words: list[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", *words], cwd=root(), env=process_environment(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )


def _line(process: subprocess.Popen[str]) -> str:
    found = process.stdout.readline().strip() if process.stdout else ""
    if not found:
        raise RunError("a process of the bench did not start")
    return found


def _slowed(url: str) -> bool:
    try:
        return requests.put(f"{url}/faults", json={"mode": "slow", "delay_s": LATENCY_S}, timeout=5).ok
    except requests.ConnectionError:
        return False
