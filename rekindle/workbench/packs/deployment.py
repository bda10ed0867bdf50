"""Putting a pack live: stop with a savepoint, start from it, and take it back when it does not run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from jobs.definitions import lock as locks
from jobs.definitions.lock import FILE, Lock
from jobs.errors import RekindleError, RunError
from jobs.settings import Settings
from rekindle.local.flink_rest import FlinkRest
from rekindle.local.waiting import wait_until
from rekindle.workbench.packs import clock
from rekindle.workbench.packs.archive import Archive
from rekindle.workbench.packs.construction import construct
from rekindle.workbench.packs.plan import Plan

Report = Callable[[str], None]
_STOP_LIMIT = 300.0
"""Seconds a savepoint may take."""
_BACK_LIMIT = 300.0
"""Seconds the old job gets at least to run again."""


class RolledBackError(RunError):
    """The new job did not come to run; the old one does again, from the same savepoint. Nothing is lost."""


@dataclass(frozen=True)
class Applied:
    """job_id: Flink's; empty when nothing had to be done. savepoint: what it was started from; empty for a start without state."""

    pack: str
    job_id: str
    savepoint: str
    lock: Lock


@dataclass(frozen=True)
class Deployment:
    """limit: seconds the new job has to run with all its tasks and to complete a checkpoint. report: takes a line for every step."""

    settings: Settings
    archive: Archive
    limit: float
    report: Report

    def apply(self, plan: Plan, state: str = "") -> Applied:
        """Puts live what was planned, and writes the lock.

        state: a savepoint or retained checkpoint to start from, for a pack whose job does not run. Losing state is the caller's to allow.
        Raises: RolledBackError; RunError when nothing runs any more, with what to do.
        """
        if plan.nothing:
            if not plan.locked:
                self._write(plan.after)
            return Applied(plan.pack, "", "", plan.after)
        savepoint = self._stop(plan) or state
        anew = bool(plan.before or plan.unknown) and (not savepoint or plan.comparison.anew or plan.unknown)
        job_id, lock = "", plan.after
        try:
            active_from = self._active_from(plan, anew)
            start = "" if anew else savepoint
            made = construct(self.settings, plan.pack, active_from, plan.before, start, bool(plan.comparison.dropped))
            lock = made.lock
            self.report(f"submitting {plan.job}" + (f" from {start}" if start else " without state"))
            job_id = made.submit()
            self._wait(plan.job, job_id, self.limit)
        except Exception as error:  # whatever it is: what ran before has to run again
            self._take_back(plan, savepoint, job_id, error)
        self.archive.keep(lock, self.settings)
        self._write(lock)
        return Applied(plan.pack, job_id, savepoint, lock)

    def _stop(self, plan: Plan) -> str:
        if plan.running.job is None:
            return ""
        self.report(f"stopping {plan.job} with a savepoint")
        cluster = FlinkRest(self.settings.flink.rest_url)
        savepoint = cluster.stop(plan.running.job.id, _STOP_LIMIT)
        cluster.close()
        self.report(f"savepoint: {savepoint}")
        return savepoint

    def _active_from(self, plan: Plan, anew: bool) -> dict[str, int]:
        """Old triggers count from when they did; new ones from what the pack has written up to."""
        known = plan.after.active_from_ms()
        fresh = set(plan.after.live) if anew else plan.comparison.counts_anew
        if not fresh:
            return known
        reached = clock.of_pack(self.settings.kafka.servers, plan.pack, self.settings.kafka.options)
        return known | dict.fromkeys(fresh, reached or 0)

    def _wait(self, name: str, job_id: str, limit: float) -> None:
        """Until all tasks run and a checkpoint is complete, without a failure so far. limit: seconds for each."""
        cluster = FlinkRest(self.settings.flink.rest_url)
        try:
            cluster.wait_running([name], limit)
            self.report("it runs; waiting for a checkpoint")
            good = wait_until(lambda: cluster.checkpoints(job_id).completed or cluster.root_cause(job_id), limit, pause=0.5)
            if cause := cluster.root_cause(job_id):
                raise RunError(f"{name} fails: {cause}")
            if not good:
                raise RunError(f"{name} completed no checkpoint within {limit:.0f} s")
        finally:
            cluster.close()

    def _take_back(self, plan: Plan, savepoint: str, job_id: str, error: Exception) -> None:
        """Ends what was started and starts again what ran before. Raises always."""
        reason = error.message if isinstance(error, RekindleError) else f"{type(error).__name__}: {error}"
        self.report(f"it failed: {reason}")
        cluster = FlinkRest(self.settings.flink.rest_url)
        if job_id:
            cluster.cancel(job_id, self.limit)
        cluster.close()
        if plan.running.job is None:
            raise RunError(f"{plan.job} was not started: {reason}", "nothing ran before, and nothing runs now") from error
        by_hand = f"rekindle run {plan.job} --from {savepoint}, with the pack's files as they were"
        old = self.archive.settings_for(plan.before, self.settings) if plan.before else None
        if plan.before is None or old is None:
            raise RunError(f"{plan.job} was not started, and what ran before is not at hand: {reason}", by_hand) from error
        self.report(f"starting again what ran before, from {savepoint}")
        try:
            again = construct(old, plan.pack, plan.before.active_from_ms(), plan.before, savepoint)
            self._wait(plan.job, again.submit(), max(self.limit, _BACK_LIMIT))
        except Exception as second:
            raise RunError(f"neither the new {plan.job} nor the old one runs: {reason}; then: {second}", by_hand) from error
        raise RolledBackError(
            f"{plan.job} was taken back: {reason}", "the old definition runs on from the savepoint; nothing was lost"
        ) from error

    def _write(self, lock: Lock) -> None:
        file = locks.folder(lock.pack, self.settings) / FILE
        try:
            Path(str(file)).write_text(locks.text(lock), encoding="utf-8")
        except OSError as error:
            raise RunError(f"{file} cannot be written: {error.strerror}", "the pack runs; set packs_dir to a folder of your own") from None
        self.report(f"wrote {file}: commit it")
