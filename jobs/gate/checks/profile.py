"""Nobody to write to."""

from __future__ import annotations

from jobs.gate.candidates import Candidate
from jobs.gate.decisions import Refusal
from jobs.gate.facts import Facts
from jobs.gate.reasons import Reason


def check_profile(candidate: Candidate, facts: Facts, decide_at: int) -> Refusal | None:
    """Refuse without a profile as of D: `erased` if there was one as of T, else `no_profile`."""
    if candidate.profile_found:
        return None
    reason = Reason.ERASED if candidate.profile_at_fire else Reason.NO_PROFILE
    return Refusal(reason, {"profile_at_fire": candidate.profile_at_fire, "profile_at_decision": False})
