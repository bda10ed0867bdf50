"""Flink's REST interface: what the suite asks of a cluster, typed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import requests

from jobs.errors import RunError
from rekindle.local.logs import without_addresses
from rekindle.local.waiting import wait_until

_ENDED = {"FAILED", "CANCELED", "FINISHED"}


@dataclass(frozen=True)
class Job:
    """state: Flink's job status. running, total: tasks. started: epoch ms."""

    id: str
    name: str
    state: str
    running: int
    total: int
    started: int

    @property
    def is_running(self) -> bool:
        """All tasks run; Flink calls a job RUNNING while they are still being deployed."""
        return self.state == "RUNNING" and self.running == self.total > 0


@dataclass(frozen=True)
class Checkpoints:
    """latest_ms: end-to-end duration, latest_bytes: state size of the newest completed one (0 without one); latest_path: its URI."""

    completed: int
    failed: int
    restored: int
    latest_ms: int
    latest_bytes: int
    latest_path: str


class FlinkRest:
    """One cluster. Every call raises RunError when it cannot be reached or refuses."""

    def __init__(self, url: str, timeout: float = 10.0) -> None:
        self.url, self.timeout = url.rstrip("/"), timeout
        self._session = requests.Session()
        self._session.trust_env = "127.0.0.1" not in url and "localhost" not in url  # no proxy for local calls

    def close(self) -> None:
        self._session.close()

    def overview(self) -> dict[str, Any]:
        """Cluster totals: taskmanagers, slots-total, slots-available, jobs-running, flink-version."""
        return self._get("/overview")

    def jobs(self) -> list[Job]:
        """All jobs the cluster remembers, newest first."""
        return sorted((_job(row) for row in self._get("/jobs/overview")["jobs"]), key=lambda job: -job.started)

    def job(self, name: str) -> Job | None:
        """The newest job of that name."""
        return newest(self.jobs()).get(name)

    def alive(self, name: str) -> Job | None:
        """The newest job of that name that has not ended."""
        return newest(job for job in self.jobs() if job.state not in _ENDED).get(name)

    def parameters(self, job_id: str) -> dict[str, str]:
        """The parameters a job was submitted with, as the web UI shows them."""
        config = self._get(f"/jobs/{job_id}/config").get("execution-config") or {}
        return {str(name): str(value) for name, value in (config.get("user-config") or {}).items()}

    def stop(self, job_id: str, limit: float) -> str:
        """Stop with a savepoint, without ending event time. Returns: the savepoint's path; the job has ended.

        Raises: RunError when there is no savepoint: the job runs on.
        """
        trigger = self._call("POST", f"/jobs/{job_id}/stop", {"drain": False}).json()["request-id"]
        answer: dict[str, Any] = {}

        def done() -> bool:
            answer.update(self._get(f"/jobs/{job_id}/savepoints/{trigger}"))
            return bool(answer["status"]["id"] == "COMPLETED")

        if not wait_until(done, limit, pause=0.3):
            raise RunError(f"job {job_id} was not stopped with a savepoint within {limit:.0f} s", f"see {self.url}/#/job/running/{job_id}")
        operation = answer["operation"]
        if not operation.get("location"):
            cause = innermost(str((operation.get("failure-cause") or {}).get("stack-trace", "")))
            raise RunError(f"job {job_id} could not be stopped with a savepoint, and runs on: {cause}")
        if not wait_until(lambda: self.state(job_id) in _ENDED, limit):
            raise RunError(f"job {job_id} did not end within {limit:.0f} s of its savepoint {operation['location']}")
        return str(operation["location"])

    def state(self, job_id: str) -> str:
        return str(self._get(f"/jobs/{job_id}/status")["status"])

    def checkpoints(self, job_id: str) -> Checkpoints:
        answer = self._get(f"/jobs/{job_id}/checkpoints")
        latest = (answer.get("latest") or {}).get("completed") or {}
        counts = answer.get("counts") or {}
        return Checkpoints(
            completed=counts.get("completed", 0),
            failed=counts.get("failed", 0),
            restored=counts.get("restored", 0),
            latest_ms=latest.get("end_to_end_duration", 0),
            latest_bytes=latest.get("state_size", 0),
            latest_path=latest.get("external_path", ""),
        )

    def root_cause(self, job_id: str) -> str | None:
        """One line: the innermost cause of the job's newest failure; None when it never failed."""
        entries = self._get(f"/jobs/{job_id}/exceptions").get("exceptionHistory", {}).get("entries", [])
        return innermost(entries[0]["stacktrace"]) if entries else None

    def cancel(self, job_id: str, limit: float = 30.0) -> None:
        """Cancel and wait until the job has ended. A job that has ended already is left alone."""
        if self.state(job_id) in _ENDED:
            return
        self._call("PATCH", f"/jobs/{job_id}?mode=cancel")
        if not wait_until(lambda: self.state(job_id) in _ENDED, limit):
            raise RunError(f"job {job_id} did not end within {limit:.0f} s of its cancellation")

    def wait_running(self, names: Iterable[str], limit: float) -> dict[str, Job]:
        """Until the newest job of each name runs with all its tasks.

        Raises: RunError at once when one has ended, else after `limit` seconds.
        """
        wanted = set(names)
        seen: dict[str, Job] = {}

        def all_run() -> bool:
            seen.clear()
            seen.update((name, job) for name, job in newest(self.jobs()).items() if name in wanted)
            for job in seen.values():
                if job.state in _ENDED:
                    raise RunError(f"job {job.name} is {job.state}: {self.root_cause(job.id) or 'no exception recorded'}", self._page(job))
            return seen.keys() == wanted and all(job.is_running for job in seen.values())

        if not wait_until(all_run, limit, pause=0.5):
            raise RunError("\n".join(self._late(name, seen.get(name), limit) for name in sorted(wanted)), f"see {self.url}")
        return seen

    def _late(self, name: str, job: Job | None, limit: float) -> str:
        if job is None:
            return f"job {name} was not submitted within {limit:.0f} s"
        if job.is_running:
            return f"job {name} runs"
        cause = self.root_cause(job.id)
        return f"job {name} is {job.state} with {job.running} of {job.total} tasks after {limit:.0f} s" + (f": {cause}" if cause else "")

    def _page(self, job: Job) -> str:
        return f"see {self.url}/#/job/completed/{job.id}/exceptions"

    def _get(self, path: str) -> dict[str, Any]:
        answer: dict[str, Any] = self._call("GET", path).json()
        return answer

    def _call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> requests.Response:
        try:
            answer = self._session.request(method, self.url + path, timeout=self.timeout, json=body)
        except requests.RequestException as error:
            reason = type(error).__name__
            raise RunError(
                f"Flink is not reachable at {self.url} (flink.rest_url): {reason}", "run `rekindle up`, or set flink.rest_url"
            ) from None
        if not answer.ok:
            raise RunError(f"Flink refused {method} {path}: HTTP {answer.status_code}: {innermost(answer.text)}")
        return answer


def newest(jobs: Iterable[Job]) -> dict[str, Job]:
    """Name → the job of that name that was started last."""
    found: dict[str, Job] = {}
    for job in jobs:
        if job.name not in found or found[job.name].started < job.started:
            found[job.name] = job
    return found


def innermost(stacktrace: str) -> str:
    """The last `Caused by:` of a Java stack trace, else its first line; without addresses, at most 300 characters."""
    lines = stacktrace.strip().splitlines() or [""]
    causes = [line.removeprefix("Caused by: ") for line in lines if line.startswith("Caused by: ")]
    return without_addresses((causes or lines[:1])[-1].strip())[:300]


def _job(row: Mapping[str, Any]) -> Job:
    tasks = row["tasks"]
    return Job(row["jid"], row["name"], row["state"], tasks["running"], tasks["total"] - tasks.get("finished", 0), row["start-time"])
