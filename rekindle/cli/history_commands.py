"""`rekindle backtest` and `preview`: a trigger over history, and over what the topics hold now."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rekindle.cli.invocation import Invocation
from rekindle.cli.output import as_json, progress, table

if TYPE_CHECKING:
    from rekindle.workbench.backtest.run import Found
    from rekindle.workbench.history.given import Garbage

_WIDEST = 80  # characters of a payload
_FILE = click.Path(path_type=Path)


@click.command()
@click.argument("name", metavar="NAME|PATH")
@click.option("--events", type=_FILE, multiple=True, help="Raw events, one JSON object a line; .gz is fine, so is a folder. Repeatable.")
@click.option("--profiles", type=_FILE, help="Profiles as JSON lines; each counts from its updated_at.")
@click.option("--catalog", type=_FILE, help="Products as JSON lines; each counts from its updated_at.")
@click.option("--identities", type=_FILE, help="Device and person as JSON lines, beside what the events say.")
@click.option("--lake", type=_FILE, help="Folder of Parquet files of topic events instead of, or before, --events.")
@click.option("--decisions", type=_FILE, help="Write every decision with its reason here.")
@click.option("--out", type=_FILE, help="Write the triggers here. Default: stdout.")
@click.option("--from", "since", metavar="TIME", help="Only what falls due from here on; earlier rows still count as history.")
@click.option("--to", "until", metavar="TIME", help="Only what falls due before.")
@click.option("--against", metavar="REF|FILE", help="Compare with another version: a Git revision or a file.")
@click.option("--report", "report_dir", type=_FILE, metavar="DIR", help="Write report.json, report.html and sends.svg.")
@click.option(
    "--parallelism", type=click.IntRange(1, 64), default=1, show_default=True, help="Flink's parallelism; the output is the same."
)
@click.option("--json", "json_", is_flag=True, help="Print the report as JSON; the triggers only to --out.")
@click.pass_context
def backtest(
    context: click.Context,
    name: str,
    events: tuple[Path, ...],
    profiles: Path | None,
    catalog: Path | None,
    identities: Path | None,
    lake: Path | None,
    decisions: Path | None,
    out: Path | None,
    since: str | None,
    until: str | None,
    against: str | None,
    report_dir: Path | None,
    parallelism: int,
    json_: bool,
) -> None:
    """Show what a trigger would have sent over a history.

    The same ingest, evaluate and gate as live, in event time, without Kafka; sends nothing. The same input gives the same bytes. Lines that
    cannot be used are counted and do no harm. Exit code 1 when there was nothing to read.
    """
    if not events and lake is None:
        raise click.UsageError("give --events or --lake")
    from rekindle.local.paths import Places
    from rekindle.workbench import find, jvm
    from rekindle.workbench.backtest import comparison, figures, report
    from rekindle.workbench.backtest.run import Asked, rows, run
    from rekindle.workbench.history.progress import ProgressLine
    from rekindle.workbench.history.run import Given

    invocation: Invocation = context.obj
    settings = invocation.settings()
    trigger = find.trigger(name, settings.packs_dir)
    before = find.earlier(trigger, against) if against else None
    asked = Asked(
        trigger, Given(events, profiles, catalog, identities), before, lake, _instant(since, "--from"), _instant(until, "--to"), parallelism
    )
    given: list[Path | None] = [*events, profiles, catalog, identities, lake]
    for path in given:
        if path is not None and not path.exists():
            raise click.UsageError(f"{path}: no such file")
    places = Places.under(invocation.state_dir)
    jvm.start(places, long_runs=True)
    line = ProgressLine()
    found = run(settings, asked, line)
    line.end()
    decided, sends = rows(found.decisions)
    if decisions is not None:
        _write(decisions, decided)
    if out is not None:
        _write(out, sends)
    elif not json_:
        click.echo(sends, nl=False)
    compared = None
    if before is not None and found.before is not None:
        compared = (before, figures.of(found.before), comparison.compare(found.before, found.decisions))
    document = report.document(trigger, figures.of(found.decisions), found.lines, found.garbage, compared)
    _write(places.root / "backtests" / f"{trigger.name}.json", json.dumps(document, indent=2).encode())  # the catalogue shows the last one
    if report_dir is not None:
        report.write(report_dir, document)
    if json_:
        as_json(document)
    _summarise(document, found)
    context.exit(1 if found.lines == 0 else 0)


@click.command()
@click.argument("name", metavar="NAME|PATH")
@click.option("--from", "since", metavar="TIME", help="Only what fell due from here on. Default: all that the topics hold.")
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="Most rows to show, the newest first.")
@click.option("--json", "json_", is_flag=True, help="Print the decisions as JSON.")
@click.pass_obj
def preview(invocation: Invocation, name: str, since: str | None, limit: int, json_: bool) -> None:
    """Show what a trigger gives on the live topics.

    Its candidates up to now, and what the gate would say of each if it were the only trigger. Reads Kafka, writes nothing.
    """
    import orjson

    from jobs.gate import contract
    from rekindle.cli.connection import connected
    from rekindle.local.paths import Places
    from rekindle.workbench import find, jvm
    from rekindle.workbench import preview as work
    from rekindle.workbench.history.progress import ProgressLine

    settings, at = invocation.settings(), _instant(since, "--from")
    trigger = find.trigger(name, settings.packs_dir)
    with connected(settings):
        pass
    jvm.start(Places.under(invocation.state_dir))
    line = ProgressLine()
    found = work.run(settings, trigger, at, line)
    line.end()
    rows = [orjson.loads(contract.decision_row(one)) | {"payload": orjson.loads(one.candidate.payload)} for one in found[:limit]]
    if json_:
        as_json(rows)
    else:
        columns = ("fired_at", "person_id", "verdict", "reason", "payload")
        table(columns, [[_short(row[column]) for column in columns] for row in rows])
    progress(f"{trigger.name}: {len(found)} candidates, {sum(one.sent for one in found)} would be sent; {len(rows)} shown")


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…"


def _summarise(document: dict[str, Any], found: Found) -> None:
    """On stderr: stdout is the triggers'."""
    for garbage in found.garbage:
        progress(_garbage(garbage))
    if found.lines == 0:
        progress("warning: the files hold no line: nothing was read, so nothing was found")
    reasons = ", ".join(f"{count} {reason}" for reason, count in document["reasons"].items())
    progress(
        f"{document['trigger']}: {document['lines']:,} lines, {document['candidates']:,} candidates, {document['sends']:,} sent to "
        f"{document['people']:,} people" + (f"; not sent: {reasons}" if reasons else "")
    )
    pressing = ", ".join(f"{count} {name}" for name, count in document["pressure"].items() if count)
    if pressing:
        progress(f"cap pressure: sends beyond the default caps to one person: {pressing}")
    before = document["against"]
    if before is not None:
        progress(
            f"against version {before['version']}: {before['more']} more, {before['fewer']} fewer, "
            f"{before['moved']} moved, {before['same']} same"
        )
        for one in before["examples"]:
            progress(f"  {one['change']:5}  {one['person_id']}  {one['occasion'][:20]}  {one['before']} -> {one['after']}")


def _garbage(garbage: Garbage) -> str:
    counts = ", ".join(f"{count} {reason}" for reason, count in garbage.counts.items())
    places = ", ".join(f"{line} {reason}" if line else reason for line, reason in garbage.places)
    return f"warning: {garbage.path}: {sum(garbage.counts.values()):,} lines not used: {counts} (first: line {places})"


def _instant(text: str | None, option: str) -> int | None:
    from rekindle.workbench.history.given import epoch_ms

    if text is None:
        return None
    at = epoch_ms(text)
    if at is None:
        raise click.UsageError(f"{option}: '{text}' is no time; give one like 2026-03-01T10:30:00Z")
    return at


def _write(path: Path, content: bytes) -> None:
    from jobs.errors import SettingsError

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise SettingsError(f"{path}: cannot be written: {error.strerror}") from None
