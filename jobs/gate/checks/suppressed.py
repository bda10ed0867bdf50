"""The person is on the suppression list."""

from __future__ import annotations

import re

from jobs.gate.candidates import Candidate
from jobs.gate.decisions import Refusal
from jobs.gate.facts import Facts
from jobs.gate.reasons import Reason

_WORDS = re.compile(r"[A-Za-z0-9 _.:-]{1,64}")


def check_suppressed(candidate: Candidate, facts: Facts, decide_at: int) -> Refusal | None:
    """Refuse when the profile as of D has a suppression, whatever the purpose."""
    if candidate.suppressed is None:
        return None
    # the CRM's text is free: one that is not a few plain words may quote an address
    return Refusal(Reason.SUPPRESSED, {"suppressed": candidate.suppressed if _WORDS.fullmatch(candidate.suppressed) else "other"})
