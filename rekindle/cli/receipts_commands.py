"""`rekindle receipts`: what one webhook body of an e-mail platform says."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from rekindle.cli.output import progress


@click.command()
@click.argument("provider")
@click.argument("file", required=False, default="-", metavar="[FILE]")
@click.option(
    "--header", "headers", multiple=True, metavar="NAME: VALUE", help="A header it came with, such as `svix-id: msg_1`. Repeatable."
)
@click.pass_context
def receipts(context: click.Context, provider: str, file: str, headers: tuple[str, ...]) -> None:
    """Read one webhook body as PROVIDER posts it and print its receipts as JSON lines.

    FILE: the raw body; `-` or nothing: standard input. No signature is needed, nothing is sent anywhere. Items that cannot be read are told
    on stderr. Exit code 1 when there are any.
    """
    from connectors.collector.receipts.receipt import Unreadable, UnreadableBodyError
    from connectors.collector.receipts.registry import PROVIDERS
    from jobs.definitions.findings import did_you_mean
    from jobs.errors import DefinitionError, SettingsError

    if provider not in PROVIDERS:
        raise SettingsError(f"no provider '{provider}'", did_you_mean(provider, list(PROVIDERS)) or f"there are: {', '.join(PROVIDERS)}")
    given = {}
    for header in headers:
        name, colon, value = header.partition(":")
        if not colon:
            raise click.UsageError("a header is written NAME: VALUE")
        given[name.strip().lower()] = value.strip()
    try:
        body = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise SettingsError(f"{file}: cannot be read: {error.strerror}", "give an existing file, or - for standard input") from None
    try:
        found = PROVIDERS[provider](body, given)
    except UnreadableBodyError as error:
        raise DefinitionError(f"{file}: {error.reason}", f"give the body as {provider} posts it, unchanged") from None
    bad = [one for one in found if isinstance(one, Unreadable)]
    for one in found:
        if not isinstance(one, Unreadable):
            click.echo(json.dumps(one.row(), ensure_ascii=False))
    for one in bad:
        progress(f"{file}: item {one.index}: {one.reason}")
    context.exit(1 if bad else 0)
