"""Some people get no marketing mail at all, so that there is somebody to compare with."""

from __future__ import annotations

from jobs.gate.decisions import Refusal
from jobs.gate.facts import Facts
from jobs.gate.hashing import bucket
from jobs.gate.reasons import Reason


def check_holdout(facts: Facts) -> Refusal | None:
    """Refuse people whose hash with the experiment's salt falls into the share. The row says who would have been written to."""
    rules = facts.rules
    if facts.candidate.transactional or bucket(facts.candidate.person_id, rules.holdout_salt) >= rules.holdout_share:
        return None
    return Refusal(Reason.HOLDOUT, {"experiment": rules.holdout_salt, "share": rules.holdout_share})
