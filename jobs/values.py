"""What the SQL files leave open, filled in from the settings."""

from __future__ import annotations

from datetime import timedelta

from connectors import kafka
from connectors.topics import TOPICS
from jobs.durations import millis
from jobs.errors import SettingsError
from jobs.settings import Settings, is_secret
from udfs import mapping


def of(settings: Settings, job: str) -> dict[str, str]:
    """SQL text by name: `source_<topic>`, `versioned_<topic>`, `records_<topic>`, `sink_<topic>`, `text_sink_<topic>` (WITH options),
    times and counts.

    Dots of a topic's name become underscores.
    """
    for option, value in settings.kafka.options.items():
        if is_secret(value):  # table options end in the job graph, for everyone who sees the web UI
            raise SettingsError(f"kafka.options.{option}: a secret cannot be an option of a table", "give the JVMs a JAAS file instead")
    client = kafka.Client(settings.kafka.servers, job, settings.flink.exactly_once, settings.kafka.options)
    times = settings.times
    values = {
        "tenant": kafka.literal(settings.tenant),
        "epoch": str(settings.epoch),
        "partitions": str(settings.kafka.partitions),
        "step_ms": str(millis(settings.heartbeats.step)),
        "dedup_ttl_s": str(-(millis(times.dedup_ttl) // -1000)),  # rounded up; in ms a month would be too much for an INT
        "cart_gap": interval(times.cart_gap),
        "cart_gap_ms": str(millis(times.cart_gap)),
        "cart_memory_ms": str(millis(times.cart_memory)),
        "session_gap_ms": str(millis(times.session_gap)),
        "cart_changes_only": str(times.cart_basis == "cart_change").upper(),
        "out_of_orderness": interval(times.out_of_orderness),
        "historical_after": interval(times.historical_after),
        "historical_after_ms": str(millis(times.historical_after)),
        "future_flag_after_ms": str(millis(times.future_flag_after)),
        "arbitration": interval(times.arbitration),
        "scope": "",  # before the uids of functions inside tables: who makes the tables twice in one job says whose they are
        "kept_events": "TRUE",
        # of a record's text: no string in JSON can hold the first part, its quotes would be escaped
        "heartbeat_body": kafka.literal('%"event":%"$heartbeat"%'),
        "received_time": "received_at",
        "received_column": "TIMESTAMP_LTZ(3) NOT NULL METADATA FROM 'timestamp' VIRTUAL",
    }
    for topic in TOPICS.values():
        name = topic.name.replace(".", "_")
        values[f"source_{name}"] = kafka.with_clause(kafka.source_options(topic, client))
        values[f"records_{name}"] = kafka.with_clause(kafka.record_options(topic, client))
        values[f"sink_{name}"] = kafka.with_clause(kafka.sink_options(topic, client))
        values[f"text_sink_{name}"] = kafka.with_clause(kafka.text_sink_options(topic, client))
        if topic.compact:
            values[f"versioned_{name}"] = kafka.with_clause(kafka.versioned_options(topic, client))
    table = mapping.load()
    values["product_lines"] = kafka.literal(table.lines.model_dump_json())
    raw = kafka.raw_event_options(TOPICS["events.raw"], client, table.as_json(), times.max_line_bytes)
    values["source_events_raw"] = kafka.with_clause(raw)
    return values


def interval(duration: timedelta) -> str:
    """`INTERVAL '0 00:05:00.000' DAY TO SECOND(3)`: the one form Flink takes to the millisecond. It holds 99 days: more are multiplied."""
    seconds, ms = divmod(millis(duration), 1000)
    days, rest = divmod(seconds, 86400)
    if days > 99:
        return f"({days} * INTERVAL '1' DAY + {interval(duration - timedelta(days=days))})"
    return f"INTERVAL '{days} {rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}.{ms:03}' DAY TO SECOND(3)"
