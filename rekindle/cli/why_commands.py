"""`rekindle why` and `report`: what became of a person, and of all."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rekindle.cli.invocation import Invocation
from rekindle.cli.output import as_json, progress, table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jobs.definitions.trigger import Trigger
    from jobs.settings import Settings

_OFFLINE = click.option("--offline", is_flag=True, help="Do not ask Kafka: only what the index holds already.")
_REBUILD = click.option("--rebuild", is_flag=True, help="Build the index anew first.")


@click.command()
@click.argument("person")
@click.argument("trigger", metavar="[TRIGGER]", required=False)
@click.option("--at", "at", metavar="TIME", help="Tell it as it was known then. Default: now.")
@click.option("--zone", default="UTC", show_default=True, help="Time zone of the times in the text, such as Europe/Paris.")
@_OFFLINE
@_REBUILD
@click.option("--json", "json_", is_flag=True, help="Print the answer as JSON.")
@click.pass_context
def why(
    context: click.Context, person: str, trigger: str | None, at: str | None, zone: str, offline: bool, rebuild: bool, json_: bool
) -> None:
    """Say why a person got a mail, or did not.

    PERSON is a person id, a device id or an e-mail address. In order of time: what they did, which triggers took notice, what each check
    said, what was sent, what came of it. With TRIGGER only that one; and if it found no reason to write, which condition was not met.
    Each look-up is audited. Exit code 1 when nothing is known of the person.
    """
    from rekindle.local.paths import Places
    from rekindle.workbench import audit, find
    from rekindle.workbench.index import reading
    from rekindle.workbench.index.privacy import pseudonyms
    from rekindle.workbench.why import answer as answers

    invocation: Invocation = context.obj
    settings, now = invocation.settings(), int(time.time() * 1000)
    as_of = now if at is None else _instant(at, "--at")
    _require_zone(zone)
    wanted = find.trigger(trigger, settings.packs_dir) if trigger else None
    places = Places.under(invocation.state_dir)
    names = pseudonyms(places.index)
    audit.write(places.audit, audit.Entry(now, audit.user(), "why", audit.whom(names, person), trigger))
    if not offline:
        _update(settings, places.index, now, rebuild, [wanted] if wanted else [])
    with reading.opened(places.index) as index:
        document = answers.answer(index, person, wanted, _runs(settings, wanted) if wanted else "", as_of, zone)
    if json_:
        as_json(document)
    elif document["known"]:
        click.echo(answers.text(document))
    else:
        progress("nothing is known of that person, device or address")
    context.exit(0 if document["known"] else 1)


def _update(settings: Settings, folder: Path, now: int, rebuild: bool, triggers: Iterable[Trigger] = ()) -> None:
    from jobs.settings import secret
    from rekindle.workbench.index import reading
    from rekindle.workbench.why.answer import wanted_events

    options = {key: secret(value) for key, value in settings.kafka.options.items()}
    source = reading.Source(settings.kafka.servers, options, wanted_events(settings.packs_dir, triggers))
    reading.update(folder, source, now, rebuild, progress)


def _runs(settings: Settings, trigger: Trigger) -> str:
    """Empty when the trigger runs, else the sentence that says why not."""
    from pathlib import PurePath

    if trigger.header.status != "active":
        return f"It does not run: its status is {trigger.header.status}."
    pack = PurePath(trigger.path).parent.name
    if pack not in settings.packs:
        return f"It does not run here: pack {pack} is not among the packs of the settings ({', '.join(settings.packs)})."
    return ""


def _require_zone(zone: str) -> None:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise click.UsageError(f"--zone: '{zone}' is no time zone; give one like Europe/Paris") from None


def _instant(text: str, option: str) -> int:
    from rekindle.workbench.index.rows import instant

    try:
        return instant(text)
    except ValueError:
        raise click.UsageError(f"{option}: '{text}' is no time; give one like 2026-03-01T10:30:00Z") from None


@click.command()
@click.option("--from", "since", metavar="DAY", help="First day (UTC), like 2026-03-01. Default: seven days before the last.")
@click.option("--to", "until", metavar="DAY", help="Last day. Default: the last with a decision.")
@click.option("--trigger", metavar="NAME", help="Only this one.")
@click.option("--svg", type=click.Path(path_type=Path), metavar="FILE", help="Write the funnel as a picture.")
@click.option("--html", type=click.Path(path_type=Path), metavar="FILE", help="Write all of it as a page that opens from the file.")
@_OFFLINE
@_REBUILD
@click.option("--json", "json_", is_flag=True, help="Print the report as JSON.")
@click.pass_context
def report(
    context: click.Context,
    since: str | None,
    until: str | None,
    trigger: str | None,
    svg: Path | None,
    html: Path | None,
    offline: bool,
    rebuild: bool,
    json_: bool,
) -> None:
    """Show the funnel: candidates, why not, sent, accepted, opened, clicked, ordered.

    Per trigger and day, with variants, their lift and its 95 % interval, and the holdout. Exit code 1 when nothing was decided.
    """
    from rekindle.local.paths import Places
    from rekindle.workbench.index import reading
    from rekindle.workbench.index.rows import Kind
    from rekindle.workbench.report import document as documents
    from rekindle.workbench.report import funnel, page, picture, tables

    invocation: Invocation = context.obj
    settings, now = invocation.settings(), int(time.time() * 1000)
    asked = [None if text is None else _day(text, option) for text, option in ((since, "--from"), (until, "--to"))]
    folder = Places.under(invocation.state_dir).index
    if not offline:
        _update(settings, folder, now, rebuild)
    with reading.opened(folder) as index:
        there = index.days(Kind.DECISION)
        last = asked[1] if asked[1] is not None else there[1] if there else now // _DAY_MS
        first = asked[0] if asked[0] is not None else last - 6
        if first > last:
            raise click.UsageError("--from lies after --to")
        document = documents.document(funnel.count(index, first, last, trigger, now))
    for path, content in ((svg, picture.funnel), (html, page.page)):
        if path is not None:
            _write(path, content(document))
    if json_:
        as_json(document)
    elif not document["triggers"]:
        progress(f"nothing was decided from {document['from']} to {document['to']}" + (f" about {trigger}" if trigger else ""))
    else:
        for grid in tables.grids(document):
            click.echo(grid.title)
            table(grid.columns, grid.rows)
            click.echo()
        progress(page.NOTE.format(days=document["window_days"]))
    context.exit(0 if document["triggers"] else 1)


_DAY_MS = 86_400_000


def _day(text: str, option: str) -> int:
    """`2026-03-01`, or a time on that day → days since 1970."""
    return _instant(text, option) // _DAY_MS


def _write(path: Path, text: str) -> None:
    from jobs.errors import SettingsError

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"{path}: cannot be written: {error.strerror}") from None
