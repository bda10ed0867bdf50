"""Amazon SNS: an RSA signature by a certificate that lies at an SNS host, and a topic that is ours.

https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from urllib.parse import urlsplit

from connectors.collector.receipts.reading import json_or_none
from connectors.collector.signatures.request import BadSignatureError, Check, Request

_HOST = re.compile(r"sns\.[a-z]{2}(?:-[a-z]+)+-[0-9]\.amazonaws\.com(?:\.cn)?")
_NOTIFICATION = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
_CONTROL = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
_MOST_CERTIFICATES = 16

Fetch = Callable[[str], bytes]
"""URL → what lies there. Bounded in time and size, follows no redirect. Raises: OSError."""


def check(topics: Collection[str], fetch: Fetch) -> Check:
    """topics: the ARNs that are ours: anybody can have SNS sign a message of their own topic.

    No skew: a message keeps its time of publication however often SNS tries to deliver it. A replay is a repeat, which ingest drops.
    """
    certificates: dict[str, bytes] = {}

    def certificate(url: str) -> bytes:
        if url not in certificates:
            content = fetch(url)
            if len(certificates) >= _MOST_CERTIFICATES:
                certificates.clear()
            certificates[url] = content
        return certificates[url]

    def checked(request: Request, _now: datetime) -> None:
        message = json_or_none(request.body)
        if not isinstance(message, dict):
            raise BadSignatureError("the body is no SNS message")
        if message.get("TopicArn") not in topics:
            raise BadSignatureError("the topic is not ours")
        url = message.get("SigningCertURL")
        if not isinstance(url, str) or not is_of_sns(url) or not urlsplit(url).path.endswith(".pem"):
            raise BadSignatureError("the certificate does not lie at an SNS host")
        try:
            content = certificate(url)
        except OSError:
            raise BadSignatureError("the certificate could not be fetched") from None
        _verify(message, content)

    return checked


def is_of_sns(url: str) -> bool:
    """Whether a URL leads to an SNS endpoint over https and nowhere else."""
    try:
        parts = urlsplit(url)
        odd = parts.username or parts.password or parts.port not in {None, 443} or "\\" in url or url != url.strip()
    except ValueError:
        return False
    return not odd and parts.scheme == "https" and _HOST.fullmatch(parts.netloc.removesuffix(":443")) is not None


def _verify(message: Mapping[str, object], content: bytes) -> None:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.hashes import SHA1, SHA256
    from cryptography.x509 import load_pem_x509_certificate

    names = _NOTIFICATION if message.get("Type") == "Notification" else _CONTROL
    signed = "".join(f"{name}\n{message[name]}\n" for name in names if isinstance(message.get(name), str))
    digest = {"1": SHA1, "2": SHA256}.get(str(message.get("SignatureVersion")))
    if digest is None:
        raise BadSignatureError("the signature is of no known version")
    try:
        signature = base64.b64decode(str(message.get("Signature")), validate=True)
        key = load_pem_x509_certificate(content).public_key()
        if not isinstance(key, RSAPublicKey):
            raise BadSignatureError("the certificate has no RSA key")
        key.verify(signature, signed.encode("utf-8", "surrogatepass"), PKCS1v15(), digest())
    except InvalidSignature:
        raise BadSignatureError("the signature is not of this message") from None
    except ValueError:
        raise BadSignatureError("the signature or its certificate cannot be read") from None
