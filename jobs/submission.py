"""Submitting jobs: one client process, one JVM, as many jobs as asked for."""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Sequence
from dataclasses import dataclass

from jobs.errors import SettingsError
from jobs.settings import Settings, load

JOBS = ("ingest", "quarantine", "evaluate", "gate", "deliver")
"""In the order of the flow; each is a module `jobs.<name>.job` with `build(env, settings)`."""


@dataclass(frozen=True)
class Submitted:
    """A job the cluster has taken. job_id: Flink's, 32 hex digits."""

    name: str
    job_id: str


def submit(settings: Settings, jobs: Sequence[str], remote: bool = True) -> list[Submitted]:
    """Plans and submits jobs, one after the other, and returns without waiting for them.

    remote: to the cluster at `flink.rest_url`; else to whatever context this process runs in.
    Raises: SettingsError for an unknown job name.
    """
    unknown = [job for job in jobs if job not in JOBS]
    if unknown:
        raise SettingsError(f"unknown job '{unknown[0]}'", f"known: {', '.join(JOBS)}")
    from jobs import environment  # starts a JVM: not before it is needed

    submitted = []
    for job in jobs:
        module = importlib.import_module(f"jobs.{job}.job")
        env = environment.stream_environment(settings, job, "remote" if remote else "context")
        module.build(env, settings)
        submitted.append(Submitted(job, str(env.execute().get_job_id())))
    return submitted


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point of application mode: `main.py --job gate [--settings FILE] [--set key=value]`."""
    parser = argparse.ArgumentParser(description="Submits one job of the suite in the surrounding Flink context.")
    parser.add_argument("--job", required=True, choices=JOBS)
    parser.add_argument("--settings", metavar="FILE")
    parser.add_argument("--set", dest="overrides", action="append", default=[], metavar="section.key=value")
    options = parser.parse_args(arguments)
    submit(load(options.settings, options.overrides), [options.job], remote=False)
    return 0
