"""The same trigger leaves a person alone for a while."""

from __future__ import annotations

from jobs.gate.decisions import Refusal, send_evidence
from jobs.gate.facts import Facts
from jobs.gate.reasons import Reason


def check_cooldown(facts: Facts) -> Refusal | None:
    """Refuse when this trigger was sent to this person with decided_at in (D − cooldown, D]."""
    last = facts.last_send()
    return None if last is None else Refusal(Reason.COOLDOWN, send_evidence(last))
