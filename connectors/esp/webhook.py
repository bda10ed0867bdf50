"""Generic JSON webhook: `{"type": "trigger.sent", "timestamp": …, "data": <the triggers row>}`, id in two headers.

Form and header names follow Standard Webhooks 1.0; signatures are not made yet.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from connectors.esp.answers import classify_status
from connectors.esp.protocol import Answer, EndpointError, Meaning, Reason, Request, Send, UnsendableError

MAX_BODY = 20_000
"""Bytes. The standard says 20 KB; this is under either reading of it."""
_OWN = {"content-type", "content-length", "host", "idempotency-key", "webhook-id", "webhook-timestamp"}
_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_ID = re.compile(r"[A-Za-z0-9._:+/=-]{1,128}")  # no @, no blanks: an id that could be an address is not kept


class Webhook:
    """headers: extra ones, secrets already read. Raises EndpointError for a name or value no request could carry."""

    deduplicates = True  # the receiver's duty by Idempotency-Key

    def __init__(self, url: str, headers: Mapping[str, str]) -> None:
        for name, value in headers.items():
            if not _NAME.fullmatch(name) or name.lower() in _OWN or not value.isprintable():
                raise EndpointError("headers")
        self._url, self._headers = url, dict(headers)

    def request(self, send: Send, at: datetime) -> Request:
        # the time of the decision, not of the call: a repeat has the same body
        timestamp = send.decided_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        # the row as it was written, so that no number changes on its way through Python
        body = b'{"type":"trigger.sent","timestamp":"%s","data":%s}' % (timestamp.encode(), send.raw.strip())
        if len(body) > MAX_BODY:
            raise UnsendableError(Reason.TOO_LARGE)
        own = {
            "Content-Type": "application/json",
            "Idempotency-Key": send.trigger_id,
            "webhook-id": send.trigger_id,
            "webhook-timestamp": str(int(at.timestamp())),
        }
        return Request("POST", self._url, {**self._headers, **own}, body)

    def classify(self, status: int, headers: Mapping[str, str], body: bytes) -> Answer:
        answer = classify_status(status, headers)
        return replace(answer, esp_id=_esp_id(body)) if answer.meaning is Meaning.ACCEPTED else answer


def _esp_id(body: bytes) -> str | None:
    """`id` of a JSON answer, if it looks like one."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return None
    found = answer.get("id") if isinstance(answer, dict) else None
    text = str(found) if isinstance(found, str | int) and not isinstance(found, bool) else ""
    return text if _ID.fullmatch(text) else None
