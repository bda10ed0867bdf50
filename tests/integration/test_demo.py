"""`rekindle demo --once --json` as a user runs it: from nothing to delivered triggers, and nothing left behind."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import psutil

from jobs.settings import process_environment
from rekindle.demo import expected, feed
from rekindle.demo.scenes import LAST_DECISION
from rekindle.local.waiting import wait_until

NOW = 1_800_000_000_000


def processes_of(folder: Path) -> list[str]:
    """Command lines of live processes that know of the folder."""
    found = []
    for process in psutil.process_iter():
        try:
            words = [*process.cmdline(), *process.environ().values()]
            if process.pid != psutil.Process().pid and any(str(folder) in word for word in words):
                found.append(" ".join(process.cmdline()))
        except psutil.Error:
            continue
    return found


def test_the_demo_delivers_every_due_trigger_and_leaves_no_process(tmp_path: Path, jars: Path, root: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    (state / "jars").symlink_to(jars)
    made = feed.make(NOW)
    reasons = list(expected.decisions([*made.history, *made.appointments], made.profiles, NOW + LAST_DECISION).values())

    command = [sys.executable, "-m", "rekindle.cli.main", "--state-dir", str(state), "demo", "--once", "--json"]
    environ = process_environment() | {"PYTHONPATH": str(root)}
    done = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, check=False, timeout=1200)

    assert done.returncode == 0, done.stdout + done.stderr
    line = json.loads(done.stdout.splitlines()[-1])
    assert line["candidates"] == len(reasons)
    assert line["delivered"] + line["taken_back"] == line["triggers"]
    # a mail that is taken back in time leaves room for a later one: how many, hangs on when delivery heard of it
    more = line["triggers"] - reasons.count("sent")
    assert 0 <= more <= line["taken_back"]
    wanted = Counter(reason for reason in reasons if reason != "sent")
    found = Counter(line["suppressed"])
    assert found <= wanted
    assert {*(wanted - found)} <= {"capped", "cooldown"}
    assert (wanted - found).total() == more
    assert line["events"] >= len(made.history)
    assert line["first_delivery_s"] > 0
    assert "example.com" not in done.stdout + done.stderr
    assert wait_until(lambda: not processes_of(state), 240), processes_of(state)
    assert not (state / "kafka").exists()
