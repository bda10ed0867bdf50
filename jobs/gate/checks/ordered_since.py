"""It happened while the candidate waited."""

from __future__ import annotations

from jobs.gate.candidates import Candidate
from jobs.gate.decisions import Refusal, event_evidence
from jobs.gate.facts import Facts
from jobs.gate.reasons import Reason


def check_ordered_since(candidate: Candidate, facts: Facts, decide_at: int) -> Refusal | None:
    """Refuse when any event of `cancel_on` has t in (T, D]. Later ones may be known already; they do not count."""
    events = facts.cancels(candidate.cancel_on, candidate.fired_at + 1, decide_at, decide_at)
    return Refusal(Reason.ORDERED_SINCE, event_evidence(events[0])) if events else None
