"""From trigger definitions to the SQL that runs them: what the runner adds around an author's SELECT."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from connectors.kafka import literal
from jobs.definitions import output
from jobs.definitions.findings import Finding, FindingsError
from jobs.definitions.trigger import Trigger
from jobs.durations import millis
from jobs.settings import Settings
from jobs.values import interval

CLOCKS = {"carts": "ended_at", "sessions": "ended_at"}
"""Topics whose heartbeats the candidates' are made of, with their time columns."""


@dataclass(frozen=True)
class Source:
    """Where a trigger's rows are. view: with its database. active_from_ms: only a later T counts; 0 = all (epoch ms)."""

    view: str
    active_from_ms: int = 0


def view_name(trigger: Trigger) -> str:
    """Name of the view that holds the author's SELECT."""
    return f"rows_{trigger.name}"


def check_columns(trigger: Trigger, columns: Mapping[str, bool]) -> None:
    """columns: what the planner says the SELECT gives, with whether it is a time attribute.

    Raises: FindingsError for a column missing or one too many, or a T that is not the table's own event time: candidates of such a T
    could lie behind the clock of their topic.
    """
    place = trigger.source.select_place()
    found = [Finding(wrong.code, trigger.path, *place, wrong.message, wrong.hint) for wrong in output.wrong_columns(columns)]
    if found:
        raise FindingsError(found)


def candidate_rows(trigger: Trigger, columns: Collection[str], settings: Settings, source: Source) -> str:
    """SELECT over the author's view that adds what the header and the settings say. Its columns and types are the same for every trigger.

    Every column but T is PINNED: what the joins behind the union keep must not depend on which triggers there are.
    """
    header, arbitration = trigger.header, settings.times.arbitration
    destination = settings.destinations.get(header.destination)
    fired_at = "CAST(fired_at AS TIMESTAMP_LTZ(3))"
    names = ", ".join(f"CAST({literal(event)} AS STRING)" for event in header.cancel_on)
    values = {
        "trigger": _text(trigger.name),
        "version": str(header.version),
        "device_id": "device_id",
        "user_id": "user_id",
        "occasion": "CAST(occasion AS STRING)",
        "since": f"CAST({'since' if 'since' in columns else 'NULL'} AS TIMESTAMP_LTZ(3))",
        "decide_at": f"{fired_at} + {interval(header.send_after + arbitration)}",
        "expires_at": f"{fired_at} + {interval(header.max_age)}",
        "destination": _text(header.destination),
        "template": _text(header.template),
        "purpose": _text(header.purpose),
        "class": _text(header.class_),
        "channel": _text(header.channel),
        "variants": _text(json.dumps(header.variants)) if header.variants else "CAST(NULL AS STRING)",
        "timezone": f"CAST({'timezone' if 'timezone' in columns else 'NULL'} AS STRING)",
        "priority": str(header.priority),
        "cancel_on": f"ARRAY[{names}]" if names else "CAST(NULL AS ARRAY<STRING>)",
        "cooldown_ms": _number(millis(header.cooldown)),
        "max_age_ms": _number(millis(header.max_age)),
        "send_after_ms": _number(millis(header.send_after)),
        "needs_address": str(bool(destination and destination.needs_address)).upper(),
        "payload": "CAST(payload AS STRING)",
        "active_from_ms": _number(source.active_from_ms),
    }
    lines = ["SELECT", *(f"    PINNED({value}) AS `{name}`," for name, value in values.items()), "    fired_at"]
    lines += [f"FROM {source.view}", "WHERE device_id IS NOT NULL AND occasion IS NOT NULL"]
    return "\n".join(lines)


def _text(value: str) -> str:
    return f"CAST({literal(value)} AS STRING)"


def _number(value: int) -> str:
    return f"CAST({value} AS BIGINT)"


def still_meant(active_from_ms: Mapping[str, int]) -> str:
    """Condition on rows that come out of the joins, where some found before a restart were waiting.

    active_from_ms: trigger → T from which on its present definition counts. Of that T or before, and by a definition that was replaced,
    a row is dropped: together the old and the new one give each T once.
    """
    replaced = (f"NOT (`trigger` = {literal(name)} AND active_from_ms <> {at})" for name, at in sorted(active_from_ms.items()) if at)
    return " AND ".join(["EPOCH_MILLIS(fired_at) > active_from_ms", *replaced])


def all_rows(selects: Sequence[str]) -> str:
    """One view over the rows of all triggers."""
    return "CREATE TEMPORARY VIEW trigger_rows AS\n" + "\nUNION ALL\n".join(selects)


def heartbeat_rows() -> str:
    """Heartbeats of the tables that are always read: they make each partition of the candidates' topic known."""
    selects = (
        f"SELECT event, device_id, {clock} AS at_time FROM {table}_topic WHERE event = '$heartbeat'" for table, clock in CLOCKS.items()
    )
    return "CREATE TEMPORARY VIEW heartbeat_rows AS\n" + "\nUNION ALL\n".join(selects)
