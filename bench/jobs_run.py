"""`ingest` and `evaluate` over a feed that lies ready: CPU of their TaskManager, from start to the last candidate.

How the start is taken off: after a first quarter of the events (`mark`) classes are loaded and hot methods compiled; the CPU from there to
the end, divided by the events from there to the end, is the cost per event. `evaluate`, the checkpoints and the collections of the whole
rest are in it, and whatever lay between the stages at the mark: it errs against the jobs. An empty feed would not do instead: without
rows nothing is compiled, and compilation is most of a start.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from bench import cpu
from bench.arena import Arena
from bench.completion import Progress, progress, trigger_ids
from bench.feed import Fed
from jobs.errors import RunError
from rekindle.local.flink_rest import FlinkRest
from rekindle.local.waiting import wait_until

JOBS = ("ingest", "evaluate")
MARK = 0.25
PAUSE = 0.5


@dataclass(frozen=True)
class JobsRun:
    """total_s: CPU of the TaskManager with start; start_s: what of it was start. stages: µs per event. candidates: their trigger_ids."""

    us_per_event: float
    total_s: float
    start_s: float
    jobmanager_s: float
    wall_s: float
    stages: dict[str, float]
    state_mb: dict[str, float]
    memory_mb: int
    candidates: set[str]


def run(arena: Arena, fed: Fed, limit: float) -> JobsRun:
    """Submit the jobs and wait for their end of work. limit: seconds. Raises RunError when they fail or take longer."""
    begun, first, manager = time.monotonic(), cpu.read(arena.taskmanager), cpu.seconds(arena.jobmanager)
    arena.submit(JOBS)
    with progress(arena.stack.kafka_servers, arena.partitions) as topics:
        _until(lambda: topics.rows("events") >= MARK * fed.events, arena, begun + limit)
        done, mark = topics.rows("events"), cpu.read(arena.taskmanager)
        _until(lambda: _is_over(topics, fed), arena, begun + limit)
    last = cpu.read(arena.taskmanager)
    wall = time.monotonic() - begun
    rest = max(1, fed.events - done)
    per_event = (last.total - mark.total) / rest * 1e6
    total = last.total - first.total
    return JobsRun(
        us_per_event=per_event,
        total_s=total,
        start_s=total - per_event * fed.events / 1e6,
        jobmanager_s=cpu.seconds(arena.jobmanager) - manager,
        wall_s=wall,
        stages={name: spent / rest * 1e6 for name, spent in cpu.by_stage(mark, last).items()},
        state_mb=_state(arena),
        memory_mb=cpu.resident_mb(arena.taskmanager),
        candidates=trigger_ids(arena.stack.kafka_servers, "trigger_candidates", arena.partitions),
    )


def _is_over(topics: Progress, fed: Fed) -> bool:
    return topics.has_passed("trigger_candidates", fed.all_ended)


def _until(reached: Callable[[], bool], arena: Arena, end: float) -> None:
    def look() -> bool:
        arena.check()
        return reached()

    if not wait_until(look, end - time.monotonic(), pause=PAUSE):
        raise RunError("the jobs did not end their work in time", "give fewer --events, or a machine that is not busy")


def _state(arena: Arena) -> dict[str, float]:
    """Size of each job's newest checkpoint, MB."""
    rest = FlinkRest(arena.stack.flink_url)
    try:
        return {job.name: round(rest.checkpoints(job.id).latest_bytes / 1e6, 1) for job in rest.jobs()}
    finally:
        rest.close()
