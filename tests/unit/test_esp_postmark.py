"""Postmark: one message or a batch, and an answer for each."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.esp.postmark import MOST
from connectors.esp.protocol import Meaning
from jobs.deliver.client import MAX_ANSWER
from tests.unit.a_send import a_send, an_adapter, call_of

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ANA = a_send(address="ana@example.com", variant="a")


def postmark(**changes: Any) -> Any:
    options = {"server_token": "${env:KEY}", "from_email": "hello@shop.example", "message_stream": "broadcast"}
    return an_adapter("postmark", lambda _: "token", **{**options, **changes})


def test_one_send_is_one_message() -> None:
    request = call_of(postmark(from_name='Ana "Tea" \\ Shop', reply_to="care@shop.example"), ANA, at=NOON)
    assert (request.method, request.url) == ("POST", "https://api.postmarkapp.com/email/withTemplate")
    assert request.headers == {"Content-Type": "application/json", "Accept": "application/json", "X-Postmark-Server-Token": "token"}
    identity = {
        "trigger_id": "57184V2D7RZGQ8YDP0RFFB3YC4",
        "trigger": "cart_abandoned",
        "template": "cart_reminder",
        "variant": "a",
        "person_id": "42",
        "fired_at": "2026-03-01T11:59:30.000Z",
    }
    assert json.loads(request.body) == {
        "From": '"Ana \\"Tea\\" \\\\ Shop" <hello@shop.example>',
        "ReplyTo": "care@shop.example",
        "MessageStream": "broadcast",
        "To": "ana@example.com",
        "TemplateAlias": "cart_reminder",
        "TemplateModel": {"items": [], "total": 25.0, "currency": "EUR", **identity},
        "Metadata": identity,
    }


def test_several_sends_are_a_batch_of_messages_whatever_their_templates() -> None:
    adapter = postmark(templates={"cart_reminder": "1234"})
    request = call_of(adapter, ANA, a_send(address="ben@example.com", template="other"), at=NOON)
    assert request.url == "https://api.postmarkapp.com/email/batchWithTemplates"
    messages = json.loads(request.body)["Messages"]
    assert [(message.get("TemplateId"), message.get("TemplateAlias")) for message in messages] == [(1234, None), (None, "other")]
    assert adapter.group(ANA) == adapter.group(a_send(template="other"))


def test_metadata_the_platform_would_refuse_stays_away_but_the_trigger_id_is_there() -> None:
    body = json.loads(call_of(postmark(), a_send(address="ana@example.com", person_id="x" * 81), at=NOON).body)
    assert set(body["Metadata"]) == {"trigger_id", "trigger", "template", "fired_at"}  # no variant, too long a person


@pytest.mark.parametrize(
    ("code", "meaning"),
    [
        (0, Meaning.ACCEPTED),
        *[(code, Meaning.CONFIGURATION) for code in (10, 400, 401, 405, 412, 413)],
        *[(code, Meaning.RETRY) for code in (100, 429)],
        *[(code, Meaning.REJECTED) for code in (300, 403, 406, 1101, 99999)],
    ],
)
def test_what_each_code_means_alone_and_among_others(code: int, meaning: Meaning) -> None:
    one = {"ErrorCode": code, "Message": "…", "MessageID": "b7bc2f4a-e38e-4336-af7d-e6c392c2f817"}
    [alone] = postmark().answers([ANA], 422 if code else 200, {}, json.dumps(one).encode())
    several = postmark().answers([ANA] * 3, 200, {}, json.dumps([{"ErrorCode": 0}, one, {"ErrorCode": 0}]).encode())
    assert [alone.meaning, *(answer.meaning for answer in several)] == [meaning, Meaning.ACCEPTED, meaning, Meaning.ACCEPTED]
    assert alone.esp_id == several[1].esp_id == (None if code else one["MessageID"])


@pytest.mark.parametrize(
    ("status", "body", "meaning"),
    [
        (422, b'{"ErrorCode": 410}', Meaning.SPLIT),  # of the request: nobody in it is named
        (422, b'{"ErrorCode": 10}', Meaning.CONFIGURATION),
        (422, b"<html>", Meaning.SPLIT),
        (200, b"<html>", Meaning.AMBIGUOUS),
        (200, b"[]", Meaning.AMBIGUOUS),
        (200, b'[{"ErrorCode": 0}]', Meaning.AMBIGUOUS),
        (200, b'[null, {"ErrorCode": true}]', Meaning.AMBIGUOUS),
    ],
)
def test_an_answer_to_a_batch_that_names_nobody(status: int, body: bytes, meaning: Meaning) -> None:
    assert [answer.meaning for answer in postmark().answers([ANA, ANA], status, {}, body)] == [meaning] * 2


def test_the_answer_to_the_largest_batch_is_read_in_full() -> None:
    worst = {"ErrorCode": 406, "Message": "x" * 250, "MessageID": "x" * 36, "SubmittedAt": "x" * 33}
    assert len(json.dumps([worst] * MOST)) < MAX_ANSWER
