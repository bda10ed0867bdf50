"""Rows out as JSON (semantics.md, section 9). They write every key; times are ISO-8601 UTC with milliseconds."""

from __future__ import annotations

import orjson

from jobs.gate.decisions import Decision
from jobs.gate.instants import normal_text, to_text

SCHEMA_VERSION = 1


def decision_row(decision: Decision) -> str:
    """One value of `trigger_decisions`."""
    candidate = decision.candidate
    return _text(
        {
            "trigger_id": candidate.trigger_id,
            "trigger": candidate.trigger,
            "version": candidate.version,
            "person_id": candidate.person_id,
            "verdict": decision.verdict.value,
            "reason": decision.reason.value,
            "fired_at": to_text(candidate.fired_at),
            "decided_at": to_text(decision.decided_at),
            "variant": decision.variant,
            "evidence": decision.evidence,
        }
    )


def trigger_row(decision: Decision) -> str:
    """One value of `triggers`. Raises: ValueError if the decision is not `sent` (the caller's fault)."""
    if not decision.sent:
        raise ValueError(f"decision '{decision.reason}' is no send")
    candidate = decision.candidate
    return _text(
        {
            "trigger_id": candidate.trigger_id,
            "trigger": candidate.trigger,
            "version": candidate.version,
            "person_id": candidate.person_id,
            "destination": candidate.destination,
            "template": candidate.template,
            "purpose": candidate.purpose,
            "variant": decision.variant,
            "payload": orjson.Fragment(candidate.payload),  # as the author wrote it: 12.50 stays 12.50
            "fired_at": to_text(candidate.fired_at),
            "decided_at": to_text(decision.decided_at),
            "expires_at": to_text(candidate.expires_at),
            "consent": _proof(decision),
            "address": decision.address if candidate.needs_address else None,
            "schema_version": SCHEMA_VERSION,
        }
    )


def _proof(decision: Decision) -> dict[str, object] | None:
    """The consent as of D. None only where none is needed: a denial proves nothing."""
    consent = decision.consent
    if consent is None or consent.at is None or not consent.allows:
        return None
    return {"version": consent.version, "source": consent.source, "at": normal_text(consent.at)}


def _text(row: dict[str, object]) -> str:
    return orjson.dumps(row).decode()
