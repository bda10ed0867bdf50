"""Job `deliver`: hands every row of `triggers` to its platform and writes how that ended."""

from __future__ import annotations

from datetime import timedelta

from pyflink.common import Configuration, Time, Types
from pyflink.datastream import AsyncDataStream, DataStream

from connectors.esp.registry import batch_of
from jobs import environment, settings
from jobs.definitions import packs
from jobs.deliver.operator import OUTPUT, AdmitSends, DeliverSends, operator_options
from jobs.deliver.routes import rows_at_once
from jobs.deliver.tables import read_steps
from jobs.destinations import Destination
from jobs.environment import StreamEnvironment
from jobs.settings import Settings

JOB = "deliver"
SINKS = ("delivery_outcomes", "triggers.retry", "dead_letters")


def build(env: StreamEnvironment, config: Settings) -> None:
    """Adds the job to `env`: a branch for each destination, and one for sends to a destination nobody knows.

    No watermarks, which would cut the unordered queue into segments.
    """
    rows = {name: _rows(one, config.deliver.capacity) for name, one in config.destinations.items()}
    options = Configuration()
    for name, value in (operator_options(max(rows.values(), default=50)) | config.flink.options).items():
        options.set_string(name, value)
    env.stream.configure(options)
    longest = _longest_life(config)
    delivered = _branch(env, config, None, 50, longest)
    for name, count in rows.items():
        delivered = delivered.union(_branch(env, config, name, count, longest))
    env.table.create_temporary_view("delivered", delivered)
    for topic in SINKS:
        env.run_script(f"tables/{topic.replace('.', '_')}_text_sink.sql")
        env.run(f"INSERT INTO {topic.replace('.', '_')}_text_sink SELECT key, body FROM delivered WHERE topic = '{topic}'")


def _branch(env: StreamEnvironment, config: Settings, name: str | None, rows: int, longest: timedelta) -> DataStream:
    told = name or "other"
    steps = read_steps(env, config, name, sorted(config.destinations))
    destination = None if name is None else config.destinations[name]
    kafka = (config.kafka.servers, config.kafka.options)
    admitted = (
        steps.key_by(lambda row: row[1], key_type=Types.STRING())
        .process(AdmitSends(told, config.deliver, kafka, longest), output_type=OUTPUT)
        .uid(f"{JOB}-admit-{told}")
        .name(f"{told}: who may go")
    )
    delivered: DataStream = AsyncDataStream.unordered_wait(
        admitted, DeliverSends(told, destination, config.deliver.capacity, kafka), Time.milliseconds(0), rows, OUTPUT
    )
    return delivered.uid(f"{JOB}-sends-{told}").name(f"{told}: deliver")


def _rows(destination: Destination, capacity: int) -> int:
    return rows_at_once(destination.capacity or capacity, batch_of(destination.kind, destination.options))


def _longest_life(config: Settings) -> timedelta:
    """Of a send, from its decision to its expiry."""
    triggers = packs.active(config.packs, config.packs_dir)
    return max((one.header.max_age for one in triggers), default=timedelta(days=1)) + timedelta(hours=1)


if __name__ == "__main__":  # workers import this module; unguarded they would submit it again
    environment.run(JOB, build, settings.from_arguments())
