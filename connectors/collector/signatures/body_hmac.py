"""MailerSend: hex HMAC-SHA256 of the body.

https://developers.mailersend.com/api/v1/webhooks.html#security
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime

from connectors.collector.signatures.request import BadSignatureError, Check, Request, header, same


def check(secrets: Sequence[str], name: str = "signature") -> Check:
    """secrets: signing secrets; several while one is replaced. There is no timestamp: a replay is a repeat, which ingest drops."""

    def checked(request: Request, _now: datetime) -> None:
        given = header(request, name).strip().lower()
        if not any(same(hmac.new(secret.encode(), request.body, hashlib.sha256).hexdigest(), given) for secret in secrets):
            raise BadSignatureError("the signature is not of this body")

    return checked
