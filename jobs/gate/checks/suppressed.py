"""The person, or the address, is on the suppression list."""

from __future__ import annotations

import re

from jobs.gate.decisions import Refusal
from jobs.gate.facts import Facts
from jobs.gate.reasons import Reason
from jobs.gate.state import PersonState

_WORDS = re.compile(r"[A-Za-z0-9 _.:-]{1,64}")


def check_suppressed(facts: Facts) -> Refusal | None:
    """Refuse when a profile as of D has a suppression, whatever the purpose: the person's, a merged one's, or one of the same address."""
    mine = _suppression(facts.state, facts.candidate.person_id, facts.at)
    if mine is not None:
        return Refusal(Reason.SUPPRESSED, {"suppressed": _word(mine)})
    for person, state in facts.neighbours:
        theirs = _suppression(state, person, facts.at)
        if theirs is not None:
            return Refusal(Reason.SUPPRESSED, {"suppressed": _word(theirs), "shared_address": True})
    return None


def _suppression(state: PersonState, person: str, at_ms: int) -> object:
    """Of the person, or of somebody who was merged into them and still has a profile."""
    said = ((state.profile(one, at_ms) or {}).get("suppressed") for one in (person, *state.merged))
    return next((one for one in said if one is not None), None)


def _word(text: object) -> str:
    # the CRM's text is free: one that is not a few plain words may quote an address
    return text if isinstance(text, str) and _WORDS.fullmatch(text) else "other"
