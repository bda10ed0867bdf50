"""From trigger definitions to the SQL that runs them: what the runner adds around an author's SELECT."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from connectors.kafka import literal
from jobs.definitions import output
from jobs.definitions.findings import FindingsError
from jobs.definitions.output import OPTIONAL
from jobs.definitions.trigger import Trigger
from jobs.durations import millis
from jobs.settings import Settings
from jobs.values import interval

CLOCKS = {"carts": "ended_at", "sessions": "ended_at"}
"""Topics whose heartbeats the candidates' are made of, with their time columns."""


def view_name(trigger: Trigger) -> str:
    """Name of the view that holds the author's SELECT."""
    return f"rows_{trigger.name}"


def check_columns(trigger: Trigger, columns: Mapping[str, bool]) -> None:
    """columns: what the planner says the SELECT gives, with whether it is a time attribute.

    Raises: FindingsError for a column missing or one too many, or a T that is not the table's own event time: candidates of such a T
    could lie behind the clock of their topic.
    """
    found = [trigger.source.finding(wrong.code, wrong.message, 0, 6, wrong.hint) for wrong in output.wrong_columns(columns)]
    if found:
        raise FindingsError(found)


def candidate_rows(trigger: Trigger, columns: Collection[str], settings: Settings) -> str:
    """SELECT over the author's view that adds what the header and the settings say. Its columns are the same for every trigger."""
    header, arbitration = trigger.header, settings.times.arbitration
    destination = settings.destinations.get(header.destination)
    since = f"CAST({OPTIONAL} AS TIMESTAMP_LTZ(3))" if OPTIONAL in columns else "CAST(NULL AS TIMESTAMP_LTZ(3))"
    fired_at = "CAST(fired_at AS TIMESTAMP_LTZ(3))"
    names = ", ".join(f"CAST({literal(event)} AS STRING)" for event in header.cancel_on)
    return "\n".join(
        [
            "SELECT",
            f"    CAST({literal(trigger.name)} AS STRING) AS `trigger`, {header.version} AS version, device_id, user_id,",
            "    CAST(occasion AS STRING) AS occasion, fired_at,",
            f"    {since} AS since, {fired_at} + {interval(header.send_after + arbitration)} AS decide_at,",
            f"    {fired_at} + {interval(header.max_age)} AS expires_at,",
            *(
                f"    CAST({literal(text)} AS STRING) AS {name},"
                for name, text in (("destination", header.destination), ("template", header.template), ("purpose", header.purpose))
            ),
            f"    {header.priority} AS priority, {f'ARRAY[{names}]' if names else 'CAST(NULL AS ARRAY<STRING>)'} AS cancel_on,",
            *(
                f"    CAST({millis(span)} AS BIGINT) AS {name},"
                for name, span in (("cooldown_ms", header.cooldown), ("max_age_ms", header.max_age), ("send_after_ms", header.send_after))
            ),
            f"    {str(bool(destination and destination.needs_address)).upper()} AS needs_address, CAST(payload AS STRING) AS payload",
            f"FROM {view_name(trigger)}",
            "WHERE device_id IS NOT NULL AND occasion IS NOT NULL",
        ]
    )


def all_rows(selects: Sequence[str]) -> str:
    """One view over the rows of all triggers."""
    return "CREATE TEMPORARY VIEW trigger_rows AS\n" + "\nUNION ALL\n".join(selects)


def heartbeat_rows() -> str:
    """Heartbeats of the tables that are always read: they make each partition of the candidates' topic known."""
    selects = (
        f"SELECT event, device_id, {clock} AS at_time FROM {table}_topic WHERE event = '$heartbeat'" for table, clock in CLOCKS.items()
    )
    return "CREATE TEMPORARY VIEW heartbeat_rows AS\n" + "\nUNION ALL\n".join(selects)
