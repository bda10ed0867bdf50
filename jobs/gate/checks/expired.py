"""Too old to be of use."""

from __future__ import annotations

from jobs.gate.decisions import Refusal
from jobs.gate.facts import Facts
from jobs.gate.instants import to_text
from jobs.gate.reasons import Reason


def check_expired(facts: Facts) -> Refusal | None:
    """Refuse when D lies after `expires_at` (T + max_age)."""
    if facts.at <= facts.candidate.expires_at:
        return None
    return Refusal(Reason.EXPIRED, {"expires_at": to_text(facts.candidate.expires_at)})
