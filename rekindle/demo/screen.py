"""What the demo says: steps on stderr while it works, tables on stdout at its end."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import click
from rich.console import Console
from rich.status import Status

from rekindle.cli.output import table
from rekindle.demo.tally import Key, Tally
from rekindle.local.stack import Stack

WORDS = {
    "sent": "sent",
    "ordered": "ordered before it was due",
    "cancelled": "went on shopping elsewhere before it was due",
    "ordered_since": "ordered in the last moment before the mail",
    "no_profile": "nobody knows who this is",
    "erased": "erased in the last moment before the mail",
    "no_address": "has no e-mail address",
    "no_consent": "never agreed to such mail",
    "consent_withdrawn": "withdrew consent in the last moment before the mail",
    "suppressed": "is on the suppression list",
    "cooldown": "got this mail within the last 24 hours",
    "capped": "got another mail within the last 24 hours",
    "outranked": "gets a more important mail at the same time",
    "held": "is asleep: it waits for the morning",
    "quiet_expired": "is asleep, and in the morning it is of no use",
    "holdout": "is in the group that gets no mail, to compare with",
    "paused": "an operator has stopped it",
    "expired": "too old to be of use",
    "duplicate": "was sent before",
    "not_json": "is not JSON",
    "not_object": "is JSON, but no object",
    "no_identity": "names neither a device nor a person",
    "no_event": "names no event",
    "no_time": "has a time nobody can read",
    "too_large": "is longer than 256 KiB",
    "id_collision": "has the messageId of another event",
}
_LINES = 8
_EXAMPLES = ("cart_abandoned", "browse_abandoned")


class Screen:
    """started: `time.monotonic()` when the demo was."""

    def __init__(self, started: float) -> None:
        self._started = started
        self._console = Console(stderr=True, highlight=False)
        self._status: Status | None = None

    def step(self, text: str) -> None:
        """Something is done."""
        self._console.print(f"{time.monotonic() - self._started:6.1f} s  {text}", soft_wrap=True, markup=False)

    def waiting(self, text: str) -> None:
        """What is being waited for; shown on a terminal only."""
        if self._console.is_terminal:
            if self._status is None:
                self._status = self._console.status("")
                self._status.start()
            self._status.update(f"{time.monotonic() - self._started:.0f} s  {text}")

    def quiet(self) -> None:
        """Ends the waiting line."""
        if self._status is not None:
            self._status.stop()
            self._status = None

    def result(self, tally: Tally, stack: Stack) -> None:
        """The tables."""
        self.quiet()
        reasons = sorted(tally.reasons().items(), key=lambda item: (item[0][0], item[0][1] != "sent", -item[1]))
        click.echo("\nWhat fell due, and what became of it\n")
        table(
            ("trigger", "candidates", "decision", "because the person"),
            [
                (trigger, count, "sent" if reason == "sent" else "not sent", "" if reason == "sent" else WORDS.get(reason, reason))
                for (trigger, reason), count in reasons
            ],
        )
        click.echo("\nSome of them\n")
        chosen = list(examples(tally))
        table(("person", "trigger", "about", "due", "decision"), [example_row(tally, key) for key in chosen])
        if chosen:
            click.echo(f"\nIn full, for any of them, while this runs (and after, if the cluster stays up): rekindle why {chosen[-1][1]}")
        click.echo("\nLines that could not be used (topic dead_letters)\n")
        lines = Counter(tally.dead_letters.values()).most_common()
        table(("reason", "lines", "the line"), [(reason, count, WORDS.get(reason, reason)) for reason, count in lines])
        click.echo(f"\n{len(tally.events)} events, {len(tally.accepted())} sends at the fake e-mail platform ({stack.esp_url}/ledger)")

    def places(self, stack: Stack) -> None:
        """Where to look further."""
        click.echo(f"Flink's web UI: {stack.flink_url}\nKafka: {stack.kafka_servers}\nlogs: {stack.places.logs}")

    def missing(self, lines: Sequence[str]) -> None:
        """What is not as it should be; nothing when all is."""
        if lines:
            more = f" … and {len(lines) - _LINES} more" if len(lines) > _LINES else ""
            self._console.print(f"error: {'; '.join(lines[:_LINES])}{more}", soft_wrap=True, markup=False)

    def decision(self, tally: Tally, key: Key) -> None:
        """One line for a decision as it comes."""
        person, trigger, about, due, decision = example_row(tally, key)
        click.echo(f"{due}  {person}: {trigger} about {about}: {decision}")

    def line(self, summary: dict[str, Any]) -> None:
        """The last line of `--json`."""
        click.echo(json.dumps(summary))


def examples(tally: Tally) -> Iterator[Key]:
    """Of each trigger and reason the first to fall due, most telling first."""
    seen: set[tuple[str, str]] = set()
    ordered = sorted(tally.decisions.items(), key=lambda item: (_EXAMPLES.index(item[0][0]) if item[0][0] in _EXAMPLES else 9, item[0][2]))
    for key, row in ordered:
        kind = (row["trigger"] if row["reason"] == "sent" else "", row["reason"])
        if kind not in seen:
            seen.add(kind)
            yield key


def example_row(tally: Tally, key: Key) -> tuple[str, str, str, str, str]:
    """Person, trigger, what it is about, when it was due, what was decided. No address anywhere."""
    trigger, person, fired_at = key
    reason = tally.decisions[key]["reason"]
    about = about_what(tally.candidates.get(key, {}).get("payload") or "{}")
    return person, trigger, about, fired_at[11:19], "sent" if reason == "sent" else f"not sent: {WORDS.get(reason, reason)}"


def about_what(payload: str) -> str:
    """A payload in few words: the items of a cart, or the product that was looked at last."""
    found = json.loads(payload)
    if "items" in found:
        names = [f"{item['quantity']} × {item['name'] or item['product_id']}" for item in found["items"]]
        return ", ".join(names[:2]) + (f" and {len(names) - 2} more" if len(names) > 2 else "")
    return f"product {found.get('product_id', '?')}"
