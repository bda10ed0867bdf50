"""What the author's tools cost: a backtest per event, `check` and `test` of all that ships."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench import cpu
from bench.arena import root
from bench.load import bursty
from jobs.errors import RunError
from jobs.gate.instants import to_text
from jobs.settings import process_environment

_PAUSE = 0.2  # seconds between two looks at the clock of a process
_START_MS = 1_772_323_200_000  # 2026-03-01


@dataclass(frozen=True)
class Spent:
    """cpu_s: of the process and the JVM it starts; the last fraction of a second before it ends is missed. wall_s: from start to end."""

    cpu_s: float
    wall_s: float


@dataclass(frozen=True)
class Backtest:
    """us_per_event: CPU of the events beyond the first tenth, so that start-up and compiling are off. whole: of the whole run."""

    events: int
    whole: Spent
    start: Spent
    us_per_event: float

    @property
    def events_per_cpu_second(self) -> float:
        return 1e6 / self.us_per_event


def backtest(state_dir: str, events: int, users: int) -> Backtest:
    """`rekindle backtest cart_abandoned` over a bursty day, once over a tenth of it and once over all. Raises: RunError."""
    with tempfile.TemporaryDirectory(prefix="rekindle-bench-") as name:
        folder = Path(name)
        tenth, whole, profiles = folder / "tenth.jsonl", folder / "whole.jsonl", folder / "profiles.jsonl"
        people = set()
        with whole.open("wb") as all_of_it, tenth.open("wb") as first:
            for number, (user, line) in enumerate(bursty(7, events, users, start_ms=_START_MS)):
                all_of_it.write(line + b"\n")
                if number < events // 10:
                    first.write(line + b"\n")
                people.add(user)
        consent = '{"marketing_email":{"granted":true,"version":1,"source":"bench","at":"2026-01-01T00:00:00.000Z"}}'
        with profiles.open("w", encoding="utf-8") as file:
            for user in sorted(people):
                file.write(
                    f'{{"person_id":"{user}","email":"{user}@example.com","consent":{consent},"updated_at":"{to_text(_START_MS - 1)}"}}\n'
                )
        runs = [
            measured(
                state_dir, ["backtest", "cart_abandoned", "--events", str(file), "--profiles", str(profiles), "--out", str(folder / "t")]
            )
            for file in (tenth, whole)
        ]
    beyond = events - events // 10
    return Backtest(events, runs[1], runs[0], (runs[1].cpu_s - runs[0].cpu_s) / beyond * 1e6)


def measured(state_dir: str, words: Sequence[str]) -> Spent:
    """Runs the tool in a process of its own. Raises: RunError when it fails."""
    command = [sys.executable, "-m", "rekindle.cli.main", "--state-dir", str(Path(state_dir).absolute()), *words]
    began = time.monotonic()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, cwd=root(), env=process_environment(), stdout=said, stderr=said)
        spent = 0.0
        while process.poll() is None:
            with suppress(psutil.Error):  # it ends while it is looked at
                spent = max(spent, cpu.seconds(process.pid))
            time.sleep(_PAUSE)
        said.seek(0)
        if process.returncode:
            raise RunError(f"rekindle {words[0]} ended with {process.returncode}: {said.read().decode(errors='replace')[-300:]}")
    return Spent(spent, time.monotonic() - began)
