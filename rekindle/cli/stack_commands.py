"""`rekindle up | down | status | doctor`: the local stack and the machine it needs."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from rekindle.cli.invocation import Invocation
from rekindle.cli.output import as_json, progress, table

if TYPE_CHECKING:
    from rekindle.local.layout import Layout
    from rekindle.local.status import Status

_PORT = click.IntRange(1, 65_535)


@click.command()
@click.option("--kafka-port", type=_PORT, help="Kafka's port. Default: a free one.")
@click.option("--flink-port", type=_PORT, help="Port of Flink's web UI and REST interface. Default: a free one.")
@click.option("--esp-port", type=_PORT, help="Port of the fake e-mail platform. Default: a free one.")
@click.option("--slots", type=click.IntRange(1, 64), help="Slots of each TaskManager. Default: 8.")
@click.option("--taskmanagers", type=click.IntRange(1, 16), help="Number of TaskManagers. Default: 1.")
@click.option("--state-backend", type=click.Choice(["hashmap", "rocksdb"]), help="Default: flink.state_backend of the settings.")
@click.option("--json", "json_", is_flag=True, help="Print the addresses and parts as JSON.")
@click.pass_obj
def up(
    invocation: Invocation,
    kafka_port: int | None,
    flink_port: int | None,
    esp_port: int | None,
    slots: int | None,
    taskmanagers: int | None,
    state_backend: str | None,
    json_: bool,
) -> None:
    """Start Kafka, Flink and a fake e-mail platform.

    All on this machine, without Docker. Adopts what runs already; waits until all parts answer.
    """
    from jobs.durations import millis
    from rekindle.local import stack
    from rekindle.local.layout import Wishes

    flink = invocation.settings().flink
    given = flink.model_fields_set
    wishes = Wishes(
        kafka_port=kafka_port,
        flink_port=flink_port,
        esp_port=esp_port,
        slots=slots,
        taskmanagers=taskmanagers,
        state_backend=state_backend or (flink.state_backend if "state_backend" in given else None),
        checkpoint_interval_ms=millis(flink.checkpoint_interval) if "checkpoint_interval" in given else None,
    )
    started = stack.up(invocation.state_dir, wishes, report=progress)
    _show(started.status(), started.layout, json_)


@click.command()
@click.option("--wipe", is_flag=True, help="Also forget Kafka's topics, checkpoints and what the fake e-mail platform received.")
@click.option("--json", "json_", is_flag=True, help="Print the stopped parts as JSON.")
@click.pass_obj
def down(invocation: Invocation, wipe: bool, json_: bool) -> None:
    """Stop what `rekindle up` started, nothing else."""
    from rekindle.local import stack

    stopped = stack.down(invocation.state_dir, wipe)
    if json_:
        as_json({"stopped": stopped, "wiped": wipe})
    else:
        click.echo(f"stopped: {', '.join(stopped)}" if stopped else "nothing was running")


@click.command()
@click.option("--json", "json_", is_flag=True, help="Print the parts as JSON.")
@click.pass_context
def status(context: click.Context, json_: bool) -> None:
    """Show what of the local stack runs. Exit code 0: all; 1: not up; 3: a part is dead or does not answer."""
    from rekindle.local import stack
    from rekindle.local.status import Status

    current = stack.current(context.obj.state_dir)
    found = current.status() if current else Status(())
    _show(found, current.layout if current else None, json_)
    context.exit(found.exit_code)


@click.command()
@click.option("--json", "json_", is_flag=True, help="Print the findings as JSON.")
@click.pass_context
def doctor(context: click.Context, json_: bool) -> None:
    """Check whether this machine is fit.

    Python, JDK, Maven, jars, ports, memory, versions, import paths. Exit code 1 when something must be mended.
    """
    from rekindle.local.doctor import examine
    from rekindle.local.paths import Places

    findings = examine(Places.under(context.obj.state_dir))
    if json_:
        as_json([asdict(finding) for finding in findings])
    else:
        table(("check", "state", "found", "remedy"), [(row.check, row.level, row.fact, row.remedy) for row in findings])
    context.exit(1 if any(finding.level == "fail" for finding in findings) else 0)


def _show(found: Status, layout: Layout | None, json_: bool) -> None:
    if json_:
        addresses = {"kafka": layout.kafka_servers, "flink": layout.flink_url, "esp": layout.esp_url} if layout else {}
        as_json({"up": found.exit_code == 0, **addresses, "parts": [asdict(part) for part in found.parts]})
    elif not found.parts:
        click.echo("the local stack is not up: run `rekindle up`")
    else:
        rows = [(part.part, part.state, part.pid or "-", f"{part.memory_mb} MB", part.address or "-", part.detail) for part in found.parts]
        table(("part", "state", "pid", "memory", "address", ""), rows)
