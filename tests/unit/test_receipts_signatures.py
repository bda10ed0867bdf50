"""Who may post receipts: signatures of each provider, tampering, age, rotation."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from connectors.collector.receipts.registry import PROVIDERS
from connectors.collector.receivers import Receiver, check_of
from connectors.collector.signatures import body_hmac, ecdsa, mailgun, mandrill, shared_secret, sns, standard_webhooks
from connectors.collector.signatures.confirming import subscribe_url
from connectors.collector.signatures.request import BadSignatureError, Check, Request

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SECONDS = str(int(NOW.timestamp()))
BODY = b'[{"event":"delivered","email":"a@example.com"}]'
SIGNING = ec.generate_private_key(ec.SECP256R1())
OTHER = ec.generate_private_key(ec.SECP256R1())
SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef01234567").decode()
URL = "https://shop.example/receipts/mandrill"
FORM = urlencode({"mandrill_events": "[]", "a": "1"}).encode()
TOPIC = "arn:aws:sns:eu-west-1:123456789012:ses"
CERTIFICATE = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123.pem"


def public(key: ec.EllipticCurvePrivateKey) -> str:
    return base64.b64encode(key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()


def sendgrid_call() -> Request:
    signature = SIGNING.sign(SECONDS.encode() + BODY, ec.ECDSA(SHA256()))
    name = "x-twilio-email-event-webhook-"
    return Request(BODY, {f"{name}signature": base64.b64encode(signature).decode(), f"{name}timestamp": SECONDS})


def mailgun_call(at: str = SECONDS, token: str = "t0ken", key: str = "key") -> Request:
    signature = hmac.new(key.encode(), (at + token).encode(), hashlib.sha256).hexdigest()
    return Request(json.dumps({"signature": {"timestamp": at, "token": token, "signature": signature}, "event-data": {}}).encode())


def svix_call(prefix: str = "svix") -> Request:
    made = hmac.new(b"0123456789abcdef01234567", f"msg_1.{SECONDS}.".encode() + BODY, hashlib.sha256).digest()
    signature = "v1,AAAA v1a,x v1," + base64.b64encode(made).decode()
    return Request(BODY, {f"{prefix}-id": "msg_1", f"{prefix}-timestamp": SECONDS, f"{prefix}-signature": signature})


def mailersend_call() -> Request:
    return Request(BODY, {"signature": hmac.new(b"key", BODY, hashlib.sha256).hexdigest()})


def mandrill_call() -> Request:
    made = hmac.new(b"key", (URL + "a1" + "mandrill_events[]").encode(), hashlib.sha1).digest()
    return Request(FORM, {"x-mandrill-signature": base64.b64encode(made).decode()})


CASES: dict[str, tuple[Callable[[], Request], Callable[[], Check], Callable[[], Check]]] = {
    "sendgrid": (sendgrid_call, lambda: ecdsa.check([public(OTHER), public(SIGNING)]), lambda: ecdsa.check([public(OTHER)])),
    "mailgun": (mailgun_call, lambda: mailgun.check(["old", "key"]), lambda: mailgun.check(["old"])),
    "resend": (svix_call, lambda: standard_webhooks.check([SECRET], "svix"), lambda: standard_webhooks.check(["whsec_AAAA"], "svix")),
    "generic": (lambda: svix_call("webhook"), lambda: standard_webhooks.check([SECRET]), lambda: standard_webhooks.check(["AAAA"])),
    "mailersend": (mailersend_call, lambda: body_hmac.check(["old", "key"]), lambda: body_hmac.check(["old"])),
    "mandrill": (mandrill_call, lambda: mandrill.check(["old", "key"], URL), lambda: mandrill.check(["key"], URL + "/")),
    "basic": (
        lambda: Request(BODY, {"authorization": "basic " + base64.b64encode(b"esp:pw").decode()}),
        lambda: shared_secret.basic(["old", "pw"], "esp"),
        lambda: shared_secret.basic(["pw"], "other"),
    ),
    "bearer": (
        lambda: Request(BODY, {"authorization": "Bearer pw"}),
        lambda: shared_secret.bearer(["pw"]),
        lambda: shared_secret.bearer(["p"]),
    ),
    "path": (lambda: Request(BODY, {}, "pw"), lambda: shared_secret.path(["pw"]), lambda: shared_secret.path(["pw2"])),
}


@pytest.mark.parametrize("provider", CASES)
def test_a_call_of_the_provider_passes_with_any_of_the_secrets_and_with_no_other(provider: str) -> None:
    call, ours, others = CASES[provider]
    assert ours()(call(), NOW) == ("t0ken" if provider == "mailgun" else None)
    with pytest.raises(BadSignatureError):
        others()(call(), NOW)


@pytest.mark.parametrize("provider", ["sendgrid", "resend", "generic", "mailersend", "mandrill"])
def test_one_byte_more_in_the_body_is_refused(provider: str) -> None:
    call, ours, _ = CASES[provider]
    with pytest.raises(BadSignatureError):
        ours()(Request(call().body + b"1", call().headers), NOW)


@pytest.mark.parametrize(("body", "passes"), [(b'{"type": "webhook.test"}', True), (b'{"type": "activity.opened"}', False), (b"", False)])
def test_the_key_mailersend_publishes_opens_for_its_test_of_the_address_and_for_nothing_else(body: bytes, passes: bool) -> None:
    call = Request(body, {"signature": hmac.new(body_hmac.PUBLISHED.encode(), body, hashlib.sha256).hexdigest()})
    check = check_of("mailersend", Receiver("signature", ["key"]))
    if passes:
        check(call, NOW)
        assert PROVIDERS["mailersend"](body, {}) == []
    else:
        with pytest.raises(BadSignatureError):
            check(call, NOW)


@pytest.mark.parametrize("provider", ["sendgrid", "mailgun", "resend", "generic"])
@pytest.mark.parametrize("seconds", [-301, 301])
def test_a_call_of_more_than_five_minutes_ago_or_ahead_is_refused(provider: str, seconds: int) -> None:
    call, ours, _ = CASES[provider]
    with pytest.raises(BadSignatureError, match="too far from now"):
        ours()(call(), NOW + timedelta(seconds=seconds))
    ours()(call(), NOW + timedelta(seconds=seconds // 301 * 300))


@pytest.mark.parametrize("provider", CASES)
def test_a_call_without_any_proof_is_refused_and_the_reason_holds_no_value(provider: str) -> None:
    _, ours, _ = CASES[provider]
    for call in (
        Request(BODY),
        Request(b"\xff"),
        Request(b'{"signature":{"timestamp":"x","token":"y","signature":"z"}}', {"signature": "ü"}),
    ):
        with pytest.raises(BadSignatureError) as refused:
            ours()(call, NOW)
        assert "example.com" not in str(refused.value)


def test_the_vector_of_the_standard_webhooks_specification_passes() -> None:
    body = b'{"test": 2432232314}'
    call = Request(
        body,
        {
            "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
            "webhook-timestamp": "1614265330",
            "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        },
    )
    check = standard_webhooks.check(["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])
    check(call, datetime.fromtimestamp(1614265330, UTC))


RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def pem() -> bytes:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sns.amazonaws.com")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(RSA.public_key()).serial_number(1)
    return builder.not_valid_before(NOW).not_valid_after(NOW + timedelta(days=1)).sign(RSA, SHA256()).public_bytes(Encoding.PEM)


def sns_message(version: str = "2", **changed: str) -> dict[str, str]:
    message = {
        "Type": "Notification", "MessageId": "m1", "TopicArn": TOPIC, "Message": "{}", "Timestamp": "2026-03-01T12:00:00.000Z",
        "SignatureVersion": version, "SigningCertURL": CERTIFICATE,
    } | changed  # fmt: skip
    names: tuple[str, ...] = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
    if message["Type"] != "Notification":
        names = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
    signed = "".join(f"{key}\n{message[key]}\n" for key in names if key in message).encode()
    return message | {"Signature": base64.b64encode(RSA.sign(signed, PKCS1v15(), SHA1() if version == "1" else SHA256())).decode()}


def sns_check(fetched: list[str] | None = None) -> Check:
    def fetch(url: str) -> bytes:
        if fetched is not None:
            fetched.append(url)
        return pem()

    return sns.check([TOPIC], fetch)


@pytest.mark.parametrize(
    "message",
    [
        sns_message("1"),
        sns_message("2", Subject="hello"),
        sns_message("2", Type="SubscriptionConfirmation", Token="t", SubscribeURL="https://sns.eu-west-1.amazonaws.com/?Action=x"),
    ],
)
def test_sns_messages_of_both_versions_and_kinds_pass(message: dict[str, str]) -> None:
    sns_check()(Request(json.dumps(message).encode()), NOW)


def test_the_certificate_of_sns_is_fetched_once() -> None:
    fetched: list[str] = []
    check = sns_check(fetched)
    for _ in range(3):
        check(Request(json.dumps(sns_message()).encode()), NOW)
    assert fetched == [CERTIFICATE]


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"TopicArn": TOPIC + "2"}, "topic"),
        ({"SigningCertURL": "https://sns.eu-west-1.amazonaws.com.evil.example/x.pem"}, "SNS host"),
        ({"SigningCertURL": "http://sns.eu-west-1.amazonaws.com/x.pem"}, "SNS host"),
        ({"SigningCertURL": "https://sns.eu-west-1.amazonaws.com@evil.example/x.pem"}, "SNS host"),
        ({"SigningCertURL": "https://sns.eu-west-1.amazonaws.com:8443/x.pem"}, "SNS host"),
        ({"SigningCertURL": "https://evil.example/sns.eu-west-1.amazonaws.com/x.pem"}, "SNS host"),
        ({"SigningCertURL": "https://s3.eu-west-1.amazonaws.com/x.pem"}, "SNS host"),
        ({"SignatureVersion": "3"}, "version"),
    ],
)
def test_sns_messages_of_others_are_refused_before_anything_is_fetched(changed: dict[str, str], reason: str) -> None:
    fetched: list[str] = []
    with pytest.raises(BadSignatureError, match=reason):
        sns_check(fetched)(Request(json.dumps(sns_message() | changed).encode()), NOW)
    assert fetched == [] or reason == "version"


@pytest.mark.parametrize("key", ["Message", "MessageId", "Timestamp", "Type", "Signature"])
def test_an_sns_message_that_was_changed_is_refused(key: str) -> None:
    with pytest.raises(BadSignatureError):
        sns_check()(Request(json.dumps(sns_message() | {key: "Notified"}).encode()), NOW)


def test_a_certificate_that_cannot_be_had_refuses_the_call() -> None:
    def fetch(url: str) -> bytes:
        raise OSError(url)

    with pytest.raises(BadSignatureError, match="could not be fetched"):
        sns.check([TOPIC], fetch)(Request(json.dumps(sns_message()).encode()), NOW)


@pytest.mark.parametrize(
    ("message", "url"),
    [
        ({"Type": "SubscriptionConfirmation", "SubscribeURL": "https://sns.eu-west-1.amazonaws.com/?Token=t"}, True),
        ({"Type": "SubscriptionConfirmation", "SubscribeURL": "https://sns.eu-west-1.amazonaws.com.evil.example/"}, False),
        ({"Type": "SubscriptionConfirmation", "SubscribeURL": "http://169.254.169.254/latest"}, False),
        ({"Type": "SubscriptionConfirmation"}, False),
        ({"Type": "Notification", "SubscribeURL": "https://sns.eu-west-1.amazonaws.com/?Token=t"}, False),
    ],
)
def test_a_subscription_is_confirmed_at_sns_and_nowhere_else(message: dict[str, str], url: bool) -> None:
    assert subscribe_url(json.dumps(message).encode()) == (message["SubscribeURL"] if url else None)
