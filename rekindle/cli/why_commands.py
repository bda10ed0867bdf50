"""`rekindle why` and `report`: what became of a person, and of all."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from rekindle.cli.invocation import Invocation
from rekindle.cli.output import as_json, progress

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

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
