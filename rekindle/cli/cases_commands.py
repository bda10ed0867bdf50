"""`rekindle test`: triggers against their cases."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rekindle.cli.invocation import Invocation
from rekindle.cli.output import as_json, progress

if TYPE_CHECKING:
    from rekindle.workbench.cases.run import Result
    from rekindle.workbench.cases.select import Selection


@click.command("test")
@click.argument("names", metavar="[NAME|PATH]...", nargs=-1)
@click.option("-k", "wanted", metavar="WORDS", default="", help="Only cases with these words in trigger or sentence.")
@click.option("--watch", is_flag=True, help="Run again whenever a file changes; Flink stays warm.")
@click.option("--junit", type=click.Path(path_type=Path), metavar="FILE", help="Write the results as JUnit XML.")
@click.option("--json", "json_", is_flag=True, help="Print the results as JSON.")
@click.option("--from-person", "person", metavar="ID", help="Write a case from what a person did, under other names, instead.")
@click.option("--events", type=click.Path(path_type=Path), multiple=True, help="With --from-person: raw events in files, not Kafka's.")
@click.pass_context
def test(
    context: click.Context,
    names: tuple[str, ...],
    wanted: str,
    watch: bool,
    junit: Path | None,
    json_: bool,
    person: str | None,
    events: tuple[Path, ...],
) -> None:
    """Run the cases of triggers.

    NAME is a trigger or a pack; without any, all packs are tested. Every case runs through the SQL and the gate of production, all of them
    in one go. Exit code 1 when a case fails or a file is wrong.
    """
    invocation: Invocation = context.obj
    if person is not None:
        _from_person(invocation, names, person, events)
        return
    if not watch:
        context.exit(0 if _once(invocation, names, wanted, junit, json_)[0] else 1)
    from rekindle.workbench.watching import changes

    with suppress(KeyboardInterrupt):
        while True:
            _, selection = _once(invocation, names, wanted, junit, json_)
            progress("waiting for a change (Ctrl-C ends)")
            changes(selection.sources)


def _once(invocation: Invocation, names: tuple[str, ...], wanted: str, junit_path: Path | None, json_: bool) -> tuple[bool, Selection]:
    from rekindle.local.paths import Places
    from rekindle.workbench import jvm
    from rekindle.workbench.cases import junit, show
    from rekindle.workbench.cases.run import run
    from rekindle.workbench.cases.select import select
    from rekindle.workbench.check import render

    selection = select(names, wanted, invocation.settings().packs_dir)
    results: list[Result] = []
    if selection.cases:
        jvm.start(Places.under(invocation.state_dir))
        results = run(invocation.settings(), selection.triggers, selection.cases)
    if junit_path is not None:
        junit.write(junit_path, results)
    failed = sum(not result.passed for result in results)
    if json_:
        as_json(
            {
                "cases": [
                    {"trigger": one.case.trigger, "case": one.case.sentence, "passed": one.passed, "failure": list(show.failure(one))[1:]}
                    for one in results
                ],
                "findings": [finding.as_json() for finding in selection.findings],
            }
        )
    else:
        for line in show.lines(results):
            click.echo(line)
        for finding in selection.findings:
            click.echo(render.finding(finding, selection.texts.get(finding.path)) + "\n", err=True)
        said = [_count(len(results), "case"), f"{failed} failed"]
        said += [_count(len(selection.findings), "finding")] if selection.findings else []
        click.echo(", ".join(said))
    if not results and not selection.findings and wanted:
        progress(f"no case holds the words '{wanted}'")
    return not failed and not selection.findings, selection


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _from_person(invocation: Invocation, names: tuple[str, ...], person: str, events: tuple[Path, ...]) -> None:
    import orjson

    from connectors import kafka_read
    from jobs.gate.instants import to_text
    from jobs.settings import secret
    from rekindle.cli.connection import connected
    from rekindle.local.paths import Places
    from rekindle.workbench import find, jvm
    from rekindle.workbench.cases import recorded

    if len(names) != 1:
        raise click.UsageError("--from-person needs the one trigger whose case it is")
    settings = invocation.settings()
    trigger = find.trigger(names[0], settings.packs_dir)
    profiles: list[dict[str, object]] = []
    if events:
        lines = list(recorded.lines_in(events))
    else:
        with connected(settings):
            options = {name: secret(value) for name, value in settings.kafka.options.items()}
            lines = [one.value for one in kafka_read.records(settings.kafka.servers, "events.raw", options) if one.value]
            for one in kafka_read.records(settings.kafka.servers, "profiles", options):
                if one.key == person.encode():
                    profiles.append({**(orjson.loads(one.value) if one.value else {"erased": True}), "updated_at": to_text(one.at)})
    jvm.start(Places.under(invocation.state_dir))
    click.echo(recorded.case(settings, trigger, person, lines, profiles), nl=False)
