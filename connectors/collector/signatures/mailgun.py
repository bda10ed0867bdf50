"""Mailgun: hex HMAC-SHA256 of timestamp and token. It does not cover the body, so that a token may count once only.

https://documentation.mailgun.com/docs/mailgun/user-manual/events/webhooks#securing-webhooks
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime

from connectors.collector.receipts.bodies import form, is_json, json_document
from connectors.collector.receipts.reading import at, text
from connectors.collector.receipts.receipt import UnreadableBodyError
from connectors.collector.signatures.request import BadSignatureError, Check, Request, require_recent, same


def check(keys: Sequence[str]) -> Check:
    """keys: HTTP webhook signing keys; several while one is replaced."""

    def checked(request: Request, now: datetime) -> str:
        timestamp, token, signature = _parts(request)
        require_recent(timestamp, now)
        for key in keys:
            if same(hmac.new(key.encode(), (timestamp + token).encode(), hashlib.sha256).hexdigest(), signature):
                return token
        raise BadSignatureError("the signature is not of this timestamp and token")

    return checked


def _parts(request: Request) -> tuple[str, str, str]:
    # these three are read before they are believed: there is nowhere else to find them
    try:
        if is_json(request.body):
            document = json_document(request.body)
            inside = at(document, "signature")
            found = [text(at(inside if isinstance(inside, dict) else document, key)) for key in ("timestamp", "token", "signature")]
        else:
            fields = form(request.body, request.headers)
            found = [fields.get(key, [""])[0] for key in ("timestamp", "token", "signature")]
    except UnreadableBodyError:
        found = []
    timestamp, token, signature = (*(one or "" for one in found), "", "", "")[:3]
    if not (timestamp and token and signature):
        raise BadSignatureError("no timestamp, token and signature")
    return timestamp, token, signature
