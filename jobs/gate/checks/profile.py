"""Nobody to write to."""

from __future__ import annotations

from jobs.gate.decisions import Refusal
from jobs.gate.facts import Facts
from jobs.gate.reasons import Reason


def check_profile(facts: Facts) -> Refusal | None:
    """Refuse without a profile as of D: `erased` if there was one as of T, else `no_profile`."""
    if facts.profile is not None:
        return None
    existed = facts.profile_at_fire is not None
    return Refusal(Reason.ERASED if existed else Reason.NO_PROFILE, {"profile_at_fire": existed, "profile_at_decision": False})
