"""Salesforce Marketing Cloud: mails by message key, journey events, and the token both need."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from connectors.esp.protocol import Answer, Meaning, Token
from tests.unit.esp_answers import CONTENT, NOON, an_adapter_of, the_call, words
from tests.unit.esp_cases import some_sends

FLAT = CONTENT | {"items": "[]"}


def test_a_mail_has_its_key_in_the_url_and_single_values_as_attributes() -> None:
    request, body = the_call(an_adapter_of("sfmc email", templates={"cart_reminder": "cart-1"}))
    assert request.url == "https://tenant.rest.marketingcloudapis.com/messaging/v1/email/messages/57184V2D7RZGQ8YDP0RFFB3YC4"
    assert request.headers == {"Content-Type": "application/json; charset=UTF-8"}
    assert body == {"definitionKey": "cart-1", "recipient": {"contactKey": "42", "attributes": FLAT}}


def test_the_address_goes_along_when_the_send_has_one() -> None:
    _, body = the_call(an_adapter_of("sfmc email"), address="ana@example.com", payload={"a": None, "b": {"c": "é"}})
    assert body["recipient"]["to"] == "ana@example.com"
    assert (body["recipient"]["attributes"]["a"], body["recipient"]["attributes"]["b"]) == ("", '{"c": "é"}')


def test_an_event_lets_a_contact_into_a_journey() -> None:
    request, body = the_call(an_adapter_of("sfmc journey", templates={"cart_reminder": "APIEvent-1"}))
    assert request.url == "https://tenant.rest.marketingcloudapis.com/interaction/v1/events"
    assert body == {"ContactKey": "42", "EventDefinitionKey": "APIEvent-1", "Data": FLAT}


def test_only_the_columns_a_data_extension_has_are_sent() -> None:
    _, body = the_call(an_adapter_of("sfmc journey", fields=["total", "trigger_id", "nothing_of_that_name"]))
    assert body["Data"] == {"total": 25.0, "trigger_id": CONTENT["trigger_id"]}


@pytest.mark.parametrize("subdomain", ["tenant.evil", "a/b", "", "tenant\n", "a@b"])
def test_a_subdomain_leads_nowhere_else(subdomain: str) -> None:
    with pytest.raises(ValueError, match="subdomain"):
        an_adapter_of("sfmc email", subdomain=subdomain)


@pytest.mark.parametrize(
    ("name", "status", "body", "expected"),
    [
        ("sfmc email", 202, {"requestId": "r", "errorcode": 0, "responses": [{"messageKey": "k"}]}, "accepted"),
        ("sfmc email", 202, {"requestId": "r", "errorcode": 0, "responses": [{"messageKey": "k", "errorcode": 1}]}, "rejected"),
        ("sfmc email", 202, {"requestId": "r", "responses": [{"errorcode": "12001"}]}, "rejected"),
        ("sfmc email", 202, b"", "ambiguous"),
        ("sfmc email", 400, {"errorcode": 5, "message": "Duplicate messageKey"}, "accepted"),
        ("sfmc email", 400, {"errorcode": 5, "message": "The message key already exists"}, "accepted"),
        ("sfmc email", 202, {"responses": [{"errorcode": 5, "message": "messageKey must be unique"}]}, "accepted"),
        ("sfmc email", 400, {"errorcode": 5, "message": "definition is inactive"}, "rejected"),
        ("sfmc email", 500, {"errorcode": 5, "message": "Duplicate messageKey"}, "ambiguous"),
        ("sfmc journey", 400, {"errorcode": 5, "message": "Duplicate messageKey"}, "rejected"),
        ("sfmc journey", 201, {"eventInstanceId": "e"}, "accepted"),
        ("sfmc journey", 401, {"message": "Not Authorized", "errorcode": 0}, "configuration"),
        ("sfmc email", 429, {"errorcode": 50200}, "retry"),
        ("sfmc email", 404, None, "rejected"),
        ("sfmc email", 503, None, "retry"),
    ],
)
def test_what_answers_mean(name: str, status: int, body: Any, expected: str) -> None:
    assert words(name, 1, status, body) == [expected]


def test_a_code_that_tells_a_repeat_can_be_set() -> None:
    adapter = an_adapter_of("sfmc email", repeated_codes=[13001])
    assert adapter.answers(some_sends(1), 400, {}, b'{"errorcode":13001}')[0].meaning is Meaning.ACCEPTED


def test_a_token_is_asked_for_with_both_secrets_and_ends_when_it_says() -> None:
    login = an_adapter_of("sfmc email", account_id="123").login
    assert login is not None
    request = login.request()
    assert request.url == "https://tenant.auth.marketingcloudapis.com/v2/token"
    assert json.loads(request.body) == {
        "grant_type": "client_credentials",
        "client_id": "ID",
        "client_secret": "SECRET",
        "account_id": "123",
    }
    assert login.token(200, {}, b'{"access_token":"t0ken","expires_in":1079}', NOON) == Token("t0ken", NOON + timedelta(seconds=1079))


@pytest.mark.parametrize(
    ("status", "body", "meaning"),
    [
        (400, b'{"error":"invalid_client"}', Meaning.CONFIGURATION),
        (401, b'{"error":"invalid_client"}', Meaning.CONFIGURATION),
        (429, b"", Meaning.RETRY),
        (503, b"", Meaning.RETRY),
        (200, b"<html>", Meaning.RETRY),
        (200, b'{"access_token":"a\\r\\nX: y","expires_in":1079}', Meaning.RETRY),
        (200, b'{"access_token":"t","expires_in":true}', Meaning.RETRY),
        (200, b'{"access_token":"t","expires_in":-1}', Meaning.RETRY),
    ],
)
def test_without_a_token_there_is_a_reason(status: int, body: bytes, meaning: Meaning) -> None:
    login = an_adapter_of("sfmc email").login
    assert login is not None
    answer = login.token(status, {}, body, NOON)
    assert isinstance(answer, Answer)
    assert answer.meaning is meaning
