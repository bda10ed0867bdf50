"""`rekindle new`, `list`, `show`, `docs`: the catalogue of triggers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from rekindle.cli.invocation import Invocation
from rekindle.cli.output import as_json, progress, table

if TYPE_CHECKING:
    from rekindle.workbench.catalogue.entries import Catalogue, Entry


@click.command()
@click.argument("name")
@click.option("--like", default="cart_abandoned", show_default=True, metavar="NAME", help="The trigger to begin with.")
@click.option("--pack", metavar="PACK", help="Where it belongs. Default: the pack of --like.")
@click.pass_obj
def new(invocation: Invocation, name: str, like: str, pack: str | None) -> None:
    """Begin a trigger: NAME.sql and NAME.test.yaml.

    Both are a copy of another trigger's, as a draft: they pass `check` and `test` before you change a line. Writes over nothing. Where:
    the setting packs_dir, else the suite's own packs.
    """
    from jobs.definitions.packs import root_of
    from rekindle.workbench.catalogue import scaffold
    from rekindle.workbench.check.collect import shown

    written = scaffold.write(name, like, pack, root_of(invocation.settings().packs_dir))
    for path in (written.sql, written.cases):
        click.echo(shown(path))
    place = shown(written.sql)
    progress(f"next: edit both, then `rekindle check {place}` and `rekindle test {place}`; with `status: active` it can go live")


@click.command("list")
@click.option("--json", "json_", is_flag=True, help="Print it as JSON.")
@click.pass_context
def list_(context: click.Context, json_: bool) -> None:
    """Show which triggers there are.

    `runs` = active and in a pack of the settings. Exit code 1 when a file cannot be used.
    """
    catalogue, on = _load(context.obj)
    if json_:
        as_json([entry.summary(on) for entry in catalogue.entries])
    else:
        rows = [
            (
                entry.name, entry.pack, "yes" if entry.runs(on) else "no", entry.trigger.header.status, entry.trigger.header.version,
                " ".join(entry.reads), len(entry.cases), entry.trigger.header.description,
            )
            for entry in catalogue.entries
        ]  # fmt: skip
        table(("trigger", "pack", "runs", "status", "version", "reads", "cases", "question"), rows)
    context.exit(_told(catalogue))


@click.command()
@click.argument("name")
@click.option("--json", "json_", is_flag=True, help="Print it as JSON.")
@click.pass_obj
def show(invocation: Invocation, name: str, json_: bool) -> None:
    """Show one trigger: header, SQL, what it reads, its test sentences."""
    catalogue, on = _load(invocation)
    entry = catalogue.find(name)
    if json_:
        as_json(entry.details(on))
    else:
        click.echo(_text(entry, entry.runs(on)))


@click.command()
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Where to write it. Default: catalogue/ in the state dir.")
@click.pass_context
def docs(context: click.Context, out: Path | None) -> None:
    """Write the catalogue as a web site that opens from a file.

    A page per trigger: question, lineage, SQL, contract, test sentences, last backtest. Exit code 1 when a file cannot be used.
    """
    from rekindle.local.paths import Places
    from rekindle.workbench.catalogue import site

    invocation: Invocation = context.obj
    catalogue, on = _load(invocation)
    state = Places.under(invocation.state_dir).root
    folder = out or state / "catalogue"
    site.write(folder, catalogue.entries, on, state / "backtests")
    progress(f"{len(catalogue.entries)} triggers")
    click.echo(folder / "index.html")
    context.exit(_told(catalogue))


def _load(invocation: Invocation) -> tuple[Catalogue, frozenset[str]]:
    """The catalogue, and the packs that are on."""
    from jobs.definitions.packs import root_of
    from rekindle.workbench.catalogue import entries

    settings = invocation.settings()
    return entries.load(root_of(settings.packs_dir)), frozenset(settings.packs)


def _told(catalogue: Catalogue) -> int:
    """Findings on stderr. Returns: the exit code."""
    from jobs.definitions.findings import by_place

    for finding in by_place(catalogue.findings):
        progress(f"{finding.severity}[{finding.code}]: {finding}")
    return 1 if catalogue.findings else 0


def _text(entry: Entry, runs: bool) -> str:
    from rekindle.workbench.catalogue.entries import fires

    live = "runs" if runs else "does not run: its pack is not on, or it is not active"
    lines = [f"{entry.name}: {entry.trigger.header.description}", f"{entry.trigger.path}, pack {entry.pack}, {live}", ""]
    lines += [f"reads     {', '.join(entry.reads)}", f"payload   {', '.join(entry.payload)}", ""]
    lines += [entry.trigger.source.text.rstrip(), ""]
    lines += [f"  {'fires' if fires(case) else 'quiet'}  {case.sentence}" for case in entry.cases] or ["no cases"]
    return "\n".join(lines)
