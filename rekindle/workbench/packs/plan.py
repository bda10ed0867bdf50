"""Files against lock against what runs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from jobs.definitions import lock as locks
from jobs.definitions.lock import Lock
from jobs.definitions.packs import job_name
from jobs.environment import PLAN
from jobs.errors import RunError
from jobs.settings import Settings
from rekindle.local.flink_rest import FlinkRest, Job
from rekindle.workbench.packs.archive import Archive
from rekindle.workbench.packs.changes import Comparison, compare
from rekindle.workbench.packs.construction import construct


@dataclass(frozen=True)
class Running:
    """What the cluster says. reached: whether it answers. job: the pack's, if it is alive; fingerprint: of its plan, empty if unknown."""

    reached: bool
    job: Job | None = None
    fingerprint: str = ""


@dataclass(frozen=True)
class Plan:
    """before: the lock of what runs, None when nothing does. after: what would be locked, but for the time new triggers count from.

    locked: whether the folder's pack.lock says what runs. unknown: something runs of which neither lock nor archive know what it is.
    """

    pack: str
    running: Running
    before: Lock | None
    after: Lock
    comparison: Comparison
    locked: bool
    unknown: bool = False

    @property
    def job(self) -> str:
        return job_name(self.pack)

    @property
    def nothing(self) -> bool:
        """Nothing to do: what the files say runs. Without a cluster: it is what was put live last."""
        return self.comparison.nothing and not self.unknown and (self.running.job is not None or not self.running.reached)

    def lost(self) -> tuple[str, ...]:
        """State that would be gone for good, in words."""
        if self.unknown:
            return (f"{self.job} runs, but from which files nobody here knows: all its state, and what it has found and not yet written",)
        return self.comparison.lost


def running(settings: Settings, pack: str) -> Running:
    """Asks the cluster at `flink.rest_url`."""
    cluster = FlinkRest(settings.flink.rest_url)
    try:
        cluster.overview()
    except RunError:
        return Running(reached=False)
    try:
        job = cluster.alive(job_name(pack))
        return Running(True, job, cluster.parameters(job.id).get(PLAN, "") if job else "")
    finally:
        cluster.close()


def plan(settings: Settings, pack: str, archive: Archive, found: Running) -> Plan:
    """Needs a JVM. Raises: DefinitionError when a trigger file or the lock cannot be used."""
    lock = locks.read(pack, settings)
    before = lock
    if found.job and (lock is None or lock.fingerprint != found.fingerprint):
        before = archive.find(pack, found.fingerprint) if found.fingerprint else None
    basis = before or lock
    after = construct(settings, pack, basis.active_from_ms() if basis else {}, basis).lock
    unknown = found.job is not None and before is None and after.fingerprint != found.fingerprint
    if found.job is not None and before is None and not unknown:
        before = after  # the files are what it was started from: it only lacks a lock
    comparison = compare(before, after, _gate_reads(settings, before))
    return Plan(pack, found, before, after, comparison, lock == after if comparison.nothing else lock == before, unknown)


def _gate_reads(settings: Settings, before: Lock | None) -> Iterable[str]:
    """Events the gate was told of: those of every pack's lock. An order is always among them."""
    others = (locks.read(pack, settings) for pack in settings.packs if before is None or pack != before.pack)
    entries = (entry for lock in (before, *others) if lock for entry in lock.live.values())
    return {"Order Completed", *(event for entry in entries for event in entry.cancel_on)}
