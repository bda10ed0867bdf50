"""A pack's job, planned but not submitted: needs a JVM, reaches no cluster."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from jobs import environment
from jobs.definitions.lock import Lock
from jobs.definitions.packs import job_name
from jobs.environment import StreamEnvironment
from jobs.evaluate import job
from jobs.evaluate.deployed import lock_of
from jobs.settings import Settings


@dataclass(frozen=True)
class Construction:
    """lock: what would be locked if it ran."""

    env: StreamEnvironment
    lock: Lock

    def submit(self) -> str:
        """Returns: the job's id. It has been planned once: submitting twice is for two constructions."""
        return str(self.env.execute().get_job_id())


def construct(
    settings: Settings, pack: str, active_from: Mapping[str, int], before: Lock | None, state: str = "", partial: bool = False
) -> Construction:
    """Plans the pack's triggers as they are in its folder.

    active_from: trigger → epoch ms. before: the lock until now. state: path of the savepoint to start from; partial: some of what it holds
    belongs to nobody now. Raises: DefinitionError when a trigger file cannot be used.
    """
    recovery = (
        {"execution.state-recovery.path": state, "execution.state-recovery.ignore-unclaimed-state": str(partial).lower()} if state else {}
    )
    flink = settings.flink.model_copy(update={"options": settings.flink.options | recovery})
    mine = settings.model_copy(update={"packs": [pack], "flink": flink})
    env = environment.stream_environment(mine, job_name(pack), "remote")
    bound = job.build(env, mine, active_from=active_from)
    return Construction(env, lock_of(pack, bound, env.complete(), active_from, before))
