"""The person, or the address, is on the suppression list."""

from __future__ import annotations

import re

from jobs.gate.decisions import Refusal
from jobs.gate.facts import Facts
from jobs.gate.reasons import Reason

_WORDS = re.compile(r"[A-Za-z0-9 _.:-]{1,64}")


def check_suppressed(facts: Facts) -> Refusal | None:
    """Refuse when a profile as of D has a suppression, whatever the purpose: the person's, a merged one's, or one of the same address."""
    mine = (facts.profile or {}).get("suppressed")
    if mine is None:
        mine = next((theirs["suppressed"] for _, theirs in facts.merged_profiles(facts.at) if theirs.get("suppressed") is not None), None)
    if mine is not None:
        return Refusal(Reason.SUPPRESSED, {"suppressed": _word(mine)})
    for person, state in facts.neighbours:
        theirs = (state.profile(person, facts.at)[1] or {}).get("suppressed")
        if theirs is not None:
            return Refusal(Reason.SUPPRESSED, {"suppressed": _word(theirs), "shared_address": True})
    return None


def _word(text: object) -> str:
    # the CRM's text is free: one that is not a few plain words may quote an address
    return text if isinstance(text, str) and _WORDS.fullmatch(text) else "other"
