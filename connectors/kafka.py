"""WITH options of the suite's Kafka tables. Values in, options out: reads no settings, opens nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from connectors.topics import Topic

_FORMAT_JSON = {
    "value.format": "json",
    "value.json.timestamp-format.standard": "ISO-8601",
}


@dataclass(frozen=True)
class Client:
    """How this job reaches Kafka. overrides: any client property, applied last. exactly_once: transactional sinks, committed reads."""

    servers: str
    job: str
    exactly_once: bool = False
    overrides: Mapping[str, str] = field(default_factory=dict)

    def properties(self) -> dict[str, str]:
        return {f"properties.{name}": value for name, value in self.overrides.items()}


def source_options(topic: Topic, client: Client) -> dict[str, str]:
    """A table that reads a topic of JSON rows from its beginning: state that was not restored is rebuilt, rows are told apart by id."""
    return {
        "connector": "kafka",
        **_common(topic, client),
        "value.format": "rekindle-row",
        "value.rekindle-row.timestamp-format.standard": "ISO-8601",
        "value.rekindle-row.ignore-parse-errors": "true",  # of a field: NULL
        "scan.startup.mode": "earliest-offset",
        "properties.isolation.level": "read_committed",
        **client.properties(),
    }


def raw_event_options(topic: Topic, client: Client, mapping: str, max_line_bytes: int) -> dict[str, str]:
    """`events.raw` through the event decoder. mapping: the mapping table as JSON text."""
    return {
        "connector": "kafka",
        **_common(topic, client),
        "value.format": "rekindle-event",
        "value.rekindle-event.mapping": mapping,
        "value.rekindle-event.max-line-bytes": str(max_line_bytes),
        "scan.startup.mode": "earliest-offset",
        "properties.isolation.level": "read_committed",
        **client.properties(),
    }


def queue_options(topic: Topic, client: Client) -> dict[str, str]:
    """A table of one BYTES column whose rows are worked off: from the group's committed offsets, without any from the beginning."""
    return {
        "connector": "kafka",
        **_common(topic, client),
        "value.format": "raw",
        "scan.startup.mode": "group-offsets",
        "properties.auto.offset.reset": "earliest",
        "properties.isolation.level": "read_committed",
        **client.properties(),
    }


def versioned_options(topic: Topic, client: Client) -> dict[str, str]:
    """A compacted topic as versions of its key, each valid from its record time. A tombstone is a version: the past stays as it was."""
    return record_options(topic, client) | {
        "value.format": "rekindle-version",
        "value.rekindle-version.timestamp-format.standard": "ISO-8601",
        "value.rekindle-version.ignore-parse-errors": "true",
    }


def record_options(topic: Topic, client: Client) -> dict[str, str]:
    """A topic as its records: the key and, beside it, one STRING column with the value as it was sent, NULL for a tombstone."""
    return {
        "connector": "kafka",
        **_common(topic, client),
        "key.format": "raw",
        "key.fields": topic.key,
        "value.fields-include": "EXCEPT_KEY",
        "value.format": "raw",
        "scan.startup.mode": "earliest-offset",
        "properties.isolation.level": "read_committed",
        **client.properties(),
    }


def sink_options(topic: Topic, client: Client) -> dict[str, str]:
    """A table that writes JSON rows, keyed by the topic's key column; null fields are left out."""
    return _sink(topic, client) | {
        **_FORMAT_JSON,
        "key.fields": topic.key,
        "value.fields-include": "EXCEPT_KEY" if topic.key == "origin" else "ALL",  # a dead letter's place is in its own columns
        "value.json.encode.decimal-as-plain-number": "true",
        "value.json.encode.ignore-null-fields": "true",
        **client.properties(),
    }


def text_sink_options(topic: Topic, client: Client) -> dict[str, str]:
    """A table of two columns, the key and the ready-made JSON text of the row."""
    return _sink(topic, client) | {
        "key.fields": topic.key,
        "value.format": "raw",
        "value.fields-include": "EXCEPT_KEY",
        **client.properties(),
    }


def _sink(topic: Topic, client: Client) -> dict[str, str]:
    options = {
        "connector": "kafka",
        **_common(topic, client),
        "key.format": "raw",
        "sink.delivery-guarantee": "at-least-once",
        "properties.linger.ms": "10",  # rows of one watermark in one batch; adds less than a buffer timeout
        "properties.batch.size": "131072",
        "properties.compression.type": "lz4",
        "properties.max.request.size": str(topic.max_bytes),
    }
    if client.exactly_once:
        options |= {
            "sink.delivery-guarantee": "exactly-once",
            "sink.transactional-id-prefix": f"rekindle-{client.job}-{topic.name}",
            "properties.transaction.timeout.ms": "900000",  # the broker's own maximum by default
        }
    return options


def _common(topic: Topic, client: Client) -> dict[str, str]:
    return {
        "topic": topic.name,
        "properties.bootstrap.servers": client.servers,
        "properties.group.id": f"rekindle-{client.job}",
    }


def with_clause(options: Mapping[str, str]) -> str:
    """Options as SQL: `'connector' = 'kafka', …`."""
    return ", ".join(f"'{name}' = {literal(value)}" for name, value in options.items())


def literal(text: str) -> str:
    """A SQL string literal."""
    return "'" + text.replace("'", "''") + "'"
