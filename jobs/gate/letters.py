"""Dead letters of the gate: rows that break their contract."""

from __future__ import annotations

import base64

import orjson

from jobs.gate.errors import ContractError
from jobs.gate.inbox import Input
from jobs.gate.instants import to_text

_TOPICS = {
    "candidate": "trigger_candidates",
    "cancel": "events",
    "profile": "profiles",
    "outcome": "delivery_outcomes",
    "control": "control",
}


def dead_letter(row: Input, error: ContractError, at_ms: int) -> tuple[str, str, str]:
    """(topic, key, value). Its origin is not known here, so its key is the person it names. at_ms: of the row, epoch ms."""
    body = {
        "stage": "gate",
        "reason": "bad_contract",
        "raw": base64.b64encode(row.body.encode()).decode(),
        "topic": _TOPICS.get(row.kind, "identities"),
        "partition": None,
        "offset": None,
        "failed_at": to_text(at_ms),
        "attempts": 1,
        "detail": str(error),
    }
    return "dead_letters", row.person_id, orjson.dumps(body).decode()
