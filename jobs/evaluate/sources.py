"""Which tables an author's SELECT reads: those all triggers share, or its own."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from jobs.definitions import published
from jobs.definitions.trigger import Trigger
from jobs.environment import StreamEnvironment
from jobs.evaluate import planned, queries
from jobs.operators import COMMON

PUBLISHED = published.NAMES
"""One no trigger reads costs nothing: it is not in the plan."""
TABLES = (*PUBLISHED, "identities")
"""Files in `sql/tables/`; `identities` is for the joins behind the triggers, and for those who ask who a device is."""
_STEP = re.compile(r"^[\s:+\-|]*(\w+)\(", re.MULTILINE)
_SCAN = re.compile(r"TableSourceScan\(table=\[\[\w+, \w+, (\w+)")
_FUNCTION = re.compile(r"ProcessTableFunction\(invocation=\[(.*?)\], uid=\[(\w+)\]")
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

    owner: the database of the sources it does not share with everybody, and so the owner of what is kept over them; empty without any.
    """

    trigger: Trigger
    view: str
    columns: Collection[str]
    tables: tuple[str, ...]
    owner: str = ""


def bind(env: StreamEnvironment, trigger: Trigger) -> Bound:
    """Makes the view of the trigger's SELECT and checks its columns.

    A SELECT that keeps state gets sources of its own, in a database of its name: their offsets are part of its state, so that a new one
    reads the topics from their beginning while the others go on where they were. Raises: DefinitionError.
    """
    view = queries.view_name(trigger)
    columns = planned.columns(env, view, trigger)
    queries.check_columns(trigger, columns)
    # one call for parsing and planning: the planner keeps its metadata by Java thread, and py4j may use another one for the next call
    plan = env.table.explain_sql(f"SELECT * FROM {view}").rpartition("== Optimized Execution Plan ==")[2]
    tables = tuple(sorted(set(_SCAN.findall(plan))))
    owner = owner_of(trigger.name, plan)
    if not owner:
        return Bound(trigger, f"{COMMON}.{view}", tuple(columns), tables)
    with _database(env, owner):
        planned.columns(env, view, trigger)
    return Bound(trigger, f"`{owner}`.{view}", tuple(columns), tables, owner)


def owner_of(name: str, plan: str) -> str:
    """Whose the state of an optimized plan is: empty where it has none; a step nobody here has heard of has some.

    State inside published tables alone is the suite's, not the author's: all triggers over the same of them share it.
    """
    steps = set(_STEP.findall(plan)) - _STATELESS
    memories = sorted({uid for function, uid in _FUNCTION.findall(plan) if "PARTITION BY" in function})
    if steps == {"ProcessTableFunction"} and memories:
        return "_".join(("memory", *memories))
    return name if steps else ""


@contextmanager
def _database(env: StreamEnvironment, name: str) -> Iterator[None]:
    """In which the published tables are there once more, made by whoever comes first."""
    there = name in env.table.list_databases()
    env.run(f"CREATE DATABASE IF NOT EXISTS `{name}`")
    env.run(f"USE `{name}`")
    try:
        for table in () if there else TABLES:
            env.run_script(f"tables/{table}.sql", scope=f"{name}_")
        yield
    finally:
        env.run(f"USE {COMMON}")
