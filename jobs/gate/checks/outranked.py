"""Of several mails at once the most important goes out."""

from __future__ import annotations

from jobs.gate.decisions import Refusal
from jobs.gate.facts import Facts
from jobs.gate.reasons import Reason


def check_outranked(facts: Facts) -> Refusal | None:
    """Refuse when, together with those sent in the window and those in it that rank higher and would be sent, a cap is full."""
    for cap in facts.caps:
        sends = facts.in_span(cap)
        if len(sends) + len(facts.better_rivals) < cap.limit:
            continue
        inside = next((send for send in sends if send.decided_at >= facts.window_start), None)
        winner = (inside or facts.better_rivals[0]) if inside or facts.better_rivals else None
        if winner is not None:  # a cap of 0 has none, and has refused before
            evidence = {"limit": cap.limit, "per_ms": cap.per_ms, "winner": winner.trigger_id, "winner_trigger": winner.trigger}
            return Refusal(Reason.OUTRANKED, evidence)
    return None
