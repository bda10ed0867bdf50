"""The Kafka tables of the deliver job: `triggers` as bytes with their place, `delivery_outcomes` and `dead_letters` as ready-made text.

The Table connector, not PyFlink's `KafkaSource` and `KafkaSink`: those give a string schema that dies on a tombstone, hide partition
and offset, and cannot write a key and a value of their own.
"""

from __future__ import annotations

from collections.abc import Mapping

from pyflink.table import DataTypes, Schema, TableDescriptor

from connectors.kafka import Client, queue_options, text_sink_options
from connectors.topics import TOPICS


def read_triggers(client: Client) -> TableDescriptor:
    """Rows (partition INT, offset BIGINT, value BYTES or NULL)."""
    schema = (
        Schema.new_builder()
        .column_by_metadata("partition", DataTypes.INT(), "partition", True)
        .column_by_metadata("offset", DataTypes.BIGINT(), "offset", True)
        .column("value", DataTypes.BYTES())
        .build()
    )
    return _described(schema, queue_options(TOPICS["triggers"], client))


def write_text(topic: str, client: Client) -> TableDescriptor:
    """Two text columns: the topic's key and the row as JSON."""
    key = TOPICS[topic].key
    schema = Schema.new_builder().column(key, DataTypes.STRING()).column("value", DataTypes.STRING()).build()
    return _described(schema, text_sink_options(TOPICS[topic], client))


def _described(schema: Schema, options: Mapping[str, str]) -> TableDescriptor:
    builder = TableDescriptor.for_connector(options["connector"]).schema(schema)
    for name, value in options.items():
        builder = builder.option(name, value)
    return builder.build()
