"""Job `evaluate`: the triggers of the packs over carts, sessions and events; every row one gives becomes a candidate."""

from __future__ import annotations

from collections.abc import Sequence

from jobs import environment, settings
from jobs.definitions import packs
from jobs.definitions.trigger import Trigger
from jobs.environment import StreamEnvironment
from jobs.errors import DefinitionError
from jobs.evaluate import planned, queries
from jobs.settings import Settings

JOB = "evaluate"
PUBLISHED = ("carts", "sessions", "events", "receipts", "order_lines", "profiles", "catalog", "catalog_changes", "interests")
"""In this order: some are views over those before. One no trigger reads costs nothing: it is not in the plan."""
TABLES = (*PUBLISHED, "identities", "trigger_candidates_sink")


def build(env: StreamEnvironment, config: Settings, triggers: Sequence[Trigger] | None = None) -> None:
    """Adds the job to `env`. triggers: default the active ones of the packs. Raises: DefinitionError when a trigger file cannot be used."""
    triggers = packs.active(config.packs) if triggers is None else triggers
    if not triggers:
        raise DefinitionError(f"no active trigger in packs {', '.join(config.packs)}", "set a trigger's status to active")
    for table in TABLES:
        env.run_script(f"tables/{table}.sql")
    selects = []
    for trigger in triggers:
        columns = planned.columns(env, queries.view_name(trigger), trigger)
        queries.check_columns(trigger, columns)
        selects.append(queries.candidate_rows(trigger, columns, config))
    env.run(queries.all_rows(selects))
    env.run(queries.heartbeat_rows())
    env.run_script("evaluate/candidates.sql")


if __name__ == "__main__":  # workers import this module; unguarded they would submit it again
    environment.run(JOB, build, settings.from_arguments())
