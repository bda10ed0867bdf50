"""`rekindle pause | resume | mute | unmute | set | control`: changes that take effect while the jobs run."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click

from rekindle.cli.invocation import Invocation
from rekindle.cli.output import as_json, progress, table

if TYPE_CHECKING:
    from collections.abc import Mapping

_BY = click.option("--by", metavar="WHO", help="Who wants it. Default: the user of this system.")


@click.command()
@click.argument("name")
@_BY
@click.pass_obj
def pause(invocation: Invocation, name: str, by: str | None) -> None:
    """Stop a trigger's mails at once.

    Its candidates go on and are decided `paused`; nothing is made up for later. Takes effect within seconds, without a restart.
    """
    _switch(invocation, "trigger", name, {"paused": True}, by, "pause")


@click.command()
@click.argument("name")
@_BY
@click.pass_obj
def resume(invocation: Invocation, name: str, by: str | None) -> None:
    """Let a paused trigger send again."""
    _switch(invocation, "trigger", name, {"paused": False}, by, "resume")


@click.command()
@click.argument("pack")
@_BY
@click.pass_obj
def mute(invocation: Invocation, pack: str, by: str | None) -> None:
    """Stop the mails of all triggers of a pack at once."""
    _switch(invocation, "pack", pack, {"muted": True}, by, "mute")


@click.command()
@click.argument("pack")
@_BY
@click.pass_obj
def unmute(invocation: Invocation, pack: str, by: str | None) -> None:
    """Let a muted pack send again."""
    _switch(invocation, "pack", pack, {"muted": False}, by, "unmute")


@click.group("set")
def set_() -> None:
    """Change caps or quiet hours while the jobs run."""


@set_.command()
@click.argument("what", metavar="[FILE|YAML]", required=False)
@click.option("--default", "default", is_flag=True, help="Back to what the settings say.")
@_BY
@click.pass_obj
def caps(invocation: Invocation, what: str | None, default: bool, by: str | None) -> None:
    """How many mails a person gets at most.

    A list: `[{class: marketing, channel: email, limit: 1, per: 24 hours, calendar: false}]`. It replaces all caps.
    """
    from jobs.gate.control import CAPS
    from rekindle.workbench.control import caps_file, values

    if (what is None) != default:
        raise click.UsageError("give caps, or --default")
    _write(invocation, CAPS, {} if what is None else values.written(caps_file.read(what)), by, "set caps")


@set_.command("quiet_hours")
@click.argument("what", metavar="[FROM-TO|off]", required=False)
@click.option("--spread", metavar="DURATION", help="Over how long the mails of the morning are spread. Default: 5 min.")
@click.option("--default", "default", is_flag=True, help="Back to what the settings say.")
@_BY
@click.pass_obj
def quiet_hours(invocation: Invocation, what: str | None, spread: str | None, default: bool, by: str | None) -> None:
    """When no mail goes out, in each person's own time zone: 21:00-09:00."""
    from pydantic import ValidationError

    from jobs.gate.control import QUIET_HOURS
    from rekindle.workbench.control import values

    if (what is None) != default:
        raise click.UsageError("give the hours, like 21:00-09:00, or --default")
    try:
        value = {} if what is None else values.written(values.quiet_hours(what, spread))
    except ValidationError as error:
        clock = "expected times of day from 00:00 to 23:59, like 21:00-09:00"
        told = (
            clock if one["type"] == "string_pattern_mismatch" else str(one["msg"]).removeprefix("Value error, ") for one in error.errors()
        )
        raise click.UsageError("; ".join(dict.fromkeys(told))) from None
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    _write(invocation, QUIET_HOURS, value, by, "set quiet_hours")


@click.command()
@click.option("--json", "json_", is_flag=True, help="Print it as JSON.")
@click.pass_obj
def control(invocation: Invocation, json_: bool) -> None:
    """Show what is paused, muted or set otherwise than files and settings say: since when, by whom."""
    from jobs.gate.instants import to_text
    from rekindle.cli.connection import connected
    from rekindle.workbench.control import topic

    settings = invocation.settings()
    with connected(settings):  # tells soon when nobody answers
        pass
    changes = topic.in_force(settings.kafka.servers, _options(settings))
    rows: list[dict[str, Any]] = [{"key": one.key, "value": dict(one.value), "since": to_text(one.at), "by": one.by} for one in changes]
    if json_:
        as_json(rows)
    elif rows:
        table(("what", "is", "since", "by"), [(row["key"], _told(row["value"]), row["since"], row["by"] or "") for row in rows])
    else:
        click.echo("nothing: all is as files and settings say")


def _switch(invocation: Invocation, kind: str, name: str, value: Mapping[str, Any], by: str | None, what: str) -> None:
    from jobs.definitions import packs
    from jobs.definitions.findings import did_you_mean
    from jobs.errors import SettingsError

    root = packs.root_of(invocation.settings().packs_dir)
    known = packs.names(root) if kind == "pack" else [file.name.removesuffix(".sql") for _, file, _ in packs.placed(root)]
    if name not in known:
        raise SettingsError(f"no {kind} '{name}'", did_you_mean(name, known) or f"there are: {', '.join(sorted(known))}")
    _write(invocation, f"{kind}:{name}", value, by, what)


def _write(invocation: Invocation, key: str, value: Mapping[str, Any], by: str | None, what: str) -> None:
    from rekindle.local.paths import Places
    from rekindle.workbench import audit
    from rekindle.workbench.control.topic import Change, write

    settings = invocation.settings()
    at, who = int(time.time() * 1000), (by or "").strip() or audit.user()
    audit.write(Places.under(invocation.state_dir).audit, audit.Entry(at, who, what, key, _told(value)))  # first: nothing unseen
    write(settings.kafka.servers, Change(key, value, at, who), _options(settings))
    progress(f"{key}: {_told(value)}; the gate counts it within seconds")


def _told(value: Mapping[str, Any]) -> str:
    """A value in one line."""
    if "caps" in value:
        return "; ".join(
            f"{one['limit']} {one['class']} by {one['channel']} per {_span(one['per'])}{' (calendar)' if one['calendar'] else ''}"
            for one in value["caps"]
        )
    if "enabled" in value:
        return f"{value['from']}-{value['to']}, spread over {_span(value['spread'])}" if value["enabled"] else "off"
    return ", ".join(f"{'' if is_so else 'not '}{name}" for name, is_so in value.items()) or "as the settings say"


def _span(text: str) -> str:
    from jobs.durations import millis, parse_duration
    from rekindle.workbench.why.words import span

    return span(millis(parse_duration(text)))


def _options(settings: Any) -> dict[str, str]:
    from jobs.settings import secret

    return {key: secret(value) for key, value in settings.kafka.options.items()}
