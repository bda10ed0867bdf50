"""Running one bounded job here, to its end."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from py4j.protocol import Py4JJavaError
from pyflink.java_gateway import get_gateway

from jobs.environment import StreamEnvironment
from jobs.errors import RunError

_PAUSE = 0.1  # seconds between two looks at the job


@dataclass(frozen=True)
class Reached:
    """How far a stage is. rows: read so far. at: the newest watermark in epoch ms, None before the first."""

    stage: str
    rows: int
    at: int | None


Report = Callable[[Reached], None]


def to_its_end(env: StreamEnvironment, report: Report | None = None) -> list[str]:
    """Runs the job until its input ends. Returns: names of files that were cut off in the middle.

    Raises: RunError with the innermost cause, never a Java stack trace.
    """
    progress = get_gateway().jvm.io.rekindle.flink.log.Progress
    progress.reset()
    try:
        result = env.execute().get_job_execution_result()._j_completable_future
        while not result.isDone():
            if report is not None:
                at = int(progress.time())
                report(Reached(env.job, int(progress.rows()), at if at > 0 else None))
            time.sleep(_PAUSE)
        result.get()
    except Py4JJavaError as error:
        raise RunError(f"{env.job} failed: {innermost(error)}", "run it again with --debug for Flink's own words") from error
    return sorted(str(path) for path in progress.cutOff())


def innermost(error: Py4JJavaError) -> str:
    """First line of the last cause's message: the others only say that something failed."""
    cause = error.java_exception
    while cause.getCause() is not None:
        cause = cause.getCause()
    return str(cause.getMessage() or cause.getClass().getSimpleName()).splitlines()[0]
