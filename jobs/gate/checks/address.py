"""Nowhere to write to."""

from __future__ import annotations

from jobs.gate.candidates import Candidate
from jobs.gate.decisions import Refusal
from jobs.gate.facts import Facts
from jobs.gate.reasons import Reason


def check_address(candidate: Candidate, facts: Facts, decide_at: int) -> Refusal | None:
    """Refuse when the profile as of D has no usable address, whether or not the destination needs to be told it."""
    if candidate.address is not None:
        return None
    return Refusal(Reason.NO_ADDRESS, {"address": "unusable" if (candidate.email or "").strip() else "absent"})
