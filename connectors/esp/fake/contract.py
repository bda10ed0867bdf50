"""What a webhook receiver insists on, written from the contract and not from our sender: it must not share the sender's mistakes."""

from __future__ import annotations

import json
from collections.abc import Mapping

from connectors.esp.fake.protocol import RefusedError

MAX_BODY = 20 * 1024


def check_webhook(headers: Mapping[str, str], content_type: str, body: bytes) -> tuple[str, str]:
    """Returns (trigger_id, person_id). headers: looked up without regard to case. body: at most MAX_BODY + 1 bytes of it.

    Raises RefusedError.
    """
    if len(body) > MAX_BODY:
        raise RefusedError(413, "too_large")
    if content_type != "application/json":
        raise RefusedError(415, "content_type")
    try:
        root = json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise RefusedError(400, "not_json") from None
    data = root.get("data") if isinstance(root, dict) else None
    if not isinstance(data, dict) or root.get("type") != "trigger.sent" or not isinstance(root.get("timestamp"), str):
        raise RefusedError(422, "shape")
    key, person = data.get("trigger_id"), data.get("person_id")
    if not isinstance(key, str) or not key:
        raise RefusedError(422, "no_trigger_id")
    if not isinstance(person, str) or not person:
        raise RefusedError(422, "no_person_id")
    given = [headers.get(name) for name in ("Idempotency-Key", "webhook-id")]
    if None in given:
        raise RefusedError(400, "no_key")
    if given != [key, key]:
        raise RefusedError(422, "key_mismatch")
    return key, person


def _refuse_constant(name: str) -> None:
    raise ValueError(name)
