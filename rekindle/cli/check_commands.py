"""`rekindle check | tables`: is a trigger right, and what may it read?"""

from __future__ import annotations

import sys
from contextlib import suppress

import click

from rekindle.cli.invocation import Invocation
from rekindle.cli.output import as_json, progress


@click.command()
@click.argument("what", metavar="[NAME|PATH]...", nargs=-1)
@click.option("--watch", is_flag=True, help="Check again whenever a file changes; the planner stays warm.")
@click.option("--rules", is_flag=True, help="Print what is checked, with a bad and a good example each, and check nothing.")
@click.option("--json", "json_", is_flag=True, help="Print findings as JSON; with --watch one line of JSON per check.")
@click.pass_context
def check(context: click.Context, what: tuple[str, ...], watch: bool, rules: bool, json_: bool) -> None:
    """Check trigger files: form, rules, tests, and what Flink's own planner says.

    Without arguments all packs. NAME is a trigger or a pack, PATH a file or a folder; a file outside the packs is a draft, checked
    alone. Exit codes: 0 nothing or only warnings, 1 errors, 2 usage.
    """
    if rules:
        from rekindle.workbench.check import pages

        click.echo(pages.markdown(), nl=False)
        return
    from rekindle.workbench.check.checker import Report
    from rekindle.workbench.check.collect import packs_root
    from rekindle.workbench.check.session import Session

    invocation: Invocation = context.obj
    settings = invocation.settings()
    told = progress if sys.stderr.isatty() else None
    session = Session(settings, invocation.state_dir, what, packs_root(settings), report=told)

    def show(report: Report) -> None:
        from rekindle.workbench.check import render

        if json_:
            _as_json(report, one_line=watch)
        else:
            click.echo(render.report(report, report.texts))

    report = session.check()
    show(report)
    if not watch:
        context.exit(1 if report.errors else 0)
    from rekindle.workbench.watching import changes

    with suppress(KeyboardInterrupt):
        while True:
            watched = session.watched()
            progress("waiting for a change (Ctrl-C ends)")
            changes(watched)
            show(session.check())


def _as_json(report: object, one_line: bool) -> None:
    import json

    from rekindle.workbench.check.checker import Report

    assert isinstance(report, Report)  # noqa: S101
    value = {
        "files": report.files,
        "errors": report.errors,
        "warnings": report.warnings,
        "findings": [finding.as_json() for finding in report.findings],
    }
    if one_line:
        click.echo(json.dumps(value, ensure_ascii=False))
    else:
        as_json(value)


@click.command()
@click.argument("name", metavar="[NAME]", required=False)
@click.option("--json", "json_", is_flag=True, help="Print columns, types and an example row as JSON.")
def tables(name: str | None, json_: bool) -> None:
    """Show what a trigger may read: tables, or the columns of one with types, meaning and an example row."""
    from jobs.definitions import published
    from rekindle.cli.output import table as grid
    from rekindle.workbench import tables as told

    if name is None:
        if json_:
            as_json([told.as_json(one) for one in published.tables().values()])
        else:
            grid(("table", "kind", "event time", "meaning"), told.overview())
        return
    table = told.named(name)
    if json_:
        as_json(told.as_json(table))
        return
    click.echo(f"{table.name}: {table.meaning}\nEvent time: {table.time_column}. Read it by: {told.usage(table)}\n")
    grid(("column", "type", "", "meaning"), told.columns(table))
    click.echo(f"\nA row:\n{told.example(table)}")
