"""SendGrid, Postmark and Mailgun alike: they are told the address, and nothing but one address."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from connectors.esp.mail import is_address
from connectors.esp.protocol import Adapter, Meaning, Reason, UnsendableError
from connectors.esp.registry import KINDS
from jobs.destinations import Destination
from tests.unit.a_send import a_send, an_adapter, call_of

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SENDER: dict[str, Any] = {"from_email": "hello@shop.example", "from_name": 'Ana "Tea" Shop', "reply_to": "care@shop.example"}
OPTIONS: dict[str, dict[str, Any]] = {
    "sendgrid": {**SENDER, "api_key": "${env:KEY}"},
    "postmark": {**SENDER, "server_token": "${env:KEY}"},
    "mailgun": {**SENDER, "api_key": "${env:KEY}", "domain": "mail.shop.example"},
}
SECRET = "s3cret-of-the-shop"


def adapter(kind: str, secret: str = SECRET, **changes: Any) -> Adapter:
    return an_adapter(kind, lambda _: secret, **{**OPTIONS[kind], **changes})


def to_whom(kind: str, body: bytes) -> Any:
    if kind == "mailgun":
        return parse_qs(body.decode())["to"]
    tree = json.loads(body)
    return [tree["To"]] if kind == "postmark" else [one["email"] for one in tree["personalizations"][0]["to"]]


@pytest.mark.parametrize("kind", OPTIONS)
def test_the_gate_is_told_that_an_address_is_needed(kind: str) -> None:
    assert Destination.model_validate({"kind": kind, **OPTIONS[kind]}).needs_address


@pytest.mark.parametrize("kind", OPTIONS)
@pytest.mark.parametrize(
    "address",
    [
        None,
        "",
        "ana",
        "ana@",
        "@example.com",
        "ana@example.com@example.com",
        "ana@example.com,ben@example.com",
        "ana@example.com;ben@example.com",
        "ana@example.com\r\nBcc: ben@example.com",
        "ana@example.com\n",
        "Ana <ana@example.com>",
        "ana @example.com",
        '"ana"@example.com',
        "ana@exam\u0000ple.com",
        "a" * 65 + "@example.com",
        "ana@" + "e" * 251,
    ],
)
def test_what_is_not_one_bare_address_gets_no_mail(kind: str, address: str | None) -> None:
    with pytest.raises(UnsendableError) as caught:
        adapter(kind).item(a_send(address=address))
    assert caught.value.reason is Reason.NO_ADDRESS
    assert "ana" not in str(caught.value)


@pytest.mark.parametrize("kind", OPTIONS)
@pytest.mark.parametrize(
    "address", ["ana@example.com", "ana+shop@example.com", "o'ana@example.com", "ánna@bücher.example", "a.b@example.com"]
)
def test_one_address_is_where_the_mail_goes(kind: str, address: str) -> None:
    assert to_whom(kind, call_of(adapter(kind), a_send(address=address), at=NOON).body) == [address]


@given(st.text(max_size=60), st.text(max_size=60))
def test_no_address_can_end_a_header_or_become_a_list(name: str, domain: str) -> None:
    if is_address(f"{name}@{domain}"):
        assert not set(f"{name}{domain}") & set('\r\n\0,;<> "@')


@pytest.mark.parametrize("kind", OPTIONS)
@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("from_email", "Shop <hello@shop.example>"),
        ("from_email", "hello@shop.example\r\nBcc: ben@example.com"),
        ("from_name", "Shop\r\nBcc: ben@example.com"),
        ("reply_to", "care"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused_without_being_shown(kind: str, key: str, value: str) -> None:
    with pytest.raises(ValidationError) as caught:
        KINDS[kind].options.model_validate({**OPTIONS[kind], key: value})
    assert value not in str(caught.value)


@pytest.mark.parametrize("kind", OPTIONS)
def test_what_is_too_large_is_not_sent(kind: str) -> None:
    with pytest.raises(UnsendableError) as caught:
        adapter(kind).item(a_send(address="ana@example.com", payload={"pad": "x" * 2_000_000}))
    assert caught.value.reason is Reason.TOO_LARGE


@pytest.mark.parametrize("kind", OPTIONS)
@pytest.mark.parametrize(
    ("status", "meaning", "alone", "reason"),
    [
        (404, Meaning.SPLIT, Meaning.REJECTED, Reason.REFUSED),
        (408, Meaning.SPLIT, Meaning.RETRY, Reason.UNAVAILABLE),
        (409, Meaning.SPLIT, Meaning.REJECTED, Reason.REFUSED),
        (413, Meaning.SPLIT, Meaning.REJECTED, Reason.TOO_LARGE),
        (401, Meaning.CONFIGURATION, Meaning.CONFIGURATION, Reason.CONFIGURATION),
        (403, Meaning.CONFIGURATION, Meaning.CONFIGURATION, Reason.CONFIGURATION),
        (429, Meaning.RETRY, Meaning.RETRY, Reason.RATE_LIMITED),
        (503, Meaning.RETRY, Meaning.RETRY, Reason.UNAVAILABLE),
        (302, Meaning.REJECTED, Meaning.REJECTED, Reason.REDIRECTED),
        (500, Meaning.AMBIGUOUS, Meaning.AMBIGUOUS, Reason.SERVER_ERROR),
        (502, Meaning.AMBIGUOUS, Meaning.AMBIGUOUS, Reason.SERVER_ERROR),
        (504, Meaning.AMBIGUOUS, Meaning.AMBIGUOUS, Reason.SERVER_ERROR),
    ],
)
def test_what_each_status_means_for_one_and_for_several(kind: str, status: int, meaning: Meaning, alone: Meaning, reason: Reason) -> None:
    made, send = adapter(kind), a_send()
    [answer] = made.answers([send], status, {}, b"<html>")
    if (kind, status) == ("mailgun", 404):  # may pass there
        assert answer.meaning is Meaning.RETRY
        return
    assert (answer.meaning, answer.reason) == (alone, reason)
    if made.batch:
        several = made.answers([send, send], status, {}, b"<html>")
        assert [(one.meaning, one.reason) for one in several] == [(meaning, reason)] * 2
