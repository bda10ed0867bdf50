"""SendGrid: what a request looks like, and what a refusal says about each of many."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.esp.protocol import Meaning, Reason, UnsendableError
from tests.unit.a_send import a_send, an_adapter, call_of

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ITEMS: dict[str, Any] = {"items": [{"product_id": "p1", "quantity": 2}], "total": 25.0}


def sendgrid(**changes: Any) -> Any:
    options = {"api_key": "${env:KEY}", "from_email": "hello@shop.example", "from_name": "Shop", "templates": {"cart_reminder": "d-1"}}
    return an_adapter("sendgrid", lambda _: "SG.key", **{**options, **changes})


def refusal(*fields: object) -> bytes:
    return json.dumps({"errors": [{"message": "no", "field": field} for field in fields]}).encode()


def test_a_request_has_one_personalization_for_each_send() -> None:
    sends = [a_send(person_id=name, address=f"{name}@example.com", payload=ITEMS, variant="a") for name in ("ana", "ben")]
    request = call_of(
        sendgrid(unsubscribe_group=7, ip_pool="marketing", reply_to="care@shop.example", slots={"more": {"fallback": [{"id": 1}]}}),
        *sends,
        at=NOON,
    )
    assert (request.method, request.url) == ("POST", "https://api.sendgrid.com/v3/mail/send")
    assert request.headers == {"Content-Type": "application/json", "Authorization": "Bearer SG.key"}
    body = json.loads(request.body)
    people = body.pop("personalizations")
    assert body == {
        "from": {"email": "hello@shop.example", "name": "Shop"},
        "reply_to": {"email": "care@shop.example"},
        "asm": {"group_id": 7},
        "ip_pool_name": "marketing",
        "template_id": "d-1",
    }
    assert [person["to"] for person in people] == [[{"email": "ana@example.com"}], [{"email": "ben@example.com"}]]
    args = {
        "trigger_id": "57184V2D7RZGQ8YDP0RFFB3YC4",
        "trigger": "cart_abandoned",
        "template": "cart_reminder",
        "variant": "a",
        "person_id": "ana",
        "fired_at": "2026-03-01T11:59:30.000Z",
    }
    assert people[0]["custom_args"] == args
    assert people[0]["dynamic_template_data"] == {**ITEMS, "more": [{"id": 1}], **args}


def test_regions_have_their_own_hosts_and_templates_their_own_requests() -> None:
    assert call_of(sendgrid(region="eu"), a_send(address="ana@example.com"), at=NOON).url.startswith("https://api.eu.sendgrid.com/")
    assert sendgrid().group(a_send()) != sendgrid().group(a_send(template="other"))


def test_what_would_not_fit_into_custom_args_is_not_sent() -> None:
    with pytest.raises(UnsendableError) as caught:
        sendgrid().item(a_send(address="ana@example.com", person_id="x" * 10_000))
    assert caught.value.reason is Reason.TOO_LARGE


@pytest.mark.parametrize(
    ("body", "meanings"),
    [
        (refusal("personalizations.1.to.0.email"), "SRS"),
        (refusal("personalizations.1.to.0.email", "personalizations.2.custom_args"), "SRR"),
        (refusal("personalizations[0].to"), "RSS"),
        (refusal("personalizations.7.to"), "SSS"),
        (refusal("personalizations"), "SSS"),
        (refusal("template_id"), "RRR"),
        (refusal("from.email"), "CCC"),
        (refusal("asm.group_id", "personalizations.1.to"), "CCC"),
        (refusal(None, 5, {}), "SSS"),
        (b'{"errors": {}}', "SSS"),
        (b"<html>", "SSS"),
    ],
)
def test_a_refusal_fails_whom_it_names_and_the_others_go_again(body: bytes, meanings: str) -> None:
    names = {"S": Meaning.SPLIT, "R": Meaning.REJECTED, "C": Meaning.CONFIGURATION}
    answers = sendgrid().answers([a_send()] * 3, 400, {}, body)
    assert [answer.meaning for answer in answers] == [names[letter] for letter in meanings]


def test_a_refusal_of_one_alone_is_its_end() -> None:
    assert [answer.meaning for answer in sendgrid().answers([a_send()], 400, {}, refusal("subject"))] == [Meaning.REJECTED]


def test_the_id_and_the_limit_are_read_from_headers() -> None:
    headers = {"X-Message-Id": "14c5d75ce93", "X-RateLimit-Remaining": "3", "X-RateLimit-Reset": "1772366460"}
    [answer] = sendgrid().answers([a_send()], 202, headers, b"")
    assert (answer.meaning, answer.esp_id) == (Meaning.ACCEPTED, "14c5d75ce93")
    assert answer.left is not None
    assert (answer.left.calls, answer.left.resets) == (3, NOON + timedelta(minutes=1))
    [later] = sendgrid().answers([a_send()], 429, headers, b"")
    assert (later.meaning, later.retry_after) == (Meaning.RETRY, NOON + timedelta(minutes=1))
