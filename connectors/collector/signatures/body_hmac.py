"""MailerSend: hex HMAC-SHA256 of the body.

https://developers.mailersend.com/api/v1/account/webhooks#security
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Sequence
from datetime import datetime

from connectors.collector.signatures.request import BadSignatureError, Check, Request, header, same

PUBLISHED = "test_Am3L1GuOIc4blLUuHqAPxxwkZaJyEk8G"
"""No secret: the key MailerSend publishes, with which it signs the one call before it saves a webhook. Refused, it does not save it."""


def check(secrets: Sequence[str], name: str = "signature", is_test: Callable[[bytes], bool] = lambda body: False) -> Check:
    """secrets: signing secrets; several while one is replaced. is_test: whether the published key opens for this body too.

    Such a body must hold nothing: anybody can sign it. There is no timestamp: a replay is a repeat, which ingest drops.
    """

    def checked(request: Request, _now: datetime) -> None:
        given = header(request, name).strip().lower()
        keys = [*secrets, PUBLISHED] if is_test(request.body) else secrets
        if not any(same(hmac.new(key.encode(), request.body, hashlib.sha256).hexdigest(), given) for key in keys):
            raise BadSignatureError("the signature is not of this body")

    return checked
