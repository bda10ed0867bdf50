"""SendGrid's signed event webhook: ECDSA P-256/SHA-256 over timestamp and body.

https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import datetime

from connectors.collector.signatures.request import BadSignatureError, Check, Request, header, require_recent

_SIGNATURE = "x-twilio-email-event-webhook-signature"
_TIMESTAMP = "x-twilio-email-event-webhook-timestamp"


def check(keys: Sequence[str]) -> Check:
    """keys: public keys in base64 DER, as SendGrid shows them; several while one is replaced. Raises ValueError when one is no such key."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    loaded = [load_der_public_key(base64.b64decode(key)) for key in keys]
    public = [key for key in loaded if isinstance(key, ec.EllipticCurvePublicKey)]
    if len(public) < len(loaded):
        raise ValueError("expected an elliptic-curve public key")

    def checked(request: Request, now: datetime) -> None:
        timestamp = header(request, _TIMESTAMP)
        require_recent(timestamp, now)
        try:
            signature = base64.b64decode(header(request, _SIGNATURE), validate=True)
        except ValueError:
            raise BadSignatureError("the signature is no base64") from None
        for key in public:
            try:
                key.verify(signature, timestamp.encode() + request.body, ec.ECDSA(SHA256()))
            except InvalidSignature:
                continue
            return
        raise BadSignatureError("the signature is not of this body")

    return checked
