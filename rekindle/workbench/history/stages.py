"""The three stages of a run over history, each a bounded job from folder to folder: ingest, evaluate, gate."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import orjson

from connectors.kafka import literal
from jobs import scripts
from jobs.definitions import published
from jobs.definitions.trigger import Trigger
from jobs.environment import StreamEnvironment
from jobs.evaluate import job as evaluate_job
from jobs.evaluate.sources import TABLES, Bound, bind
from jobs.gate import inputs as gate_rows
from jobs.gate.decisions import Decision
from jobs.gate.inbox import Input
from jobs.gate.replay import Broken, decide
from jobs.gate.retention import long_enough_for
from jobs.ingest import job as ingest_job
from jobs.settings import Settings
from rekindle.workbench.history import logs
from rekindle.workbench.history.environment import environment
from rekindle.workbench.history.running import Report, to_its_end

GATE_INPUTS = "gate_inputs"
LATENESS = "lateness"
_WORD = re.compile(r"\w+")


def ingest(settings: Settings, folder: Path, raw: Sequence[Path], triggers: Sequence[Trigger], report: Report | None = None) -> list[str]:
    """Raw lines → `events carts sessions identities dead_letters`. Returns: names of files that were cut off.

    triggers: of `events` only what these and the gate read is kept; the rest is most of a history.
    """
    env = environment(settings, "ingest", folder, raw)
    env.values["kept_events"] = _kept_events(triggers)
    ingest_job.build(env, settings)
    for script in ("tables/dead_letters_sink.sql", "ingest/quarantine.sql"):
        for statement in scripts.statements(script, env.values):  # a sink of its own: two jobs have become one
            env.run(statement.replace("dead_letters_sink", "quarantined_sink"))
    return to_its_end(env, report)


def plan(settings: Settings, triggers: Sequence[Trigger]) -> None:
    """Raises FindingsError for a SELECT Flink refuses: now, not after minutes of `ingest`."""
    env = environment(settings, "evaluate", Path())
    for table in TABLES:
        env.run_script(f"tables/{table}.sql")
    for trigger in triggers:
        bind(env, trigger)


def evaluate(
    settings: Settings,
    folder: Path,
    triggers: Sequence[Trigger],
    report: Report | None = None,
    env: StreamEnvironment | None = None,
    lateness: bool = False,
) -> None:
    """Published tables → `trigger_candidates`. env: an empty job, when tables are not all in `folder`.

    lateness: also writes LATENESS, a row for each row of a trigger: its user_id, which candidates no longer have, and what the watermark
    was when it came.
    """
    env = env or environment(settings, "evaluate", folder)
    bound = evaluate_job.build(env, settings, triggers)
    if lateness:
        _add_lateness(env, folder / LATENESS, bound)
    to_its_end(env, report)


def gate(
    settings: Settings, folder: Path, triggers: Sequence[Trigger], report: Report | None = None, env: StreamEnvironment | None = None
) -> Iterator[Decision | Broken]:
    """`trigger_candidates`, `events`, `profiles` … → decisions, person by person. Flink finds person and facts, as in production; the
    machine decides here.

    env: as for `evaluate`.
    """
    yield from decide(gate_inputs(settings, folder, triggers, report, env), long_enough_for(triggers, settings))


def gate_inputs(
    settings: Settings, folder: Path, triggers: Sequence[Trigger], report: Report | None = None, env: StreamEnvironment | None = None
) -> Iterator[Input]:
    """What the gate's machine reads, in no order. Arguments: as of `gate`."""
    env = env or environment(settings, "gate", folder)
    gate_rows.read_tables(env, settings.packs[:1])  # `evaluate` wrote all candidates as one pack
    env.table.create_temporary_view("gate_inputs", gate_rows.gate_inputs(env, settings, triggers))
    _add_sink(env, folder / GATE_INPUTS)
    to_its_end(env, report)
    yield from _inputs(folder / GATE_INPUTS)


def _add_lateness(env: StreamEnvironment, folder: Path, bound: Sequence[Bound]) -> None:
    options = f"'connector' = 'rekindle-log', 'path' = {literal(str(folder))}, 'value.format' = 'json', 'key.field' = 'device_id'"
    columns = "`trigger` STRING, device_id STRING, user_id STRING, occasion STRING, fired_at BIGINT, came_at BIGINT"
    env.run(f"CREATE TEMPORARY TABLE lateness_sink ({columns}) WITH ({options})")
    rows = (
        f"SELECT {literal(one.trigger.name)}, device_id, user_id, CAST(occasion AS STRING), "
        "EPOCH_MILLIS(CAST(fired_at AS TIMESTAMP_LTZ(3))), "
        f"EPOCH_MILLIS(CAST(CURRENT_WATERMARK(fired_at) AS TIMESTAMP_LTZ(3))) FROM {one.view}"
        for one in bound
    )
    env.run("INSERT INTO lateness_sink\n" + "\nUNION ALL\n".join(rows))


def _add_sink(env: StreamEnvironment, folder: Path) -> None:
    options = f"'connector' = 'rekindle-log', 'path' = {literal(str(folder))}, 'value.format' = 'json', 'key.field' = 'person_id'"
    env.run(
        "CREATE TEMPORARY TABLE gate_inputs_sink (kind STRING, person_id STRING, body STRING, `at` BIGINT, known_at BIGINT, facts STRING) "
        f"WITH ({options})"
    )
    env.run("INSERT INTO gate_inputs_sink SELECT kind, person_id, body, `at`, known_at, facts FROM gate_inputs")


def _inputs(folder: Path) -> Iterator[Input]:
    for record in logs.read(folder):
        row = orjson.loads(record.value or b"{}")
        yield Input(**row)


def _kept_events(triggers: Sequence[Trigger]) -> str:
    """SQL condition. A name in a comment keeps too much, never too little."""
    of_events = {name for name in published.NAMES if "events" in published.MADE_OF.get(name, (name,))}
    if any(of_events & set(_WORD.findall(trigger.query.lower())) for trigger in triggers):
        return "TRUE"
    return f"event IN ({', '.join(literal(event) for event in gate_rows.cancel_events(triggers))})"
