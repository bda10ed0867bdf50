"""Nowhere to write to."""

from __future__ import annotations

from jobs.gate.decisions import Refusal
from jobs.gate.facts import Facts
from jobs.gate.reasons import Reason


def check_address(facts: Facts) -> Refusal | None:
    """Refuse when the profile as of D has no usable address, whether or not the destination needs to be told it."""
    if facts.address is not None:
        return None
    given = ((facts.profile or {}).get("email") or "").strip()
    return Refusal(Reason.NO_ADDRESS, {"address": "unusable" if given else "absent"})
