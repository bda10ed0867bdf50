"""Mandrill: base64 HMAC-SHA1 of the webhook's URL and the form's fields in the order of their names.

https://mailchimp.com/developer/transactional/guides/track-respond-activity-webhooks/#authenticating-webhook-requests
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime

from connectors.collector.receipts.bodies import form
from connectors.collector.receipts.receipt import UnreadableBodyError
from connectors.collector.signatures.request import BadSignatureError, Check, Request, header, same


def check(keys: Sequence[str], url: str) -> Check:
    """url: exactly as entered at Mandrill; behind a proxy the server itself cannot know it. There is no timestamp."""

    def checked(request: Request, _now: datetime) -> None:
        given = header(request, "x-mandrill-signature")
        try:
            fields = form(request.body, request.headers)
        except UnreadableBodyError:
            raise BadSignatureError("the body is no form, so nothing of it can be signed") from None
        signed = url + "".join(name + value for name in sorted(fields) for value in fields[name])
        made = [base64.b64encode(hmac.new(key.encode(), signed.encode(), hashlib.sha1).digest()).decode() for key in keys]
        if not any(same(one, given) for one in made):
            raise BadSignatureError("the signature is not of this form and URL")

    return checked
