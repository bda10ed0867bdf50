"""`rekindle reconcile`: does every send end exactly once?"""

from __future__ import annotations

import time

import click

from rekindle.cli.invocation import Invocation
from rekindle.cli.output import as_json, progress, table


@click.command()
@click.option("--from", "since", metavar="TIME", help="Sends decided since then. Default, and the furthest back: 7 days ago.")
@click.option("--to", "until", metavar="TIME", help="Sends decided up to then. Default: now.")
@click.option("--grace", default="5 min", show_default=True, metavar="DURATION", help="How long a row's counterpart may take.")
@click.option("--limit", type=click.IntRange(0), default=100, show_default=True, help="Most findings to list; all are counted.")
@click.option("--json", "json_", is_flag=True, help="Print the account as JSON.")
@click.pass_context
def reconcile(context: click.Context, since: str | None, until: str | None, grace: str, limit: int, json_: bool) -> None:
    """Prove that every send ended in exactly one outcome.

    triggers = accepted + rejected + expired + cancelled + dead + unknown + in flight, for each destination; and whatever breaks it. A send
    that came back from the dead letters counts once. Exit code 1 when anything breaks it.
    """
    from jobs.durations import millis, parse_duration
    from jobs.settings import secret
    from rekindle.workbench.dlq.run import Kafka, opened
    from rekindle.workbench.reconcile import run
    from rekindle.workbench.reconcile.account import Window

    invocation: Invocation = context.obj
    now = int(time.time() * 1000)
    try:
        patience = millis(parse_duration(grace))
    except ValueError as error:
        raise click.UsageError(f"--grace: {error}") from None
    oldest = now - run.KEPT_MS
    first = oldest if since is None else _instant(since, "--from")
    if first < oldest:
        progress("topic triggers keeps 7 days: the account begins there, not at --from")
        first = oldest
    last = now if until is None else _instant(until, "--to")
    if first > last:
        raise click.UsageError("--from lies after --to")
    window = Window(first, last, now, patience)
    settings = invocation.settings()
    kafka = Kafka(settings.kafka.servers, {key: secret(value) for key, value in settings.kafka.options.items()})
    with opened(kafka) as scan:
        account = run.reconcile(scan, window, limit, progress)
    if json_:
        as_json(run.document(account, window))
    else:
        table(run.COLUMNS, run.rows(account))
        click.echo()
        click.echo(run.equation(account))
        if account.breaks:
            click.echo()
            table(("count", "what"), [(count, run.TOLD[kind]) for kind, count in account.breaks.most_common()])
            click.echo()
            table(("trigger_id", "destination", "what"), [(one.trigger_id, one.destination, run.sentence(one)) for one in account.findings])
    context.exit(0 if account.clean else 1)


def _instant(text: str, option: str) -> int:
    from rekindle.workbench.index.rows import instant

    try:
        return instant(text)
    except ValueError:
        raise click.UsageError(f"{option}: '{text}' is no time; give one like 2026-03-01T10:30:00Z") from None
