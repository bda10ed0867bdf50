"""`rekindle reconcile`: reads five topics as of now and draws up the account; and how it is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from connectors.kafka_scan import Scan
from connectors.topics import TOPICS
from jobs.durations import millis
from jobs.errors import RunError
from jobs.gate.instants import to_text
from rekindle.workbench.reconcile import facts
from rekindle.workbench.reconcile.account import ENDS, MISSING, Break, Finding, Window
from rekindle.workbench.reconcile.ledger import Account, Ledger

KEPT_MS = millis(TOPICS["triggers"].retention)
"""What is older may have left `triggers`, and cannot be accounted for."""
COLUMNS = ("destination", "triggers", *(word.replace("_", " ") for word in ENDS))
_TELL_EVERY = 500_000

TOLD: Mapping[Break, str] = {
    Break.NO_OUTCOME: "no final outcome, though its expires_at has passed",
    Break.TWO_OUTCOMES: "ended in two ways",
    Break.AFTER_CANCEL: "accepted though a cancel was known before the call began",
    Break.AFTER_EXPIRY: "called after expires_at, and accepted",
    Break.NEVER_SENT: "an outcome or a dead letter of a send that is not in triggers",
    Break.NO_TRIGGER: "decided `sent`, but not in triggers",
    Break.NO_DECISION: "in triggers, but never decided `sent`",
    Break.NO_LETTER: "dead or unknown, without a dead letter",
    Break.NO_END: "a dead letter, without an outcome dead or unknown",
    Break.UNREADABLE: "a row of triggers that is no send, without a dead letter",
}


def reconcile(scan: Scan, window: Window, limit: int, report: Callable[[str], None]) -> Account:
    """Raises: RunError when there are no topics; KafkaScanError."""
    span = scan.span(facts.TOPICS)
    if not any(topic == "triggers" for topic, _ in span):
        raise RunError("there is no topic triggers", "run `rekindle topics create`")
    read = 0
    with Ledger() as ledger:
        for topic in facts.TOPICS:
            for record in scan.read({where: place for where, place in span.items() if where[0] == topic}):
                read += 1
                if read % _TELL_EVERY == 0:
                    report(f"  {read:,} records read")
                place = facts.place_of_unreadable(record)
                if place is not None:
                    ledger.letter_of(*place)
                try:
                    fact = facts.read(record)
                except facts.UnreadableError:
                    ledger.unreadable(record.partition, record.offset, record.at)
                    continue
                if fact is None:
                    continue
                if topic == "triggers" and ledger.has_letter(record.partition, record.offset):
                    fact = fact._replace(word="unreadable")
                ledger.add(fact)
        report(f"  {read:,} records read; drawing up the account")
        return ledger.draw_up(window, limit)


def document(account: Account, window: Window) -> dict[str, Any]:
    """For machines."""
    return {
        "from": to_text(window.first), "to": to_text(window.last), "clean": account.clean, "triggers": account.triggers,
        "total": _ends(account.total()), "destinations": {name: _ends(ends) for name, ends in sorted(account.ends.items())},
        "breaks": {str(kind): count for kind, count in sorted(account.breaks.items())},
        "findings": [
            {"kind": str(one.kind), "trigger_id": one.trigger_id, "destination": one.destination or None, "detail": sentence(one)}
            for one in account.findings
        ],
    }  # fmt: skip


def rows(account: Account) -> list[tuple[object, ...]]:
    """Under COLUMNS, by destination, the total last."""
    named = [*sorted(account.ends.items()), ("total", account.total())]
    return [(name, sum(ends.values()), *(ends[word] for word in ENDS)) for name, ends in named]


def equation(account: Account) -> str:
    """`triggers 10 = accepted 8 + … + in flight 1`, or by how much it is not so."""
    total = account.total()
    parts = " + ".join(f"{word.replace('_', ' ')} {total[word]:,}" for word in ENDS if word != MISSING)
    missing = f"; {total[MISSING]:,} without an end" if total[MISSING] else ""
    return f"triggers {sum(total.values()):,} {'≠' if missing else '='} {parts}{missing}"


def sentence(finding: Finding) -> str:
    """What is wrong."""
    return TOLD[finding.kind] + (f": {finding.detail}" if finding.detail else "")


def _ends(ends: Mapping[str, int]) -> dict[str, int]:
    return {"triggers": sum(ends.values())} | {word: ends.get(word, 0) for word in ENDS}
