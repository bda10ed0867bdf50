"""`rekindle dlq list | show | retry | discard`: what nobody could use, and what becomes of it."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from rekindle.cli.invocation import Invocation
from rekindle.cli.output import as_json, progress, table

if TYPE_CHECKING:
    from rekindle.workbench.dlq.book import Wanted
    from rekindle.workbench.dlq.run import Batch, Kafka, Summary
    from rekindle.workbench.dlq.writing import Writer

_DRY = click.option("--dry-run", is_flag=True, help="Say what would be done; do nothing.")
_BY = click.option("--by", metavar="WHO", help="Who wants it. Default: the user of this system.")
_JSON = click.option("--json", "json_", is_flag=True, help="Print it as JSON.")


def _selection(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        click.option("--since", metavar="TIME", help="Only what failed since then: a time, or a duration such as '2 hours' back from now."),
        click.option("--reason", metavar="WORD", help="Only of this reason."),
        click.option("--stage", type=click.Choice(["ingest", "evaluate", "gate", "deliver"]), help="Only of this stage."),
    ):
        command = option(command)
    return command


@click.group()
def dlq() -> None:
    """Look at dead letters, send them back, put them away.

    A dead letter is a row some stage could not use. Every use of this is audited.
    """


@dlq.command("list")
@_selection
@click.option("--state", type=click.Choice(["open", "retried", "discarded", "any"]), default="open", show_default=True)
@click.option("--limit", type=click.IntRange(0), default=50, show_default=True, help="Most letters to list, the newest first.")
@_JSON
@click.pass_obj
def list_(invocation: Invocation, stage: str | None, reason: str | None, since: str | None, state: str, limit: int, json_: bool) -> None:
    """Count dead letters by stage and reason, and list the newest. Prints nothing of their content."""
    from rekindle.workbench.dlq import run, told
    from rekindle.workbench.dlq.book import Book, Wanted

    now = _now()
    wanted = Wanted((), stage, reason, _since(since, now), None if state == "any" else state)
    kafka = _audited(invocation, "dlq list", wanted, now)
    with run.opened(kafka) as scan, Book() as book:
        run.fill(book, scan, progress)
        counts = book.counts(Wanted((), stage, reason, wanted.since))
        rows = list(book.find(wanted, limit))
    if json_:
        as_json({"counts": [told.count(one) for one in counts], "letters": [told.letter(one, now) for one in rows]})
    elif not counts:
        progress("no dead letters")
    else:
        table(told.COUNTED, [told.counted(one) for one in counts])
        if rows:
            click.echo()
            table(told.LISTED, [told.listed(one, now) for one in rows])


@dlq.command()
@click.argument("key")
@click.option("--raw", is_flag=True, help="Also its content. That names people: the audit log says that you looked.")
@_JSON
@click.pass_context
def show(context: click.Context, key: str, raw: bool, json_: bool) -> None:
    """Show all about the dead letters of a KEY.

    KEY is as `dlq list` prints it, or the trigger_id of a send. Exit code 1 when there is none.
    """
    from rekindle.workbench.dlq import run, told
    from rekindle.workbench.dlq.book import Book, Wanted

    now, wanted = _now(), Wanted((key,))
    kafka = _audited(context.obj, "dlq show --raw" if raw else "dlq show", wanted, now)
    with run.opened(kafka) as scan, Book() as book:
        run.fill(book, scan, progress, outcomes=True)
        found = [
            told.letter(known, now) | told.more(known, book, content) | ({"raw": told.content(content)} if raw else {})
            for known, content, _ in run.raws(scan, book.find(wanted))
        ]
    if not found:
        progress(f"no dead letter '{key}'; `rekindle dlq list --state any` has them all")
    elif raw:
        progress("`raw` names people; this look-up is in the audit log")
    if json_:
        as_json(found)
    else:
        for document in found:
            table(("what", "is"), [(name, told.printable(value)) for name, value in document.items() if value is not None])
    context.exit(0 if found else 1)


@dlq.command()
@click.argument("keys", nargs=-1, metavar="[KEY]...")
@_selection
@click.option("--all", "all_", is_flag=True, help="Every open letter.")
@_DRY
@click.option("--rate", metavar="N/s", default="50/s", show_default=True, help="At most so many a second.")
@click.option("--force", is_flag=True, help="Also what was retried or discarded before, and sends the platform may have already.")
@_BY
@_JSON
@click.pass_context
def retry(
    context: click.Context,
    keys: tuple[str, ...],
    stage: str | None,
    reason: str | None,
    since: str | None,
    all_: bool,
    dry_run: bool,
    rate: str,
    force: bool,
    by: str | None,
    json_: bool,
) -> None:
    """Send dead letters back to where they failed.

    Lines go to events.raw, candidates to the gate, sends to triggers.retry, where the gate is asked again before the call. The trigger_id
    stays. A send the platform accepted, or may have accepted, does not go again. Exit code 1 when something was refused or nothing found.
    """
    from rekindle.workbench.dlq import run
    from rekindle.workbench.dlq.book import Book
    from rekindle.workbench.dlq.writing import Pace

    now, limit = _now(), _rate(rate)
    wanted = _wanted(keys, stage, reason, since, all_, now, None if keys or force else "open")
    kafka = _audited(context.obj, _named("retry", dry_run, force), wanted, now)
    batch = _batch(by, now, None)
    with run.opened(kafka) as scan, Book() as book, _Maybe(None if dry_run else kafka) as writer:
        run.fill(book, scan, progress, outcomes=True)
        summary = run.retry(book, scan, wanted, batch, force, writer, Pace(limit, time.monotonic, time.sleep), progress)
        missing = book.missing(keys)
    _finish(context, summary, missing, batch, dry_run, json_, "retried")


@dlq.command()
@click.argument("keys", nargs=-1, metavar="[KEY]...")
@_selection
@click.option("--all", "all_", is_flag=True, help="Every open letter.")
@click.option("--why", "why", required=True, metavar="TEXT", help="The reason, kept with each letter. No personal data.")
@_DRY
@_BY
@_JSON
@click.pass_context
def discard(
    context: click.Context,
    keys: tuple[str, ...],
    stage: str | None,
    reason: str | None,
    since: str | None,
    all_: bool,
    why: str,
    dry_run: bool,
    by: str | None,
    json_: bool,
) -> None:
    """Put dead letters away: nobody need look at them again.

    They stay in the topic as long as it keeps them. Exit code 1 when nothing was found.
    """
    from rekindle.workbench.dlq import run
    from rekindle.workbench.dlq.book import Book

    if not why.strip() or "@" in why:
        raise click.UsageError("--why: give a reason, and no address in it: it is kept for 60 days")
    now = _now()
    wanted = _wanted(keys, stage, reason, since, all_, now, None if keys else "open")
    kafka = _audited(context.obj, _named("discard", dry_run, False), wanted, now)
    batch = _batch(by, now, why.strip())
    with run.opened(kafka) as scan, Book() as book, _Maybe(None if dry_run else kafka) as writer:
        run.fill(book, scan, progress)
        summary = run.discard(book, wanted, batch, writer, progress)
        missing = book.missing(keys)
    _finish(context, summary, missing, batch, dry_run, json_, "discarded")


class _Maybe:
    """A writer, or None in a dry run. Opened before anything is read: from then on no other run can write."""

    def __init__(self, kafka: Kafka | None) -> None:
        self._kafka = kafka
        self._writer: Writer | None = None

    def __enter__(self) -> Writer | None:
        from rekindle.workbench.dlq.writing import Writer

        if self._kafka is not None:
            self._writer = Writer(self._kafka.servers, self._kafka.options, time.monotonic)
        return self._writer

    def __exit__(self, *error: Any) -> None:
        if self._writer is not None:
            self._writer.__exit__(*error)


def _finish(context: click.Context, summary: Summary, missing: list[str], batch: Batch, dry_run: bool, json_: bool, verb: str) -> None:
    from rekindle.workbench.dlq.way_back import TOLD, Refusal

    if json_:
        as_json(
            {
                "batch": None if dry_run else batch.name, "dry_run": dry_run, "done": dict(summary.done), "total": summary.done.total(),
                "refused": {str(why): count for why, count in summary.refused.items()}, "not_found": missing,
                "letters": [{"key": key, "refused": str(why)} for key, why in summary.told],
            }
        )  # fmt: skip
    else:
        click.echo(f"{'would be ' if dry_run else ''}{verb}: {summary.done.total():,}" + ("" if dry_run else f" (batch {batch.name})"))
        for topic, count in sorted(summary.done.items()):
            if topic != verb:
                click.echo(f"  to {topic}: {count:,}")
        for why, count in summary.refused.most_common():
            click.echo(f"not {verb}, {why}: {count:,} ({TOLD[why]})")
            for key in [key for key, other in summary.told if other is why][:5]:
                click.echo(f"  {key}")
    for key in missing:
        progress(f"no dead letter '{key}'")
    refused = summary.refused.total() - summary.refused[Refusal.SAME_SEND]
    clean = summary.done.total() and not refused and not missing
    context.exit(0 if clean else 1)


def _audited(invocation: Invocation, what: str, wanted: Wanted, now: int) -> Kafka:
    """First: nothing unseen."""
    from jobs.settings import secret
    from rekindle.local.paths import Places
    from rekindle.workbench import audit
    from rekindle.workbench.dlq import told
    from rekindle.workbench.dlq.run import Kafka

    settings = invocation.settings()
    audit.write(Places.under(invocation.state_dir).audit, audit.Entry(now, audit.user(), what, told.selection(wanted)))
    return Kafka(settings.kafka.servers, {key: secret(value) for key, value in settings.kafka.options.items()})


def _wanted(
    keys: tuple[str, ...], stage: str | None, reason: str | None, since: str | None, all_: bool, now: int, state: str | None
) -> Wanted:
    from rekindle.workbench.dlq.book import Wanted

    if all_ == bool(keys or stage or reason or since):
        raise click.UsageError("say which: KEYs, --stage, --reason, --since, or --all" if not all_ else "--all takes no other choice")
    return Wanted(keys, stage, reason, _since(since, now), state)


def _since(text: str | None, now: int) -> int | None:
    from jobs.durations import millis, parse_duration
    from rekindle.workbench.index.rows import instant

    if text is None:
        return None
    try:
        return now - millis(parse_duration(text))
    except ValueError:
        pass
    try:
        return instant(text)
    except ValueError:
        raise click.UsageError(f"--since: '{text}' is neither a time like 2026-03-01T10:30:00Z nor a duration like '2 hours'") from None


def _rate(text: str) -> float:
    number = text.strip().removesuffix("/s").strip()
    try:
        rate = float(number)
    except ValueError:
        rate = 0.0
    if not 0.02 <= rate <= 100_000:
        raise click.UsageError(f"--rate: '{text}' is no rate; give one like 50/s")
    return rate


def _batch(by: str | None, now: int, why: str | None) -> Batch:
    from rekindle.workbench import audit
    from rekindle.workbench.dlq.run import Batch

    stamp = time.strftime("%Y%m%dT%H%M%S", time.gmtime(now / 1000))
    return Batch(f"{stamp}-{secrets.token_hex(2)}", (by or "").strip() or audit.user(), now, why)


def _named(what: str, dry_run: bool, force: bool) -> str:
    return f"dlq {what}" + (" --dry-run" if dry_run else "") + (" --force" if force else "")


def _now() -> int:
    return int(time.time() * 1000)
