"""It happened while the candidate waited."""

from __future__ import annotations

from jobs.gate.decisions import Refusal, event_evidence
from jobs.gate.facts import Facts
from jobs.gate.reasons import Reason


def check_ordered_since(facts: Facts) -> Refusal | None:
    """Refuse when any event of `cancel_on` has t in (T, D]. Later ones may be known already; they do not count."""
    events = facts.cancels(facts.candidate.cancel_on, facts.candidate.fired_at + 1, facts.at)
    return Refusal(Reason.ORDERED_SINCE, event_evidence(events[0])) if events else None
