"""Generic JSON webhook: `{"type": "trigger.sent", "timestamp": …, "data": <the triggers row>}`, signed as Standard Webhooks 1.0 says."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from pydantic import Field

from connectors.esp.answers import classify_status
from connectors.esp.headers import is_header
from connectors.esp.options import Name, Options, Secret, is_endpoint
from connectors.esp.protocol import Answer, EndpointError, Meaning, OneByOne, Reason, Request, Send, UnsendableError
from connectors.esp.signatures import sign, signing_key
from connectors.esp.times import iso
from connectors.esp.wire import plain

MAX_BODY = 20_000
"""Bytes. The standard says 20 KB; this is under either reading of it."""
_OWN = {"content-type", "idempotency-key", "webhook-id", "webhook-timestamp", "webhook-signature"}


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
            if name.lower() in _OWN or not is_header(name, value) or not value.isprintable():
                raise EndpointError("headers")
        self._keys = [signing_key(read(key)) for key in options.signing_keys]

    def item(self, send: Send) -> bytes:
        # the time of the decision, not of the call: a repeat has the same body; the row as it was written: no number changes
        body = b'{"type":"trigger.sent","timestamp":"%s","data":%s}' % (iso(send.decided_at).encode(), send.raw.strip())
        if len(body) > MAX_BODY:
            raise UnsendableError(Reason.TOO_LARGE)
        return body

    def request(self, sends: Sequence[Send], items: Sequence[bytes], at: datetime) -> Request:
        timestamp = int(at.timestamp())
        own = {
            "Content-Type": "application/json",
            "Idempotency-Key": sends[0].trigger_id,
            "webhook-id": sends[0].trigger_id,
            "webhook-timestamp": str(timestamp),
            **({"webhook-signature": sign(self._keys, sends[0].trigger_id, timestamp, items[0])} if self._keys else {}),
        }
        return Request("POST", self._url, {**self._headers, **own}, items[0])

    def answer(self, send: Send, status: int, headers: Mapping[str, str], body: bytes) -> Answer:
        if status == 410:  # the receiver's word for "no more to this URL" (Standard Webhooks): of every send, not of this one
            return Answer(Meaning.CONFIGURATION, Reason.REFUSED)
        answer = classify_status(status, headers)
        return replace(answer, esp_id=plain_id(body)) if answer.meaning is Meaning.ACCEPTED else answer


def plain_id(body: bytes, name: str = "id") -> str | None:
    """A key of a JSON answer, if its value looks like an id."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return plain(answer.get(name)) if isinstance(answer, dict) else None
