"""An operator has stopped it."""

from __future__ import annotations

from jobs.gate import control
from jobs.gate.decisions import Refusal
from jobs.gate.facts import Facts
from jobs.gate.instants import to_text
from jobs.gate.reasons import Reason


def check_paused(facts: Facts) -> Refusal | None:
    """Refuse while the trigger is paused or its pack muted, as of D."""
    if not facts.changes:
        return None
    change = control.stop(facts.changes, facts.candidate.trigger, facts.candidate.pack)
    return None if change is None else Refusal(Reason.PAUSED, {"control": change.key, "at": to_text(change.at)})
