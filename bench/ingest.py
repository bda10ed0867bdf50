"""`rekindle bench ingest`: CPU per event of `ingest` and `evaluate` against the yardstick, over the same topic in the same run."""

from __future__ import annotations

import json
import platform
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import psutil

from bench import jobs_run
from bench.arena import Arena, Report, arena, root
from bench.completion import trigger_ids
from bench.feed import Load, feed
from bench.yardstick import PREFIX, records
from jobs.errors import RunError
from jobs.settings import process_environment

VERIFYING = (20_000, 1_000)
"""Events and users of the feed that the oracle can work through in seconds."""
OVERRIDES = ("heartbeats.enabled=false",)  # the feed has its own: event time moves as fast as the jobs do


@dataclass(frozen=True)
class Comparison:
    """One backend over one feed. equal: loop and jobs gave the same candidates. oracle: so did the oracle; None where it was not asked."""

    backend: str
    load: Load
    events: int
    users: int
    loop: dict[str, Any]
    jobs: dict[str, Any]
    loop_us: float
    jobs_us: float
    ratio: float
    candidates: int
    equal: bool
    oracle: bool | None


def run(
    state_dir: str,
    options: Sequence[str],
    overrides: Sequence[str],
    *,
    events: int,
    users: int,
    load: Load,
    backends: Sequence[str],
    memory_mb: int,
    verify: bool,
    report: Report,
) -> list[Comparison]:
    """A fresh stack for each feed; the verifying feed goes first. Raises RunError."""
    found = []
    rounds = [(*VERIFYING, backends[0], True)] if verify else []
    for n, people, backend, checked in (*rounds, *((events, users, backend, False) for backend in backends)):
        report(f"{backend}: {n:,} {load} events of {people:,} users{', with the oracle' if checked else ''}")
        with arena(state_dir, options, (*overrides, *OVERRIDES), backend=backend, memory_mb=memory_mb, report=lambda _: None) as ground:
            found.append(compare(ground, backend, load, n, people, report, checked))
    return found


def compare(ground: Arena, backend: str, load: Load, events: int, users: int, report: Report, with_oracle: bool) -> Comparison:
    """Feed, loop, jobs, comparison in one stack."""
    servers, partitions = ground.stack.kafka_servers, ground.partitions
    fed = feed(servers, partitions, kind=load, events=events, users=users)
    report(f"  fed in {fed.seconds:.0f} s")
    loop = yardstick(servers, partitions)
    report(f"  loop: {loop['wall_s']:.0f} s, {loop['cpu_s']:.1f} CPU-s")
    jobs = jobs_run.run(ground, fed, limit=600 + events / 2000)
    report(f"  jobs: {jobs.wall_s:.0f} s, {jobs.total_s:.1f} CPU-s")
    by_loop = trigger_ids(servers, f"{PREFIX}trigger_candidates", partitions)
    figures = asdict(jobs)
    del figures["candidates"]
    loop_us = loop["cpu_s"] / events * 1e6
    oracle = by_oracle(servers, partitions) == jobs.candidates if with_oracle else None
    report(f"  candidates: {len(by_loop):,} of the loop, {len(jobs.candidates):,} of the jobs, the same: {by_loop == jobs.candidates}")
    return Comparison(
        backend=backend,
        load=load,
        events=events,
        users=users,
        loop=loop,
        jobs=figures,
        loop_us=loop_us,
        jobs_us=jobs.us_per_event,
        ratio=jobs.us_per_event / loop_us,
        candidates=len(by_loop),
        equal=by_loop == jobs.candidates,
        oracle=oracle,
    )


def yardstick(servers: str, partitions: int) -> dict[str, Any]:
    """What `bench.yardstick` prints, run as a process of its own. Raises RunError."""
    command = [sys.executable, "-m", "bench.yardstick", "--servers", servers, "--partitions", str(partitions)]
    done = subprocess.run(command, cwd=root(), env=process_environment(), capture_output=True, text=True, check=False)
    if done.returncode:
        raise RunError(f"the yardstick failed: {done.stderr.strip()[-1000:]}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def by_oracle(servers: str, partitions: int) -> set[str]:
    """trigger_ids that the brute-force oracle of the tests finds in what events.raw holds. Profiles change none."""
    from tests.oracle import shop

    raw = [
        (partition, place, at, value)
        for place, (partition, at, key, value) in enumerate(records(servers, "events.raw", partitions))
        if not key.startswith(b"$hb")
    ]
    return {row["trigger_id"] for row in shop.run(raw).candidates}


def machine() -> dict[str, Any]:
    """What the figures depend on. load: runnable processes per minute before the run; above 0.5 somebody else is at work."""
    return {
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "cores": psutil.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9),
        "python": platform.python_version(),
        "load_before": round(psutil.getloadavg()[0], 1),
    }
