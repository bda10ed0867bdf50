"""The same occasion mails once."""

from __future__ import annotations

from jobs.gate.decisions import Refusal, send_evidence
from jobs.gate.facts import Facts
from jobs.gate.reasons import Reason


def check_duplicate(facts: Facts) -> Refusal | None:
    """Refuse when the same occasion was sent before. A physical repeat (same fired_at too) never gets this far.

    One that reached nobody counts too: to send that very mail again is for `rekindle dlq retry`.
    """
    send = facts.earlier_send()
    return None if send is None else Refusal(Reason.DUPLICATE, send_evidence(send))
