"""Job `deliver`: hands every row of `triggers` to its platform and writes how that ended."""

from __future__ import annotations

from pyflink.common import Configuration, Time
from pyflink.datastream import AsyncDataStream
from pyflink.table.expressions import col

from connectors.kafka import Client
from jobs import environment, settings
from jobs.deliver.operator import DELIVERED, DeliverSends, operator_options
from jobs.deliver.tables import read_triggers, write_text
from jobs.environment import StreamEnvironment
from jobs.settings import Settings

JOB = "deliver"
SINKS = (  # topic; its key and its value: columns of DELIVERED
    ("delivery_outcomes", "person_id", "outcome"),
    ("dead_letters", "origin", "dead_letter"),
)


def build(env: StreamEnvironment, config: Settings) -> None:
    """Adds the job to `env`. One row in, one row out; no watermarks, which would cut the unordered queue into segments."""
    options = Configuration()
    for name, value in (operator_options(config.deliver) | config.flink.options).items():
        options.set_string(name, value)
    env.stream.configure(options)
    client = Client(config.kafka.servers, JOB, config.flink.exactly_once, config.kafka.options)
    table, capacity = env.table, config.deliver.capacity

    _name_operators(env, "read")
    table.create_temporary_table("sends", read_triggers(client))
    sends = table.to_data_stream(table.from_path("sends"))

    function = DeliverSends(config.destinations, "triggers", connections=capacity)
    delivered = AsyncDataStream.unordered_wait(sends, function, Time.milliseconds(0), capacity, DELIVERED)
    table.create_temporary_view("delivered", delivered.uid(f"{JOB}-sends").name("deliver sends"))

    for topic, key, value in SINKS:
        _name_operators(env, topic)
        table.create_temporary_table(topic, write_text(topic, client))
        inserts = table.create_statement_set()
        inserts.add_insert(topic, table.from_path("delivered").filter(col(value).is_not_null).select(col(key), col(value)))
        inserts.attach_as_datastream()


def _name_operators(env: StreamEnvironment, part: str) -> None:
    """The planner's operators from here on have uids that name the part: no position, and nothing another job of this JVM could shift."""
    env.table.get_config().set("table.exec.uid.format", f"{JOB}-{part}-<type>-<transformation>")


if __name__ == "__main__":  # workers import this module; unguarded they would submit it again
    environment.run(JOB, build, settings.from_arguments())
