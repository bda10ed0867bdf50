"""`rekindle topics create | verify | show`: the suite's topics on Kafka."""

from __future__ import annotations

from dataclasses import asdict

import click

from rekindle.cli.connection import connected
from rekindle.cli.invocation import Invocation
from rekindle.cli.output import as_json, table


@click.group()
def topics() -> None:
    """Create, compare or show the suite's Kafka topics."""


@topics.command()
@click.pass_obj
def create(invocation: Invocation) -> None:
    """Create the topics that are missing. Existing ones are left as they are."""
    from connectors import kafka_admin

    settings = invocation.settings()
    with connected(settings) as client:
        names = kafka_admin.create(client, settings.kafka.partitions, settings.kafka.replication)
    click.echo(f"created: {', '.join(names)}" if names else "all topics exist")


@topics.command()
@click.option("--json", "json_", is_flag=True, help="Print the findings as JSON.")
@click.pass_context
def verify(context: click.Context, json_: bool) -> None:
    """List where the topics differ from what the suite needs. Exit code 1 when they do."""
    from connectors import kafka_admin

    settings = context.obj.settings()
    with connected(settings) as client:
        drifts = kafka_admin.verify(kafka_admin.show(client), settings.kafka.partitions, settings.kafka.replication)
    if json_:
        as_json([asdict(drift) for drift in drifts])
    elif drifts:
        table(("topic", "what", "expected", "found"), [(row.topic, row.what, row.expected, row.found) for row in drifts])
    else:
        click.echo("all topics are as they should be")
    context.exit(1 if drifts else 0)


@topics.command()
@click.option("--json", "json_", is_flag=True, help="Print the topics with their whole configuration as JSON.")
@click.pass_obj
def show(invocation: Invocation, json_: bool) -> None:
    """Show the topics that exist."""
    from connectors import kafka_admin
    from connectors.topics import TOPICS

    with connected(invocation.settings()) as client:
        states = kafka_admin.show(client)
    if json_:
        as_json([asdict(state) for state in states])
        return
    rows = []
    for row in states:
        topic = TOPICS[row.name]
        rows.append((row.name, topic.key, row.partitions, row.replication, row.config["cleanup.policy"], row.records, topic.personal))
    table(("topic", "key", "partitions", "replication", "policy", "records", "personal"), rows)
