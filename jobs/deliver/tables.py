"""What the deliver job reads for one destination, as rows of one form."""

from __future__ import annotations

from pyflink.datastream import DataStream

from connectors.kafka import Client, literal, queue_options, record_options, with_clause
from connectors.topics import TOPICS
from jobs.environment import StreamEnvironment
from jobs.settings import Settings

QUEUES = {"trigger": "triggers", "retry": "triggers.retry"}
RECORDS = {"decision": "trigger_decisions", "outcome": "delivery_outcomes"}


def read_steps(env: StreamEnvironment, config: Settings, name: str | None, others: list[str]) -> DataStream:
    """Rows (kind, person_id, body BYTES, part, place) of one destination; name None: of all that are not among `others`.

    Each destination reads the topics for itself, with a group of its own: one that is slow holds up nobody else, and its place in the
    topics is its own.
    """
    mine = f"deliver-{name}" if name is not None else "deliver-other"
    client = Client(config.kafka.servers, mine, config.flink.exactly_once, config.kafka.options)
    scope = "".join(letter if letter.isalnum() else "_" for letter in mine)
    selects = [_queue(env, kind, topic, scope, client, _whose(name, others)) for kind, topic in QUEUES.items()]
    if name is not None:
        selects += [_records(env, kind, topic, scope, client, name) for kind, topic in RECORDS.items()]
    view = f"steps_{scope}"
    env.run(f"CREATE TEMPORARY VIEW {view} AS\n" + "\nUNION ALL\n".join(selects))
    return env.table.to_data_stream(env.table.from_path(view))


def _whose(name: str | None, others: list[str]) -> str:
    said = "JSON_VALUE(CAST(body AS STRING), '$.destination')"
    if name is not None:
        return f"{said} = {literal(name)}"
    return f"{said} IS NULL" + (f" OR {said} NOT IN ({', '.join(literal(other) for other in others)})" if others else " OR TRUE")


def _queue(env: StreamEnvironment, kind: str, topic: str, scope: str, client: Client, where: str) -> str:
    """Bytes as they are, with their place: what cannot be read becomes a dead letter that says where it lay."""
    table = f"{kind}_{scope}"
    options = queue_options(TOPICS[topic], client) | {"key.format": "raw", "key.fields": "person_id", "value.fields-include": "EXCEPT_KEY"}
    env.run(
        f"CREATE TEMPORARY TABLE {table} (person_id STRING, body BYTES, `partition` INT METADATA VIRTUAL, `offset` BIGINT METADATA VIRTUAL)"
        f" WITH ({with_clause(options)})"
    )
    return (
        f"SELECT CAST('{kind}' AS STRING) AS kind, COALESCE(person_id, '') AS person_id, body, `partition` AS part, `offset` AS place"
        f" FROM {table} WHERE {where}"
    )


def _records(env: StreamEnvironment, kind: str, topic: str, scope: str, client: Client, name: str) -> str:
    table = f"{kind}_{scope}"
    env.run(f"CREATE TEMPORARY TABLE {table} (person_id STRING, body STRING) WITH ({with_clause(record_options(TOPICS[topic], client))})")
    if kind == "decision":  # what takes a send back, or answers a re-check; all others are the gate's own affair
        where = "JSON_VALUE(body, '$.reason') = 'cancelled_after_send' OR JSON_VALUE(body, '$.evidence.recheck') = 'true'"
    else:
        where = f"JSON_VALUE(body, '$.destination') = {literal(name)} AND JSON_VALUE(body, '$.outcome') <> 'retrying'"
    return (
        f"SELECT CAST('{kind}' AS STRING), person_id, CAST(body AS BYTES), CAST(NULL AS INT), CAST(NULL AS BIGINT)"
        f" FROM {table} WHERE person_id IS NOT NULL AND ({where})"
    )
