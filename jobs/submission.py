"""Submitting jobs: one client process, one JVM, as many jobs as asked for."""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jobs.definitions import lock
from jobs.definitions.lock import Lock
from jobs.definitions.packs import job_name
from jobs.errors import SettingsError
from jobs.settings import Settings, load

if TYPE_CHECKING:  # Flink
    from jobs.environment import StreamEnvironment
    from jobs.evaluate.sources import Bound

JOBS = ("ingest", "quarantine", "evaluate", "gate", "deliver")
"""In the order of the flow; each is a module `jobs.<name>.job` with `build(env, settings)`. `evaluate` is one job per pack."""
_PACKED = "evaluate"


@dataclass(frozen=True)
class Submitted:
    """A job the cluster has taken. job_id: Flink's, 32 hex digits."""

    name: str
    job_id: str


@dataclass(frozen=True)
class Planned:
    """A job to submit. name: Flink's; stage: its folder; settings: of this job alone."""

    name: str
    stage: str
    settings: Settings


def planned(settings: Settings, jobs: Sequence[str]) -> list[Planned]:
    """What these words stand for: `evaluate` for a job of each pack of the settings, `evaluate-<pack>` for that of one.

    Raises: SettingsError for an unknown job or pack.
    """
    return [one for job in jobs for one in _planned(settings, job)]


def _planned(settings: Settings, job: str) -> list[Planned]:
    if job == _PACKED:
        return [one for pack in settings.packs for one in _planned(settings, job_name(pack))]
    if job in JOBS:
        return [Planned(job, job, settings)]
    stage, _, pack = job.partition("-")
    if stage != _PACKED or pack not in settings.packs:
        known = (*JOBS, *(job_name(pack) for pack in settings.packs))
        raise SettingsError(f"unknown job '{job}'", f"known: {', '.join(known)}")
    return [Planned(job, _PACKED, settings.model_copy(update={"packs": [pack]}))]


def is_ours(name: str) -> bool:
    """Whether a job of that name is one of the suite, whichever packs the settings name now."""
    return name in JOBS or name.startswith(job_name(""))


def submit(settings: Settings, jobs: Sequence[str], remote: bool = True, keep: Callable[[Lock], None] | None = None) -> list[Submitted]:
    """Plans and submits jobs, one after the other, and returns without waiting for them.

    jobs: as of `planned`. remote: to the cluster at `flink.rest_url`; else to whatever context this process runs in.
    keep: is told what was submitted of each pack. Raises: SettingsError for an unknown job name.
    """
    wanted = planned(settings, jobs)
    from jobs import environment  # starts a JVM: not before it is needed

    submitted = []
    for job in wanted:
        module = importlib.import_module(f"jobs.{job.stage}.job")
        env = environment.stream_environment(job.settings, job.name, "remote" if remote else "context")
        built = module.build(env, job.settings)
        submitted.append(Submitted(job.name, str(env.execute().get_job_id())))
        if keep is not None and job.stage == _PACKED:
            keep(_lock(job.settings, built, env))
    return submitted


def _lock(settings: Settings, bound: Sequence[Bound], env: StreamEnvironment) -> Lock:
    from jobs.evaluate.deployed import lock_of

    pack = settings.packs[0]
    before = lock.read(pack, settings)
    return lock_of(pack, bound, env.complete(), before.active_from_ms() if before else {}, before)


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point of application mode: `main.py --job gate [--settings FILE] [--set key=value]`."""
    parser = argparse.ArgumentParser(description="Submits one job of the suite in the surrounding Flink context.")
    parser.add_argument("--job", required=True, metavar="JOB", help=f"{', '.join(JOBS)}, or evaluate-<pack>")
    parser.add_argument("--settings", metavar="FILE")
    parser.add_argument("--set", dest="overrides", action="append", default=[], metavar="section.key=value")
    options = parser.parse_args(arguments)
    submit(load(options.settings, options.overrides), [options.job], remote=False)
    return 0
