"""The same occasion mails once."""

from __future__ import annotations

from jobs.gate.candidates import Candidate
from jobs.gate.decisions import Refusal, send_evidence
from jobs.gate.facts import Facts
from jobs.gate.reasons import Reason


def check_duplicate(candidate: Candidate, facts: Facts, decide_at: int) -> Refusal | None:
    """Refuse when the same trigger_id was sent before. A physical repeat (same fired_at too) never gets this far."""
    send = facts.send_of(candidate.trigger_id, decide_at)
    return None if send is None else Refusal(Reason.DUPLICATE, send_evidence(send))
