"""`rekindle bench gate`: CPU of the job `gate` by kind of input, over topics written as the jobs before it would.

One job runs through all phases, each a day of event time that is fed while it runs. The first phase is a small mix of everything: after
it classes are loaded and hot methods compiled, and nothing of it is counted. A phase is over when the rows of all its candidates are
there, its probes' among them, which fall due last. So `profiles` ends when the clock has passed the last profile.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

import orjson
from confluent_kafka import Producer

from bench import cpu
from bench import gate_rows as rows
from bench.arena import Arena, Report, arena
from bench.completion import Progress, progress
from bench.feed import producer_options, put
from bench.gate_rows import DAY, PROBES, Record
from bench.yardstick import records
from jobs.errors import RunError
from rekindle.local.flink_rest import FlinkRest
from rekindle.local.waiting import wait_until

OVERRIDES = ("heartbeats.enabled=false", "packs=[core]")
DAYS_AGO = 5
WARM = 2
"""The first phase has half of everything: with less the compiler is most of what comes behind it."""
IDLE_S = 10.0
LIMIT_S = 600.0


@dataclass(frozen=True)
class Sizes:
    """How many of each. Each candidate is of a person of its own, so people ≥ candidates; profiles ≥ people: each has one."""

    candidates: int
    cancels: int
    profiles: int
    people: int

    def part(self, divisor: int) -> Sizes:
        """A smaller mix."""
        people = max(1, self.people // divisor)
        return Sizes(min(people, self.candidates // divisor), self.cancels // divisor, max(people, self.profiles // divisor), people)


@dataclass(frozen=True)
class Phase:
    """count: rows of its kind; cpu_s: of all TaskManagers, idle work and checkpoints included; state_mb: the checkpoint behind it."""

    name: str
    count: int
    cpu_s: float
    wall_s: float
    state_mb: float
    taskmanagers_s: list[float]
    stages: dict[str, float]

    @property
    def per_cpu_s(self) -> float:
        """Rows of its kind per CPU-second."""
        return self.count / self.cpu_s if self.cpu_s > 0 else 0.0

    @property
    def warm_per_cpu_s(self) -> float:
        """The same without the JVM's compiler, which a job that runs for days pays once."""
        warm = self.cpu_s - self.stages.get(cpu.COMPILER, 0.0)
        return self.count / warm if warm > 0 else 0.0


@dataclass(frozen=True)
class GateRun:
    """One backend. idle: CPU-seconds a second without input; decisions: rows by reason; equal: they are those that must come."""

    backend: str
    taskmanagers: int
    sizes: Sizes
    start_s: float
    idle: float
    phases: list[Phase]
    decisions: dict[str, int]
    equal: bool
    restore_s: float
    memory_mb: int


def run(
    state_dir: str,
    options: Sequence[str],
    overrides: Sequence[str],
    *,
    sizes: Sizes,
    backends: Sequence[str],
    taskmanagers: int,
    memory_mb: int,
    report: Report,
) -> list[GateRun]:
    """A fresh stack for each backend. Parallelism is the number of TaskManagers. Raises RunError."""
    found = []
    for backend in backends:
        report(f"{backend}: {sizes}")
        given = (*overrides, *OVERRIDES, f"flink.parallelism={taskmanagers}")
        with arena(
            state_dir, options, given, backend=backend, memory_mb=memory_mb, report=lambda _: None, taskmanagers=taskmanagers
        ) as ground:
            found.append(Measurement(ground, backend, sizes, report).run())
    return found


class Measurement:
    """The phases over one stack."""

    def __init__(self, ground: Arena, backend: str, sizes: Sizes, report: Report) -> None:
        self._arena, self._backend, self._sizes, self._report = ground, backend, sizes, report
        self._producer = Producer(producer_options(ground.stack.kafka_servers))
        self._must = 0
        self._start = int(time.time() * 1000) // DAY * DAY - DAYS_AGO * DAY

    def run(self) -> GateRun:
        """All phases, a restart from a savepoint, and what was decided."""
        sizes, day = self._sizes, self._day
        small, phases = sizes.part(WARM), []
        first = cpu_seconds(self._arena)
        self._arena.submit(("gate",))
        with progress(self._arena.stack.kafka_servers, self._arena.partitions) as topics:
            self._phase(topics, "start", 0, small.candidates, mix("w", small, day(0)))
            start = cpu_seconds(self._arena) - first
            before = cpu_seconds(self._arena)
            time.sleep(IDLE_S)
            idle = (cpu_seconds(self._arena) - before) / IDLE_S
            for name, at, count, decided, fed in (
                ("profiles", 1, sizes.profiles, 0, rows.profiles("u", sizes.profiles, sizes.people, day(1))),
                ("candidates", 2, sizes.candidates, sizes.candidates, rows.candidates("u", sizes.candidates, day(2))),
                ("cancel events", 3, sizes.cancels, 0, rows.events("u", sizes.cancels, sizes.people, day(3), "Order Completed")),
                ("other events", 4, sizes.cancels, 0, rows.events("u", sizes.cancels, sizes.people, day(4), "Product Viewed")),
            ):
                if count:
                    phases.append(self._phase(topics, name, at, decided, fed, count))
        restore = self._restore()
        decisions = Counter(reason for reason, _ in decided_rows(self._arena))
        must = rows.expected(small.candidates) + rows.expected(sizes.candidates)
        must["no_profile"] += PROBES * (1 + len(phases))
        return GateRun(
            backend=self._backend,
            taskmanagers=len(self._arena.taskmanagers),
            sizes=sizes,
            start_s=start,
            idle=idle,
            phases=phases,
            decisions=dict(decisions),
            equal=decisions == must,
            restore_s=restore,
            memory_mb=max(cpu.resident_mb(pid) for pid in self._arena.taskmanagers),
        )

    def _day(self, number: int) -> int:
        return self._start + number * DAY

    def _phase(self, topics: Progress, name: str, day: int, decided: int, fed: Iterable[Record], count: int = 0) -> Phase:
        at = self._day(day)
        feed = list(rows.with_heartbeats(chain(fed, rows.probes(f"{day}-", at)), at, self._arena.partitions))
        self._must += sum(rows.expected(decided).values()) + PROBES
        begun, first = time.monotonic(), [cpu.read(pid) for pid in self._arena.taskmanagers]
        for number, one in enumerate(feed):
            put(self._producer, one.topic, one.key, one.value, one.at)
            if number % 1000 == 0:
                self._producer.poll(0)
        self._producer.flush()
        self._until(lambda: topics.rows("trigger_decisions") >= self._must, name)
        wall, last = time.monotonic() - begun, [cpu.read(pid) for pid in self._arena.taskmanagers]
        spent = [after.total - before.total for before, after in zip(first, last, strict=True)]
        stages: Counter[str] = Counter()
        for before, after in zip(first, last, strict=True):
            stages.update(cpu.by_stage(before, after))
        phase = Phase(name, count, sum(spent), wall, self._state_mb(), spent, dict(stages.most_common()))
        self._report(f"  {name}: {count:,} in {wall:.1f} s, {sum(spent):.1f} CPU-s, state {phase.state_mb} MB")
        return phase

    def _until(self, reached: Callable[[], bool], name: str) -> None:
        def look() -> bool:
            self._arena.check()
            return reached()

        if not wait_until(look, LIMIT_S, pause=0.5):
            raise RunError(f"the phase '{name}' did not end in {LIMIT_S:.0f} s", "ask for fewer, or take a machine that is not busy")

    def _state_mb(self) -> float:
        """Size of the first checkpoint that was begun after now."""
        rest = FlinkRest(self._arena.stack.flink_url)
        try:
            job = rest.wait_running(["gate"], LIMIT_S)["gate"]
            done = rest.checkpoints(job.id).completed + 1  # one more may have begun before
            if not wait_until(lambda: rest.checkpoints(job.id).completed > done, LIMIT_S, pause=0.5):
                raise RunError("no checkpoint was completed")
            return round(rest.checkpoints(job.id).latest_bytes / 1e6, 2)
        finally:
            rest.close()

    def _restore(self) -> float:
        """Seconds from the submission with a savepoint to the first checkpoint of the restored job: until then state may still be read."""
        rest = FlinkRest(self._arena.stack.flink_url)
        try:
            path = rest.stop(rest.wait_running(["gate"], LIMIT_S)["gate"].id, LIMIT_S)
            self._arena.submit(("gate",), "--from", path)
            job = rest.wait_running(["gate"], LIMIT_S)["gate"]
            return time.time() - job.started / 1000
        finally:
            rest.close()


def mix(name: str, sizes: Sizes, day: int) -> Iterable[Record]:
    """A day of everything."""
    return chain(
        rows.profiles(name, sizes.profiles, sizes.people, day),
        rows.candidates(name, sizes.candidates, day),
        rows.events(f"{name}-other", sizes.cancels, sizes.people, day, "Order Completed"),
        rows.events(name, sizes.cancels, sizes.people, day, "Product Viewed"),
    )


def decided_rows(ground: Arena) -> Iterable[tuple[str, str]]:
    """(reason, trigger_id) of each row of `trigger_decisions`; a row that came twice comes once."""
    found = (orjson.loads(value) for _, _, _, value in records(ground.stack.kafka_servers, "trigger_decisions", ground.partitions))
    return sorted({(row["reason"], row["trigger_id"]) for row in found})


def cpu_seconds(ground: Arena) -> float:
    """Of all TaskManagers so far."""
    return sum(cpu.seconds(pid) for pid in ground.taskmanagers)
