"""Braze: what each way of sending asks for, and which answers hide errors."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.esp.protocol import Left
from tests.unit.a_send import a_send
from tests.unit.esp_answers import CONTENT, NOON, an_adapter_of, the_call, words
from tests.unit.esp_cases import CASES, some_sends

QUEUED = {"message": "success", "dispatch_id": "d1"}


def test_a_campaign_is_triggered_for_named_people_and_never_broadcast() -> None:
    request, body = the_call(an_adapter_of("braze campaign", templates={"cart_reminder": "c-7"}))
    assert request.url == "https://rest.iad-01.braze.com/campaigns/trigger/send"
    assert request.headers == {"Authorization": "Bearer KEY", "Content-Type": "application/json"}
    assert body == {
        "campaign_id": "c-7",
        "broadcast": False,
        "recipients": [{"external_user_id": "42", "trigger_properties": CONTENT}],
    }


def test_a_transactional_mail_carries_its_id_and_its_campaign_in_the_url() -> None:
    request, body = the_call(an_adapter_of("braze transactional", templates={"cart_reminder": "a/b?c"}, instance="fra-02"))
    assert request.url == "https://rest.fra-02.braze.eu/transactional/v1/campaigns/a%2Fb%3Fc/send"
    assert body == {
        "external_send_id": CONTENT["trigger_id"],
        "recipient": {"external_user_id": "42"},
        "trigger_properties": CONTENT,
    }


def test_an_event_has_the_time_of_the_decision_and_the_name_that_was_set() -> None:
    request, body = the_call(an_adapter_of("braze track", events={"cart_abandoned": "Cart Abandoned"}))
    assert request.url.endswith("/users/track")
    assert body == {"events": [{"external_id": "42", "name": "Cart Abandoned", "time": "2026-03-01T12:00:00.000Z", "properties": CONTENT}]}


def test_a_message_goes_to_one_person_and_carries_what_identifies_it() -> None:
    _, body = the_call(an_adapter_of("braze messages"))
    email = body["messages"]["email"]
    assert (body["broadcast"], body["external_user_ids"]) == (False, ["42"])
    assert (email["app_id"], email["from"], email["email_template_id"]) == ("app", "Shop <mail@shop.example>", "cart_reminder")
    assert email["extras"]["trigger_id"] == CONTENT["trigger_id"]


@pytest.mark.parametrize("name", [name for name in CASES if name.startswith("braze")])
def test_no_request_is_made_for_nobody_or_for_too_many(name: str) -> None:
    adapter = an_adapter_of(name)
    for count in (0, (adapter.batch.count if adapter.batch else 1) + 1):
        sends = some_sends(count)
        with pytest.raises(ValueError, match="batch"):
            adapter.request(sends, [adapter.item(send) for send in sends], NOON)


def test_people_of_two_campaigns_share_no_request_and_events_do() -> None:
    one, other = a_send(), a_send(template="another")
    assert an_adapter_of("braze campaign").group(one) != an_adapter_of("braze campaign").group(other)
    assert an_adapter_of("braze track").group(one) == an_adapter_of("braze track").group(other)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"instance": "iad-01.evil.example/"}, "instance"),
        ({"send": "messages"}, "app_id"),
        ({"send": "track", "max_events": 76}, "max_events"),
        ({"api_key": "key"}, "api_key"),
    ],
)
def test_settings_that_cannot_be_are_refused_by_key(change: dict[str, Any], what: str) -> None:
    with pytest.raises(ValueError, match=what):
        an_adapter_of("braze campaign", **change)


def bad(*indexes: object, array: str = "events") -> list[dict[str, object]]:
    return [{"type": "no", "input_array": array, "index": index} for index in indexes]


@pytest.mark.parametrize(
    ("name", "count", "status", "body", "expected"),
    [
        ("braze campaign", 2, 201, QUEUED, ["accepted", "accepted"]),
        ("braze campaign", 2, 200, QUEUED, ["accepted", "accepted"]),
        ("braze campaign", 2, 201, b"<html>", ["ambiguous", "ambiguous"]),
        ("braze campaign", 2, 201, QUEUED | {"errors": ["one of them is unknown"]}, ["ambiguous", "ambiguous"]),
        ("braze campaign", 1, 201, QUEUED | {"errors": ["it is unknown"]}, ["rejected"]),
        ("braze track", 3, 201, QUEUED | {"errors": bad(1)}, ["accepted", "rejected", "accepted"]),
        ("braze track", 3, 201, QUEUED | {"errors": bad(1, 7)}, ["ambiguous", "rejected", "ambiguous"]),
        ("braze track", 3, 201, QUEUED | {"errors": bad("1")}, ["ambiguous"] * 3),
        ("braze track", 3, 201, QUEUED | {"errors": bad(True)}, ["ambiguous"] * 3),
        ("braze track", 3, 201, QUEUED | {"errors": "odd"}, ["ambiguous"] * 3),
        ("braze track", 3, 201, QUEUED | {"errors": []}, ["accepted"] * 3),
        ("braze track", 3, 400, {"message": "no", "errors": bad(0, 2)}, ["rejected", "split", "rejected"]),
        ("braze track", 3, 400, {"message": "no"}, ["split"] * 3),
        ("braze track", 3, 413, None, ["split"] * 3),
        ("braze track", 1, 413, None, ["rejected"]),
        ("braze track", 3, 401, None, ["configuration"] * 3),
        ("braze track", 3, 429, None, ["retry"] * 3),
        ("braze track", 3, 500, b"<html>", ["ambiguous"] * 3),
        ("braze transactional", 1, 201, QUEUED, ["accepted"]),
        ("braze transactional", 1, 400, {"message": "The external reference has been queued. Please retry."}, ["accepted"]),
        ("braze transactional", 1, 400, {"message": "campaign is not there"}, ["rejected"]),
        ("braze transactional", 1, 400, {"message": ["external reference has been queued"]}, ["accepted"]),
        ("braze campaign", 1, 400, {"message": "The external reference has been queued."}, ["rejected"]),
    ],
)
def test_what_answers_mean(name: str, count: int, status: int, body: Any, expected: list[str]) -> None:
    assert words(name, count, status, body) == expected


def test_the_limit_resets_at_an_instant_in_headers_of_either_case() -> None:
    for names in (("X-RateLimit-Remaining", "X-RateLimit-Reset"), ("x-ratelimit-remaining", "x-ratelimit-reset")):
        given = dict(zip(names, ("12", "1767225900"), strict=True))
        resets = datetime(2026, 1, 1, 0, 5, tzinfo=UTC)
        accepted = an_adapter_of("braze campaign").answers(some_sends(1), 201, given, b'{"message":"success","dispatch_id":"d1"}')[0]
        assert (accepted.left, accepted.esp_id) == (Left(12, resets), "d1")
        assert an_adapter_of("braze campaign").answers(some_sends(1), 429, given, b"")[0].retry_after == resets
