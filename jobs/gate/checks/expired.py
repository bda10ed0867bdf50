"""Too old to be of use."""

from __future__ import annotations

from jobs.gate.candidates import Candidate
from jobs.gate.decisions import Refusal
from jobs.gate.facts import Facts
from jobs.gate.instants import to_text
from jobs.gate.reasons import Reason


def check_expired(candidate: Candidate, facts: Facts, decide_at: int) -> Refusal | None:
    """Refuse when D lies after `expires_at` (T + max_age)."""
    if decide_at <= candidate.expires_at:
        return None
    return Refusal(Reason.EXPIRED, {"expires_at": to_text(candidate.expires_at)})
