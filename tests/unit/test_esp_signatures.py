"""Signatures as Standard Webhooks 1.0 describes them."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest

from connectors.esp.protocol import EndpointError
from connectors.esp.signatures import sign, signing_key
from connectors.esp.webhook import WebhookOptions
from tests.unit.a_send import a_send, an_adapter, call_of

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
KEY = "whsec_" + base64.b64encode(b"0123456789abcdef01234567").decode()


def test_the_example_of_the_standard_has_its_signature() -> None:
    key = signing_key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    signature = sign([key], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_id_time_and_body_are_signed_with_each_key_in_turn() -> None:
    other = "whsec_" + base64.b64encode(b"x" * 64).decode()
    adapter = an_adapter(
        "webhook",
        lambda text: {"${env:OLD}": KEY, "${env:NEW}": other}.get(text, text),
        url="https://esp.example",
        signing_keys=["${env:NEW}", "${env:OLD}"],
    )
    request = call_of(adapter, a_send(), at=NOON)
    signed = f"{request.headers['webhook-id']}.{request.headers['webhook-timestamp']}.".encode() + request.body
    expected = [
        base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode() for key in (b"x" * 64, b"0123456789abcdef01234567")
    ]
    assert request.headers["webhook-signature"] == " ".join(f"v1,{one}" for one in expected)
    assert request.headers["webhook-timestamp"] == str(int(NOON.timestamp()))


def test_a_repeat_is_signed_anew_because_its_time_is_new() -> None:
    adapter = an_adapter("webhook", lambda text: text.replace("${env:KEY}", KEY), url="https://esp.example", signing_keys=["${env:KEY}"])
    first, again = (call_of(adapter, a_send(), at=at) for at in (NOON, NOON + timedelta(seconds=1)))
    assert first.headers["webhook-id"] == again.headers["webhook-id"]
    assert first.headers["webhook-signature"] != again.headers["webhook-signature"]


def test_without_keys_there_is_no_signature() -> None:
    assert "webhook-signature" not in call_of(an_adapter("webhook", url="https://esp.example"), a_send(), at=NOON).headers


@pytest.mark.parametrize(
    "text",
    [
        "",
        "whsec_",
        KEY.removeprefix("whsec_"),
        "whsec_not base64!",
        "whsec_" + base64.b64encode(b"x" * 23).decode(),
        "whsec_" + base64.b64encode(b"x" * 65).decode(),
    ],
)
def test_a_key_a_receiver_would_not_take_is_refused_by_name_and_not_shown(text: str) -> None:
    with pytest.raises(EndpointError) as caught:
        signing_key(text)
    assert str(caught.value) == "signing_keys"


def test_a_key_out_of_a_file_may_end_its_line() -> None:
    assert signing_key(KEY + "\n") == signing_key(KEY)


def test_three_keys_or_a_key_itself_are_no_settings() -> None:
    for keys in (["${env:A}"] * 3, [KEY]):
        with pytest.raises(ValueError, match="signing_keys"):
            WebhookOptions(url="https://esp.example", signing_keys=keys)
