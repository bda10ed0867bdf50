"""Klaviyo: JSON:API events, bulk jobs, and a 400 that may mean the key."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from connectors.esp.protocol import Left, Reason, UnsendableError
from tests.unit.a_send import a_send
from tests.unit.esp_answers import CONTENT, an_adapter_of, the_call, words
from tests.unit.esp_cases import some_sends

METRIC = {"data": {"type": "metric", "attributes": {"name": "Cart Abandoned"}}}
EVENT = {"unique_id": CONTENT["trigger_id"], "time": "2026-03-01T12:00:00.000Z", "properties": CONTENT, "metric": METRIC}
PROFILE = {"data": {"type": "profile", "attributes": {"external_id": "42"}}}
NAMES = {"cart_abandoned": "Cart Abandoned"}


def test_an_event_has_its_unique_id_its_metric_and_its_profile() -> None:
    request, body = the_call(an_adapter_of("klaviyo", events=NAMES))
    assert request.url == "https://a.klaviyo.com/api/events"
    assert request.headers["Authorization"] == "Klaviyo-API-Key KEY"
    assert request.headers["revision"] == "2026-07-15"
    assert body == {"data": {"type": "event", "attributes": {**EVENT, "profile": PROFILE}}}


def test_a_bulk_job_holds_the_same_events_by_profile() -> None:
    request, body = the_call(an_adapter_of("klaviyo bulk", events=NAMES))
    assert request.url == "https://a.klaviyo.com/api/event-bulk-create-jobs"
    assert body["data"]["type"] == "event-bulk-create-job"
    assert body["data"]["attributes"]["events-bulk-create"]["data"] == [
        {
            "type": "event-bulk-create",
            "attributes": {"profile": PROFILE, "events": {"data": [{"type": "event", "attributes": EVENT}]}},
        }
    ]


def test_an_address_is_told_only_when_the_send_has_one() -> None:
    _, body = the_call(an_adapter_of("klaviyo"), address="ana@example.com")
    assert body["data"]["attributes"]["profile"]["data"]["attributes"] == {"external_id": "42", "email": "ana@example.com"}


def test_more_than_400_properties_are_too_many() -> None:
    own = len(CONTENT) - 3  # what identifies the mail
    adapter = an_adapter_of("klaviyo")
    adapter.item(a_send(payload={str(n): n for n in range(400 - own)}))
    with pytest.raises(UnsendableError) as caught:
        adapter.item(a_send(payload={str(n): n for n in range(401 - own)}))
    assert caught.value.reason is Reason.TOO_LARGE


def at(*places: object) -> dict[str, Any]:
    pointer = "/data/attributes/events-bulk-create/data/{}/attributes/profile"
    return {"errors": [{"code": "invalid", "source": {"pointer": pointer.format(place)}} for place in places]}


@pytest.mark.parametrize(
    ("name", "count", "status", "body", "expected"),
    [
        ("klaviyo", 1, 202, b"", ["accepted"]),
        ("klaviyo", 1, 400, at(0), ["rejected"]),
        ("klaviyo", 1, 400, {"errors": [{"code": "not_authenticated"}]}, ["configuration"]),
        ("klaviyo", 1, 400, {"errors": [{"code": ["odd"]}]}, ["rejected"]),
        ("klaviyo", 1, 401, None, ["configuration"]),
        ("klaviyo", 1, 409, None, ["rejected"]),
        ("klaviyo", 1, 429, None, ["retry"]),
        ("klaviyo", 1, 503, None, ["retry"]),
        ("klaviyo", 1, 500, None, ["ambiguous"]),
        ("klaviyo bulk", 3, 202, b"", ["accepted"] * 3),
        ("klaviyo bulk", 3, 400, at(1), ["split", "rejected", "split"]),
        ("klaviyo bulk", 3, 400, at(7, "x"), ["split"] * 3),
        ("klaviyo bulk", 3, 400, b"<html>", ["split"] * 3),
        ("klaviyo bulk", 3, 413, None, ["split"] * 3),
        ("klaviyo bulk", 3, 403, None, ["configuration"] * 3),
    ],
)
def test_what_answers_mean(name: str, count: int, status: int, body: Any, expected: list[str]) -> None:
    assert words(name, count, status, body) == expected


def test_the_limit_is_told_in_seconds_left() -> None:
    answer = an_adapter_of("klaviyo").answers(some_sends(1), 202, {"RateLimit-Remaining": "8", "RateLimit-Reset": "1"}, b"")[0]
    assert answer.left == Left(8, timedelta(seconds=1))
    assert an_adapter_of("klaviyo").answers(some_sends(1), 429, {"Retry-After": "5"}, b"")[0].retry_after == timedelta(seconds=5)
