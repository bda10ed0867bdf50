"""`rekindle collector`: takes the webhooks of e-mail platforms."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from rekindle.cli.invocation import Invocation
from rekindle.cli.output import progress

if TYPE_CHECKING:
    from connectors.collector.server import Options
    from jobs.settings import Settings


@click.command()
@click.option("--host", metavar="HOST", help="Where to listen. Default: collector.host.")
@click.option("--port", type=click.IntRange(1, 65_535), metavar="PORT", help="Default: collector.port.")
@click.pass_obj
def collector(invocation: Invocation, host: str | None, port: int | None) -> None:
    """Receive receipts: POST /receipts/PROVIDER, until stopped.

    Each call is checked, normalised and written to `events.raw`; hard bounces, complaints and unsubscribes change `profiles` at once. Which
    providers may call, and what proves them, is in the settings, section `collector`.
    """
    import logging
    from datetime import UTC, datetime

    from connectors import kafka_admin
    from connectors.collector.app import LOG
    from connectors.collector.server import serve
    from jobs.errors import RunError, SettingsError
    from rekindle.cli.connection import connected

    settings = invocation.settings()
    if not settings.collector.receivers:
        raise SettingsError("collector.receivers: nobody may post", "name at least one provider; see docs/receipts.md")
    options = options_of(settings, invocation.state_dir)
    with connected(settings) as client:  # tells soon when nobody answers
        there = {topic.name for topic in kafka_admin.show(client)}
    missing = [name for name in ("events.raw", "profiles", "triggers") if name not in there]
    if missing:
        raise RunError(f"topics missing at {settings.kafka.servers}: {', '.join(missing)}", "run `rekindle topics create`")
    LOG.addHandler(logging.StreamHandler())
    LOG.setLevel(logging.INFO)
    at = (host or settings.collector.host, port or settings.collector.port)
    progress(f"receipts of {', '.join(sorted(settings.collector.receivers))} at http://{at[0]}:{at[1]}/receipts/PROVIDER")
    try:
        serve(options, *at, lambda: datetime.now(UTC))
    except ValueError as error:
        raise SettingsError(f"collector.receivers: {error}", "docs/receipts.md says where each provider shows it") from None


def options_of(settings: Settings, state_dir: str) -> Options:
    """The settings with their secrets read. Raises: SettingsError when one is not set."""
    from connectors.collector.receivers import Receiver
    from connectors.collector.server import Options
    from jobs.receivers import proof_of
    from jobs.settings import secret
    from rekindle.local.paths import Places

    receivers = {
        name: Receiver(proof_of(name, one) or "signature", [secret(value) for value in one.secrets], one.user, one.url, one.topics)
        for name, one in settings.collector.receivers.items()
    }
    return Options(
        servers=settings.kafka.servers,
        receivers=receivers,
        kafka={name: secret(value) for name, value in settings.kafka.options.items()},
        index=Places.under(state_dir).root / "collector" / "index.sqlite",
        max_body=settings.collector.max_body,
    )
