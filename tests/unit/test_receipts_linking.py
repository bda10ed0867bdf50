"""What our adapters send along comes back in receipts, and links them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

import pytest

from connectors.collector.receipts import linking
from connectors.collector.receipts.receipt import Receipt
from connectors.collector.receipts.registry import PROVIDERS
from tests.unit.a_send import a_send, an_adapter, call_of

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
TRIGGER_ID = "57184V2D7RZGQ8YDP0RFFB3YC4"
Echo = Callable[[bytes], Any]
"""What the platform posts of a mail that was sent with this request body."""


def sendgrid(body: bytes) -> Any:
    return [{"event": "open", **json.loads(body)["personalizations"][0]["custom_args"]}]


def mailgun(body: bytes) -> Any:
    fields = parse_qs(body.decode())
    return {
        "event-data": {"event": "opened", "user-variables": {name[2:]: value[0] for name, value in fields.items() if name.startswith("v:")}}
    }


def postmark(body: bytes) -> Any:
    sent = json.loads(body)
    mail = sent["Messages"][0] if "Messages" in sent else sent[0] if isinstance(sent, list) else sent
    return {"RecordType": "Open", "Metadata": mail["Metadata"]}


OPTIONS: dict[str, tuple[Echo, dict[str, Any]]] = {
    "sendgrid": (sendgrid, {"api_key": "${env:KEY}"}),
    "mailgun": (mailgun, {"api_key": "${env:KEY}", "domain": "mail.shop.example"}),
    "postmark": (postmark, {"server_token": "${env:KEY}"}),
}


@pytest.mark.parametrize("kind", OPTIONS)
def test_a_receipt_links_by_what_the_adapter_sent_along(kind: str) -> None:
    echo, options = OPTIONS[kind]
    request = call_of(
        an_adapter(kind, lambda _: "key", from_email="hello@shop.example", **options),
        a_send(address="a@example.com", template="d-1"),
        at=NOON,
    )
    (receipt,) = PROVIDERS[kind](json.dumps(echo(request.body)).encode(), {})
    assert isinstance(receipt, Receipt)
    assert (receipt.trigger_id, receipt.person_id) == (TRIGGER_ID, "42")


@pytest.mark.parametrize(
    "place",
    [
        {"trigger_id": TRIGGER_ID},
        {"Trigger-Id": TRIGGER_ID},
        {"X-Trigger-ID": [TRIGGER_ID]},
        [{"name": "X-Rekindle-Trigger-Id", "value": TRIGGER_ID}],
        [{"name": "X-Metadata", "value": json.dumps({"trigger_id": TRIGGER_ID})}],
        json.dumps({"metadata": {"trigger_id": TRIGGER_ID}}),
        ["sale", f"trigger_id:{TRIGGER_ID}"],
        f"campaign=7;trigger_id={TRIGGER_ID}",
        [{"trigger_id": "nonsense"}, {"trigger_id": TRIGGER_ID}],
    ],
)
def test_a_trigger_id_is_found_wherever_platforms_hand_it_back(place: object) -> None:
    assert linking.trigger_id(place) == TRIGGER_ID


@pytest.mark.parametrize(
    "place",
    [
        None,
        7,
        TRIGGER_ID,
        {"id": TRIGGER_ID},
        {"trigger_id": TRIGGER_ID[:-1]},
        {"trigger_id": TRIGGER_ID.lower()},
        {"trigger_id": "I" * 26},
        {"url": f"https://shop.example/?trigger_id={TRIGGER_ID}"},
    ],
)
def test_what_is_no_trigger_id_or_under_another_name_links_nothing(place: object) -> None:
    assert linking.trigger_id(place) is None
