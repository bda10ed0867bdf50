"""Iterable: events and mails, and the failures a 200 hides."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.esp.protocol import Meaning, Reason, UnsendableError
from tests.unit.a_send import a_send
from tests.unit.esp_answers import CONTENT, an_adapter_of, the_call, words
from tests.unit.esp_cases import some_sends


def test_an_event_names_its_person_by_id_alone() -> None:
    request, body = the_call(an_adapter_of("iterable events", events={"cart_abandoned": "cartLeft"}))
    assert request.url == "https://api.iterable.com/api/events/track"
    assert request.headers == {"Api-Key": "KEY", "Content-Type": "application/json"}
    assert body == {
        "userId": "42",
        "eventName": "cartLeft",
        "id": CONTENT["trigger_id"],
        "createdAt": 1772366400,
        "dataFields": CONTENT,
    }


def test_events_travel_in_bulk_and_in_europe() -> None:
    request, body = the_call(an_adapter_of("iterable bulk", region="eu"))
    assert request.url == "https://api.eu.iterable.com/api/events/trackBulk"
    assert [event["id"] for event in body["events"]] == [CONTENT["trigger_id"]]


def test_a_mail_carries_its_id_as_metadata_and_does_not_block_the_next_one() -> None:
    request, body = the_call(an_adapter_of("iterable email", templates={"cart_reminder": "17"}))
    assert request.url.endswith("/api/email/target")
    assert (body["campaignId"], body["recipientUserId"], body["allowRepeatMarketingSends"]) == (17, "42", True)
    assert body["metadata"]["trigger_id"] == CONTENT["trigger_id"]
    assert body["dataFields"] == CONTENT


@pytest.mark.parametrize("campaign", ["cart_reminder", "7.5", "٧", "9" * 30])
def test_a_campaign_that_is_no_number_is_a_fault_of_the_settings(campaign: str) -> None:
    with pytest.raises(UnsendableError) as caught:
        an_adapter_of("iterable email", templates={"cart_reminder": campaign}).item(a_send())
    assert caught.value.reason is Reason.CONFIGURATION


def failed(*persons: object, count: int | None = None, name: str = "notFoundUserIds") -> dict[str, Any]:
    return {"successCount": 1, "failCount": len(persons) if count is None else count, "failedUpdates": {name: list(persons)}}


@pytest.mark.parametrize(
    ("name", "count", "status", "body", "expected"),
    [
        ("iterable events", 1, 200, {"code": "Success", "msg": ""}, ["accepted"]),
        ("iterable events", 1, 200, {"code": "BadParams", "msg": ""}, ["rejected"]),
        ("iterable events", 1, 200, b"", ["ambiguous"]),
        ("iterable events", 1, 400, {"code": "RequestFieldsTypesMismatched"}, ["rejected"]),
        ("iterable events", 1, 409, {"code": "ForgottenUserError"}, ["rejected"]),
        ("iterable events", 1, 401, {"code": "BadApiKey"}, ["configuration"]),
        ("iterable events", 1, 429, {"code": "RateLimitExceeded"}, ["retry"]),
        ("iterable events", 1, 500, {"code": "GenericError"}, ["ambiguous"]),
        ("iterable bulk", 3, 200, {"successCount": 3, "failCount": 0}, ["accepted"] * 3),
        ("iterable bulk", 3, 200, failed("p1"), ["accepted", "rejected", "accepted"]),
        ("iterable bulk", 3, 200, failed("p1", name="forgottenUserIds"), ["accepted", "rejected", "accepted"]),
        ("iterable bulk", 3, 200, {"failCount": 1, "invalidUserIds": ["p2"]}, ["accepted", "accepted", "rejected"]),
        ("iterable bulk", 3, 200, failed("p1", count=2), ["split", "rejected", "split"]),
        ("iterable bulk", 3, 200, failed(count=1), ["split"] * 3),
        ("iterable bulk", 1, 200, failed(count=1), ["rejected"]),
        ("iterable bulk", 3, 200, failed(7, None, count=0), ["accepted"] * 3),
        ("iterable bulk", 3, 200, b"<html>", ["ambiguous"] * 3),
        ("iterable bulk", 3, 400, {"code": "RequestFieldsTypesMismatched"}, ["split"] * 3),
        ("iterable bulk", 3, 409, {"code": "ForgottenUserError"}, ["split"] * 3),
        ("iterable bulk", 3, 408, None, ["split"] * 3),
        ("iterable bulk", 3, 503, None, ["retry"] * 3),
    ],
)
def test_what_answers_mean(name: str, count: int, status: int, body: Any, expected: list[str]) -> None:
    assert words(name, count, status, body) == expected


def test_of_a_person_with_two_events_in_a_batch_each_is_tried_alone() -> None:
    one, two = some_sends(2)
    again = a_send(person_id="p1", trigger_id="6" * 26)
    body = b'{"failCount":1,"failedUpdates":{"invalidUserIds":["p1"]}}'
    answers = an_adapter_of("iterable bulk").answers([one, two, again], 200, {}, body)
    assert [answer.meaning for answer in answers] == [Meaning.ACCEPTED, Meaning.SPLIT, Meaning.SPLIT]
