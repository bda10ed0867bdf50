"""Rows in and out as JSON (semantics.md, section 9). Outgoing rows write every key; times are ISO-8601 UTC with milliseconds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import orjson

from jobs.gate.cancels import CANCEL_FIELDS, CancelEvent
from jobs.gate.candidates import CANDIDATE_FIELDS, Candidate
from jobs.gate.decisions import Decision
from jobs.gate.errors import ContractError
from jobs.gate.instants import normal_text, to_text
from jobs.gate.rows import Field

SCHEMA_VERSION = 1


def read_candidate(row: Mapping[str, object] | str | bytes) -> Candidate:
    """A candidate from an object, or its JSON text, with CANDIDATE_FIELDS as keys; absent = null. Raises: ContractError."""
    return Candidate.from_row(_columns(CANDIDATE_FIELDS, row))


def read_cancel(row: Mapping[str, object] | str | bytes) -> CancelEvent:
    """A cancel event from an object, or its JSON text, with CANCEL_FIELDS as keys. Raises: ContractError."""
    return CancelEvent.from_row(_columns(CANCEL_FIELDS, row))


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
            "variant": None,
            "payload": orjson.Fragment(candidate.payload),  # as the author wrote it: 12.50 stays 12.50
            "fired_at": to_text(candidate.fired_at),
            "decided_at": to_text(decision.decided_at),
            "expires_at": to_text(candidate.expires_at),
            "consent": _proof(candidate),
            "address": candidate.address if candidate.needs_address else None,
            "schema_version": SCHEMA_VERSION,
        }
    )


def _proof(candidate: Candidate) -> dict[str, object] | None:
    """The consent as of D. None only where none is needed: a denial proves nothing."""
    consent = candidate.consent_as_of_decision
    if consent is None or consent.at is None or not consent.allows:
        return None
    return {"version": consent.version, "source": consent.source, "at": normal_text(consent.at)}


def _columns(fields: Sequence[Field], row: Mapping[str, object] | str | bytes) -> list[object]:
    if isinstance(row, str | bytes):
        try:
            row = orjson.loads(row)
        except orjson.JSONDecodeError:
            raise ContractError("", "is not JSON") from None
    if not isinstance(row, Mapping):
        raise ContractError("", "is not an object")
    return [row.get(field.name) for field in fields]


def _text(row: dict[str, object]) -> str:
    return orjson.dumps(row).decode()
