"""A receiver of Standard Webhooks: `/webhook`, for several destinations `/webhook/<name>`; `/webhook/signed…` insists on signatures."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence
from datetime import timedelta

from connectors.esp.fake.contract import MAX_BODY, check_webhook
from connectors.esp.fake.protocol import Call, Fate, Item, Plain, RefusedError, Reply, Taken, json_reply

SIGNING_KEY = "whsec_" + base64.b64encode(b"the key of the fake receiver").decode("ascii")
_SKEW = 300
"""Seconds."""


class WebhookReceiver(Plain):
    """Remembers every key for ever."""

    max_body = MAX_BODY
    remembers = timedelta.max

    def read(self, call: Call) -> Taken:
        if call.path.startswith("/signed"):
            _check_signature(call)
        key, person = check_webhook(call.headers, call.content_type, call.body)
        return Taken([Item(key, person)], _answer)

    def refuse(self, status: int, why: str) -> Reply:
        return json_reply(status, {"error": why})


def _answer(fates: Sequence[Fate]) -> Reply:
    return json_reply(200, {"id": f"fake-{fates[0].number}", "status": fates[0].verdict})


def _check_signature(call: Call) -> None:
    """Over the bytes as they came, before anything is read from them."""
    stamp = call.headers.get("webhook-timestamp", "")
    if not stamp.isdigit() or abs(call.now - int(stamp)) > _SKEW:
        raise RefusedError(401, "timestamp")
    signed = f"{call.headers.get('webhook-id')}.{stamp}.".encode() + call.body
    made = hmac.new(base64.b64decode(SIGNING_KEY.removeprefix("whsec_")), signed, hashlib.sha256).digest()
    expected = "v1," + base64.b64encode(made).decode("ascii")
    if not any(hmac.compare_digest(one, expected) for one in call.headers.get("webhook-signature", "").split(" ")):
        raise RefusedError(401, "signature")
