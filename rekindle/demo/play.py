"""The demo's course: history into the log, jobs onto the cluster, live shoppers in real time, until all that was due is delivered."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import BrokenExecutor

from jobs.errors import RunError
from rekindle.demo import expected, scenes
from rekindle.demo.esp import accepted_since
from rekindle.demo.feed import Feed, make
from rekindle.demo.kafka_log import Follower, Writer
from rekindle.demo.live import LiveShoppers
from rekindle.demo.screen import Screen
from rekindle.demo.stage import Stage
from rekindle.demo.submission import Client
from rekindle.demo.tally import TOPICS, Key, Tally, missing
from rekindle.local.flink_rest import FlinkRest, newest

LIMIT = 180.0
"""Seconds from the demo's start until everything must be delivered."""
LEAST = 60.0
"""Seconds the jobs have at least once they run, on a machine that was slow to start them."""
_ASK_EVERY = 0.5  # seconds between two questions to Flink or the ESP


class Play:
    """started: `time.monotonic()` at the demo's start."""

    def __init__(self, stage: Stage, client: Client, screen: Screen, started: float, *, once: bool) -> None:
        self._stage, self._client, self._screen, self._started = stage, client, screen, started
        self._writer = Writer(stage.stack.kafka_servers)
        self._follower = Follower(stage.stack.kafka_servers, TOPICS)
        self._cluster = FlinkRest(stage.stack.flink_url)
        self._asked, self._page = 0.0, 0
        self._expected: dict[expected.Due, str] | None = None
        self.tally = Tally()
        now = _now()
        self._feed: Feed = make(now)
        self._until = now + scenes.LAST_DECISION
        articles = sorted({article for happening in self._feed.history for article in happening.articles})
        self._live = LiveShoppers(now, articles, self._feed.appointments, ordering_only=once)

    def perform(self) -> list[str]:
        """Runs until all is delivered or time is over; what is missing then. Raises: RunError when a job cannot run."""
        step = self._screen.step
        self._writer.write(self._feed.records)
        step(f"{len(self._feed.history)} shop events of the last hours and {len(self._feed.profiles)} profiles are in the log")
        submission = self._client.submit(self._stage.settings)
        self._go_on("planning and submitting the jobs", submission.done, self._left(LIMIT))
        try:
            jobs = submission.result(timeout=0)
        except BrokenExecutor:
            raise RunError("the process that submits the jobs has died", f"read {self._client.log}") from None
        except TimeoutError:
            raise RunError(f"the jobs were not submitted within {LIMIT:.0f} s", f"read {self._client.log}") from None
        self._client.close()
        step("jobs are submitted: " + ", ".join(job.name for job in jobs))
        names = {job.name for job in jobs}
        self._go_on("starting the jobs", lambda: self._all_run(names), self._left(LIMIT))
        step("jobs are running")
        self._go_on("the pipeline", lambda: not self._missing(), max(self._left(LIMIT), LEAST))
        found = self._missing()
        if found:
            causes = ((name, self._cluster.root_cause(job.id)) for name, job in newest(self._cluster.jobs()).items() if name in names)
            found += [f"job {name}: {cause}" for name, cause in causes if cause]
        else:
            back = f", {len(self.tally.cancelled())} were taken back in time" if self.tally.cancelled() else ""
            step(f"all triggers that were due are done: {len(self.tally.accepted())} are delivered{back}")
        return found

    def follow(self, on_decision: Callable[[Key], None]) -> None:
        """Live shoppers for ever, telling each new decision."""
        told = set(self.tally.decisions)
        while True:
            self._turn()
            for key in self.tally.decisions.keys() - told:
                told.add(key)
                on_decision(key)

    def close(self) -> None:
        """Leaves Kafka and Flink as they are."""
        self._follower.close()
        self._cluster.close()

    def _go_on(self, what: str, done: Callable[[], bool], limit: float) -> None:
        """Live shopping, until `done` or `limit` seconds have passed."""
        end = time.monotonic() + limit
        while not done() and time.monotonic() < end:
            self._screen.waiting(f"{what}: {len(self.tally.decisions)} decisions, {len(self.tally.delivered)} deliveries")
            self._turn()
        self._screen.quiet()

    def _turn(self) -> None:
        self._writer.write(self._live.step(_now()))
        for topic, row in self._follower.poll(0.2):
            self.tally.take(topic, row)
        if self._may_ask():
            self._page = accepted_since(self._stage.stack.esp_url, self._page, self.tally.delivered)

    def _may_ask(self) -> bool:
        if time.monotonic() - self._asked < _ASK_EVERY:
            return False
        self._asked = time.monotonic()
        return True

    def _all_run(self, names: set[str]) -> bool:
        jobs = [job for name, job in newest(self._cluster.jobs()).items() if name in names]
        for job in jobs:
            if job.state in ("FAILED", "CANCELED", "FINISHED"):
                raise RunError(f"job {job.name} is {job.state}: {self._cluster.root_cause(job.id) or 'no exception recorded'}")
        return len(jobs) == len(names) and all(job.is_running for job in jobs)

    def _missing(self) -> list[str]:
        if _now() <= self._until:
            return ["the last cart is not due yet"]
        if self._expected is None:  # what happens from now on changes nothing that was decided by then
            happenings = [*self._feed.history, *self._live.happened]
            self._expected = expected.decisions(happenings, self._feed.profiles, self._until)
        return list(missing(self.tally, self._expected, self._feed.dead_letters, self._until))

    def _left(self, limit: float) -> float:
        return self._started + limit - time.monotonic()


def _now() -> int:
    return int(time.time() * 1000)
