"""Mailgun: a form for each mail."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

import pytest
from pydantic import ValidationError

from connectors.esp.protocol import Meaning, Reason
from tests.unit.a_send import a_send, an_adapter, call_of

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ANA = a_send(address="ana@example.com", variant="a", payload={"items": [{"name": "Tee & Kännchen = 100 %"}]})


def mailgun(**changes: Any) -> Any:
    options = {"api_key": "${env:KEY}", "domain": "mail.shop.example", "from_email": "hello@shop.example"}
    return an_adapter("mailgun", lambda _: "key", **{**options, **changes})


def test_a_send_is_a_form() -> None:
    request = call_of(mailgun(from_name="Tea, Shop", subject="Forgotten?", reply_to="care@shop.example"), ANA, at=NOON)
    assert (request.method, request.url) == ("POST", "https://api.mailgun.net/v3/mail.shop.example/messages")
    assert request.headers == {"Content-Type": "application/x-www-form-urlencoded", "Authorization": "Basic YXBpOmtleQ=="}
    pairs = parse_qsl(request.body.decode("ascii"), strict_parsing=True)
    form = dict(pairs)
    assert len(form) == len(pairs)
    identity = {
        "trigger_id": "57184V2D7RZGQ8YDP0RFFB3YC4",
        "trigger": "cart_abandoned",
        "template": "cart_reminder",
        "variant": "a",
        "person_id": "42",
        "fired_at": "2026-03-01T11:59:30.000Z",
    }
    assert json.loads(form.pop("t:variables")) == {"items": [{"name": "Tee & Kännchen = 100 %"}], **identity}
    assert form == {
        "from": '"Tea, Shop" <hello@shop.example>',
        "h:Reply-To": "care@shop.example",
        "subject": "Forgotten?",
        "to": "ana@example.com",
        "template": "cart_reminder",
        **{f"v:{name}": value for name, value in identity.items()},
    }


def test_regions_have_their_own_hosts() -> None:
    assert call_of(mailgun(region="eu"), ANA, at=NOON).url == "https://api.eu.mailgun.net/v3/mail.shop.example/messages"


@pytest.mark.parametrize(
    "domain",
    ["", "shop", "mail.shop.example/../x", "a b.example", "-a.example", "a..example", "mail.shop.example?x", "x" * 250 + ".example"],
)
def test_a_domain_that_is_none_does_not_become_part_of_a_url(domain: str) -> None:
    with pytest.raises(ValidationError, match="domain"):
        mailgun(domain=domain)


@pytest.mark.parametrize(
    ("body", "esp_id"),
    [
        (b'{"id": "<20260301.1.ABC@mail.shop.example>"}', "20260301.1.ABC"),
        (b'{"id": "<20260301.1.ABC@Mail.Shop.Example>"}', "20260301.1.ABC"),
        (b'{"id": "<ana@example.com>"}', None),
        (b'{"id": "20260301"}', None),
        (b'{"id": 7}', None),
        (b"Queued", None),
    ],
)
def test_of_the_message_id_only_what_is_nobodys_address_is_kept(body: bytes, esp_id: str | None) -> None:
    [answer] = mailgun().answers([ANA], 200, {}, body)
    assert (answer.meaning, answer.esp_id) == (Meaning.ACCEPTED, esp_id)


def test_a_404_may_pass_and_an_unpaid_account_is_the_operators_to_mend() -> None:
    [answer] = mailgun().answers([ANA], 404, {"Retry-After": "5"}, b"")
    assert (answer.meaning, answer.reason, answer.retry_after) == (Meaning.RETRY, Reason.UNAVAILABLE, timedelta(seconds=5))
    assert mailgun().answers([ANA], 402, {}, b"")[0].meaning is Meaning.CONFIGURATION
    assert mailgun().answers([ANA], 400, {}, b"")[0].meaning is Meaning.REJECTED
