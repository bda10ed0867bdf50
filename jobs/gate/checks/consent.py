"""Only who said yes gets mail."""

from __future__ import annotations

from jobs.gate.decisions import Refusal, consent_evidence
from jobs.gate.facts import Facts
from jobs.gate.reasons import Reason


def check_consent(facts: Facts) -> Refusal | None:
    """Refuse unless `purpose` was granted as of T (`no_consent`) and as of D (`consent_withdrawn`). Absent or unreadable = denied."""
    one = facts.candidate
    if one.transactional:
        return None
    at_fire, whose_at_fire = facts.consent(one.fired_at, facts.profile_at_fire)
    at_decision, whose = facts.consent(facts.at, facts.profile)
    granted_at_fire = at_fire is not None and at_fire.allows
    if granted_at_fire and whose_at_fire is None and at_decision is not None and at_decision.allows and whose is None:
        return None
    granted_at_fire = granted_at_fire and whose_at_fire is None
    evidence: dict[str, object] = {
        "purpose": one.purpose,
        "consent_at_fire": consent_evidence(at_fire),
        "consent_at_decision": consent_evidence(at_decision),
    }
    merged = whose if granted_at_fire else whose_at_fire
    if merged is not None:
        evidence["merged"] = merged
    return Refusal(Reason.CONSENT_WITHDRAWN if granted_at_fire else Reason.NO_CONSENT, evidence)
