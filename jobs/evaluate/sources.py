"""Which tables an author's SELECT reads: those all triggers share, or its own."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from jobs.definitions.trigger import Trigger
from jobs.environment import StreamEnvironment
from jobs.evaluate import planned, queries
from jobs.operators import COMMON

PUBLISHED = ("carts", "sessions", "events", "receipts", "order_lines", "profiles", "catalog", "catalog_changes", "interests")
"""In this order: some are views over those before. One no trigger reads costs nothing: it is not in the plan."""
TABLES = (*PUBLISHED, "identities")
"""Files in `sql/tables/`; `identities` is for the joins behind the triggers, and for those who ask who a device is."""
_STEP = re.compile(r"^[\s:+\-|]*(\w+)\(", re.MULTILINE)
_SCAN = re.compile(r"TableSourceScan\(table=\[\[\w+, \w+, (\w+)")
_STATELESS = {
    "TableSourceScan",
    "Calc",
    "Correlate",
    "Union",
    "Exchange",
    "WatermarkAssigner",
    "DropUpdateBefore",
    "Values",
    "Expand",
    "Reused",
}


@dataclass(frozen=True)
class Bound:
    """A trigger whose SELECT is a view. view: its name with its database; columns: as the planner says; tables: what it scans.

    stateful: whether the planner's plan has a step that remembers rows.
    """

    trigger: Trigger
    view: str
    columns: Collection[str]
    tables: tuple[str, ...]
    stateful: bool


def bind(env: StreamEnvironment, trigger: Trigger) -> Bound:
    """Makes the view of the trigger's SELECT and checks its columns.

    A SELECT that keeps state gets sources of its own, in a database of its name: their offsets are part of its state, so that a new one
    reads the topics from their beginning while the others go on where they were. Raises: DefinitionError.
    """
    view = queries.view_name(trigger)
    columns = planned.columns(env, view, trigger)
    queries.check_columns(trigger, columns)
    plan = env.table.from_path(view).explain().rpartition("== Optimized Execution Plan ==")[2]
    tables = tuple(sorted(set(_SCAN.findall(plan))))
    if not keeps_state(plan):
        return Bound(trigger, f"{COMMON}.{view}", tuple(columns), tables, stateful=False)
    with _database(env, trigger.name):
        for table in TABLES:
            env.run_script(f"tables/{table}.sql", scope=f"{trigger.name}_")
        planned.columns(env, view, trigger)
    return Bound(trigger, f"`{trigger.name}`.{view}", tuple(columns), tables, stateful=True)


def keeps_state(plan: str) -> bool:
    """Whether an optimized plan has a step that remembers rows; one nobody here has heard of does."""
    return not set(_STEP.findall(plan)) <= _STATELESS


@contextmanager
def _database(env: StreamEnvironment, name: str) -> Iterator[None]:
    env.run(f"CREATE DATABASE IF NOT EXISTS `{name}`")
    env.run(f"USE `{name}`")
    try:
        yield
    finally:
        env.run(f"USE {COMMON}")
