"""Generic JSON webhook: `{"type": "trigger.sent", "timestamp": …, "data": <the triggers row>}`, signed as Standard Webhooks 1.0 says."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from pydantic import Field

from connectors.esp.answers import classify_status
from connectors.esp.options import Name, Options, Secret, is_endpoint
from connectors.esp.protocol import Answer, EndpointError, Meaning, OneByOne, Reason, Request, Send, UnsendableError
from connectors.esp.times import iso

MAX_BODY = 20_000
"""Bytes. The standard says 20 KB; this is under either reading of it."""
_OWN = {"content-type", "content-length", "host", "idempotency-key", "webhook-id", "webhook-timestamp", "webhook-signature"}
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_ID = re.compile(r"[A-Za-z0-9._:+/=-]{1,128}")  # no @, no blanks: an id that could be an address is not kept


class WebhookOptions(Options):
    """url and values of headers may hold secrets anywhere in them."""

    url: Name
    headers: dict[str, str] = Field(default_factory=dict)
    """Extra ones, such as Authorization."""
    signing_keys: list[Secret] = Field(default_factory=list, max_length=2)
    """`whsec_…`; two while a key is being replaced: the receiver may know either."""


class Webhook(OneByOne):
    """Raises EndpointError for a URL, or a header's name or value, that no request could carry."""

    deduplicates = True  # the receiver's duty by Idempotency-Key

    def __init__(self, options: WebhookOptions, read: Callable[[str], str]) -> None:
        self._url, self._headers = read(options.url), {name: read(value) for name, value in options.headers.items()}
        if not is_endpoint(self._url):
            raise EndpointError("url")
        for name, value in self._headers.items():
            if not _HEADER.fullmatch(name) or name.lower() in _OWN or not value.isprintable():
                raise EndpointError("headers")

    def item(self, send: Send) -> bytes:
        # the time of the decision, not of the call: a repeat has the same body; the row as it was written: no number changes
        body = b'{"type":"trigger.sent","timestamp":"%s","data":%s}' % (iso(send.decided_at).encode(), send.raw.strip())
        if len(body) > MAX_BODY:
            raise UnsendableError(Reason.TOO_LARGE)
        return body

    def request(self, sends: Sequence[Send], items: Sequence[bytes], at: datetime) -> Request:
        own = {
            "Content-Type": "application/json",
            "Idempotency-Key": sends[0].trigger_id,
            "webhook-id": sends[0].trigger_id,
            "webhook-timestamp": str(int(at.timestamp())),
        }
        return Request("POST", self._url, {**self._headers, **own}, items[0])

    def answer(self, send: Send, status: int, headers: Mapping[str, str], body: bytes) -> Answer:
        answer = classify_status(status, headers)
        return replace(answer, esp_id=plain_id(body)) if answer.meaning is Meaning.ACCEPTED else answer


def plain_id(body: bytes, name: str = "id") -> str | None:
    """A key of a JSON answer, if its value looks like an id."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return None
    found = answer.get(name) if isinstance(answer, dict) else None
    text = str(found) if isinstance(found, str | int) and not isinstance(found, bool) else ""
    return text if _ID.fullmatch(text) else None
