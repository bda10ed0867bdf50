"""Nobody is woken up."""

from __future__ import annotations

from jobs.gate import zones
from jobs.gate.decisions import Refusal
from jobs.gate.facts import Facts
from jobs.gate.hashing import bucket
from jobs.gate.instants import to_text
from jobs.gate.reasons import Reason


def check_quiet(facts: Facts) -> Refusal | None:
    """Hold back what would go out in the person's quiet hours until they end; refuse what would then be too old."""
    quiet = facts.rules.quiet
    end = zones.quiet_until(facts.at, facts.zone, quiet) if quiet.enabled else None
    if end is None:
        return None
    until = end + int(bucket(facts.candidate.person_id, "release") * quiet.spread_ms)  # not everybody at eight sharp
    evidence = {"until": to_text(until), "timezone": facts.zone}
    if until > facts.candidate.expires_at:
        return Refusal(Reason.QUIET_EXPIRED, {"expires_at": to_text(facts.candidate.expires_at), **evidence})
    return Refusal(Reason.HELD, evidence, until)
