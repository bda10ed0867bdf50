"""Standard Webhooks 1.0, which Svix (Resend) and generic senders use: HMAC-SHA256 of `id.timestamp.body`.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime

from connectors.collector.signatures.request import BadSignatureError, Check, Request, header, require_recent, same


def check(secrets: Sequence[str], prefix: str = "webhook") -> Check:
    """secrets: `whsec_` and base64; several while one is replaced. prefix: of the three headers, `svix` for Resend.

    Raises ValueError when a secret is no base64.
    """
    keys = [base64.b64decode(secret.removeprefix("whsec_"), validate=True) for secret in secrets]

    def checked(request: Request, now: datetime) -> None:
        # Svix's own senders may use either name
        used = prefix if f"{prefix}-id" in request.headers else "webhook"
        identity, timestamp = header(request, f"{used}-id"), header(request, f"{used}-timestamp")
        require_recent(timestamp, now)
        signed = f"{identity}.{timestamp}.".encode() + request.body
        given = [one.partition(",")[2] for one in header(request, f"{used}-signature").split() if one.startswith("v1,")]
        made = [base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode() for key in keys]
        if not any(same(one, other) for one in made for other in given[:10]):
            raise BadSignatureError("the signature is not of this body")

    return checked
