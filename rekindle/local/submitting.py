"""Submitting to the local cluster from a process of its own: this one stays without a JVM, and a client's crash stays a client's."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence

from jobs.errors import RunError
from jobs.settings import Settings, process_environment
from rekindle.local.paths import Places


def submit_apart(places: Places, settings: Settings, jobs: Sequence[str]) -> dict[str, str]:
    """Plans and submits jobs with `rekindle run`, in a child process. Returns: job name → Flink's id.

    Raises: RunError with what the child said.
    """
    places.root.mkdir(parents=True, exist_ok=True)
    file = places.root / "submitted-settings.yaml"
    file.write_text(settings.model_dump_json(), encoding="utf-8")  # JSON is YAML; secrets are references in it
    command = [sys.executable, "-m", "rekindle.cli.main", "--state-dir", str(places.root), "--settings", str(file), "run", *jobs, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=process_environment())
    if done.returncode:
        raise RunError(f"submitting {', '.join(jobs)} failed", done.stderr.strip()[-2000:])
    return {job["name"]: job["job_id"] for job in json.loads(done.stdout)}
