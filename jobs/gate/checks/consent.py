"""Only who said yes gets mail."""

from __future__ import annotations

from jobs.gate.candidates import Candidate
from jobs.gate.decisions import Refusal, consent_evidence
from jobs.gate.facts import Facts
from jobs.gate.reasons import Reason


def check_consent(candidate: Candidate, facts: Facts, decide_at: int) -> Refusal | None:
    """Refuse unless `purpose` was granted as of T (`no_consent`) and as of D (`consent_withdrawn`). Absent or unreadable = denied."""
    if candidate.transactional:
        return None
    at_fire, at_decision = candidate.consent_as_of_fire, candidate.consent_as_of_decision
    granted_at_fire = at_fire is not None and at_fire.allows
    if granted_at_fire and at_decision is not None and at_decision.allows:
        return None
    evidence = {
        "purpose": candidate.purpose,
        "consent_at_fire": consent_evidence(at_fire),
        "consent_at_decision": consent_evidence(at_decision),
    }
    return Refusal(Reason.CONSENT_WITHDRAWN if granted_at_fire else Reason.NO_CONSENT, evidence)
