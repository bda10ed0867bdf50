"""Segment: batches it takes whole, because what is too much is lost with a 200."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from connectors.esp.protocol import Reason, UnsendableError
from tests.unit.a_send import a_send
from tests.unit.esp_answers import CONTENT, NOON, an_adapter_of, the_call, words
from tests.unit.esp_cases import some_sends


def test_an_event_has_a_prefixed_id_and_the_key_is_basic() -> None:
    request, body = the_call(an_adapter_of("segment", events={"cart_abandoned": "Cart Abandoned"}))
    assert request.url == "https://api.segment.io/v1/batch"
    assert request.headers == {"Authorization": "Basic S0VZOg==", "Content-Type": "application/json"}
    assert body == {
        "batch": [
            {
                "type": "track",
                "userId": "42",
                "event": "Cart Abandoned",
                "messageId": "rekindle-57184V2D7RZGQ8YDP0RFFB3YC4",
                "timestamp": "2026-03-01T12:00:00.000Z",
                "properties": CONTENT,
            }
        ]
    }
    assert the_call(an_adapter_of("segment", region="eu"))[0].url == "https://events.eu1.segmentapis.com/v1/batch"


def test_more_events_or_bytes_than_are_read_there_are_never_asked_for() -> None:
    adapter = an_adapter_of("segment")
    sends = some_sends(2_501)
    for items in ([b"{}"] * 2_501, [b"x" * 400_000] * 2):
        with pytest.raises(ValueError, match="batch"):
            adapter.request(sends, items, NOON)


def test_an_event_above_32_kb_is_too_large() -> None:
    with pytest.raises(UnsendableError) as caught:
        an_adapter_of("segment").item(a_send(payload={"text": "x" * 32_000}))
    assert caught.value.reason is Reason.TOO_LARGE


@pytest.mark.parametrize(
    ("count", "status", "body", "expected"),
    [
        (2, 200, {"success": True}, ["accepted"] * 2),
        (2, 400, {"success": False}, ["split"] * 2),
        (1, 400, {"success": False}, ["rejected"]),
        (2, 413, None, ["split"] * 2),
        (2, 401, None, ["configuration"] * 2),
        (2, 429, None, ["retry"] * 2),
        (2, 503, None, ["retry"] * 2),
        (2, 502, b"<html>", ["ambiguous"] * 2),
    ],
)
def test_what_answers_mean(count: int, status: int, body: Any, expected: list[str]) -> None:
    assert words("segment", count, status, body) == expected


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"Retry-After": "3", "X-RateLimit-Reset": "9"}, 3),
        ({"X-RateLimit-Reset": "9", "X-RateLimit-Remaining": "0"}, 9),
        ({}, None),
    ],
)
def test_a_429_tells_in_seconds_when_to_come_back(headers: dict[str, str], wait: int | None) -> None:
    answer = an_adapter_of("segment").answers(some_sends(1), 429, headers, b"")[0]
    assert answer.retry_after == (None if wait is None else timedelta(seconds=wait))
