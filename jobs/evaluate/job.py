"""Job `evaluate-<pack>`: the triggers of a pack over carts, sessions and events; every row one gives becomes a candidate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from jobs import environment, settings
from jobs.definitions import lock, packs
from jobs.definitions.trigger import Trigger
from jobs.environment import StreamEnvironment
from jobs.errors import DefinitionError
from jobs.evaluate import queries, sources
from jobs.evaluate.queries import Source
from jobs.evaluate.sources import Bound
from jobs.settings import Settings

JOB = "evaluate"


def build(
    env: StreamEnvironment, config: Settings, triggers: Sequence[Trigger] | None = None, active_from: Mapping[str, int] | None = None
) -> list[Bound]:
    """Adds the job to `env`.

    triggers: default the active ones of `config.packs`; the rows carry the first pack's name. active_from: trigger → T after which its
    candidates count (epoch ms); default what the packs' locks say, and all of them where `triggers` are given.
    Returns: each trigger with what it reads. Raises: DefinitionError when a trigger file cannot be used.
    """
    if active_from is None:  # triggers given by a caller are tried on history: nothing of it is too early
        active_from = lock.active_from(config) if triggers is None else {}
    triggers = packs.active(config.packs, config.packs_dir) if triggers is None else triggers
    if not triggers:
        raise DefinitionError(f"no active trigger in packs {', '.join(config.packs)}", "set a trigger's status to active")
    for table in (*sources.TABLES, "trigger_candidates_sink"):
        env.run_script(f"tables/{table}.sql")
    bound = [sources.bind(env, trigger) for trigger in triggers]
    env.run(queries.all_rows([_rows(one, config, active_from) for one in bound]))
    env.run(queries.heartbeat_rows())
    mine = {trigger.name: active_from.get(trigger.name, 0) for trigger in triggers}
    env.run_script("evaluate/candidates.sql", pack=config.packs[0], still_meant=queries.still_meant(mine))
    return bound


def _rows(bound: Bound, config: Settings, since: Mapping[str, int]) -> str:
    source = Source(bound.view, since.get(bound.trigger.name, 0))
    return queries.candidate_rows(bound.trigger, bound.columns, config, source)


def main(config: Settings) -> None:
    """One job per pack."""
    for pack in config.packs:
        environment.run(packs.job_name(pack), build, config.model_copy(update={"packs": [pack]}))


if __name__ == "__main__":  # workers import this module; unguarded they would submit it again
    main(settings.from_arguments())
