"""Signatures of webhooks, as Standard Webhooks 1.0 says: `v1,<base64 of HMAC-SHA256 over id.timestamp.body>`, one for each key."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Sequence

from connectors.esp.protocol import EndpointError

PREFIX = "whsec_"
SHORTEST, LONGEST = 24, 64
"""Bytes of a key."""


def signing_key(text: str) -> bytes:
    """`whsec_` and base64 → the key. Raises EndpointError for anything else: a receiver would refuse every call."""
    try:
        key = base64.b64decode(text.strip().removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise EndpointError("signing_keys") from None
    if not text.strip().startswith(PREFIX) or not SHORTEST <= len(key) <= LONGEST:
        raise EndpointError("signing_keys")
    return key


def sign(keys: Sequence[bytes], message_id: str, timestamp: int, body: bytes) -> str:
    """Value of `webhook-signature`. timestamp: seconds since 1970, as in `webhook-timestamp`."""
    signed = b"%s.%d.%s" % (message_id.encode(), timestamp, body)
    return " ".join("v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode("ascii") for key in keys)
