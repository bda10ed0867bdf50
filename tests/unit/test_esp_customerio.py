"""Customer.io: events in batches, errors by their place in a 207."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.esp_answers import CONTENT, an_adapter_of, the_call, words


def test_an_event_has_the_trigger_id_as_its_ulid() -> None:
    request, body = the_call(an_adapter_of("customerio"))
    assert request.url == "https://track.customer.io/api/v2/batch"
    assert request.headers == {"Authorization": "Basic U0lURTpLRVk=", "Content-Type": "application/json"}
    assert body == {
        "batch": [
            {
                "type": "person",
                "action": "event",
                "identifiers": {"id": "42"},
                "name": "cart_abandoned",
                "id": CONTENT["trigger_id"],
                "timestamp": 1772366400,
                "attributes": CONTENT,
            }
        ]
    }
    assert the_call(an_adapter_of("customerio", region="eu"))[0].url == "https://track-eu.customer.io/api/v2/batch"


def errors(*places: object) -> dict[str, Any]:
    return {"errors": [{"batch_index": place, "reason": "invalid", "field": "id", "message": "no"} for place in places]}


@pytest.mark.parametrize(
    ("count", "status", "body", "expected"),
    [
        (2, 200, {}, ["accepted"] * 2),
        (2, 200, b"", ["accepted"] * 2),
        (2, 200, {"errors": []}, ["accepted"] * 2),
        (2, 200, errors(1), ["accepted", "rejected"]),
        (3, 207, errors(1), ["accepted", "rejected", "accepted"]),
        (3, 207, errors(0, 2), ["rejected", "accepted", "rejected"]),
        (3, 207, errors(), ["accepted"] * 3),
        (3, 207, errors(1, 9), ["split", "rejected", "split"]),
        (3, 207, errors("1"), ["split"] * 3),
        (3, 207, errors(-1), ["split"] * 3),
        (3, 207, {"errors": ["odd"]}, ["split"] * 3),
        (1, 207, {"errors": ["odd"]}, ["rejected"]),
        (3, 207, {"errors": "odd"}, ["ambiguous"] * 3),
        (3, 207, b"<html>", ["ambiguous"] * 3),
        (2, 400, errors(0), ["split"] * 2),
        (1, 400, errors(0), ["rejected"]),
        (2, 401, None, ["configuration"] * 2),
        (2, 413, None, ["split"] * 2),
        (2, 429, None, ["retry"] * 2),
        (2, 500, None, ["ambiguous"] * 2),
    ],
)
def test_what_answers_mean(count: int, status: int, body: Any, expected: list[str]) -> None:
    assert words("customerio", count, status, body) == expected
