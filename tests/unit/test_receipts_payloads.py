"""What platforms post, and what it means: every payload of tests/data/email-webhooks."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from connectors.collector.receipts.receipt import KEYS, TYPES, Receipt, Unreadable
from connectors.collector.receipts.registry import PROVIDERS

DATA = Path(__file__).parents[1] / "data" / "email-webhooks"
SVIX_ID = "msg_2W2D3qXLS5fOaPja1GDg7rF2CwB"
SAME = {
    "event_type": "type",
    "recipient": "recipient",
    "timestamp": "at",
    "message_id": "message_id",
    "event_id": "provider_event_id",
    "click_url": "link_url",
}
NO_RECEIPTS = {"test_incorrect_received_event", "test_misconfigured_inbound"}


def shared() -> Iterator[Any]:
    for path in sorted(DATA.glob("*.json")):
        content = json.loads(path.read_text(encoding="utf-8"))
        for case in content["cases"]:
            yield pytest.param(content["provider"], case, id=f"{content['provider']}-{case['name'].rsplit('.', 1)[1]}")


def documented() -> Iterator[Any]:
    for path in sorted(DATA.glob("documented/*.json")):
        content = json.loads(path.read_text(encoding="utf-8"))
        for case in content["cases"]:
            yield pytest.param(content["provider"], case, id=f"{content['provider']}-{case['name']}")


def posted(provider: str, case: Mapping[str, Any]) -> bytes:
    """The body as the provider posts it."""
    raw = case["raw"]
    if provider == "mandrill":
        return urlencode({"mandrill_events": json.dumps(raw["raw_events"])}).encode()
    if provider == "mailgun" and "Legacy" in case["name"]:
        return urlencode(raw["raw_event"], doseq=True).encode()
    return json.dumps(raw.get("raw_sns_message") or raw.get("raw_events") or raw["raw_event"]).encode()


def wanted(provider: str, case: Mapping[str, Any]) -> dict[str, object]:
    """What the data set expects, but for what is otherwise with us on purpose."""
    told = dict(case.get("expected", {}))
    if provider == "postmark" and told.get("timestamp"):
        event = case["raw"]["raw_event"]
        said = next(event[key] for key in ("BouncedAt", "DeliveredAt", "ReceivedAt", "ChangedAt") if key in event)
        if said.endswith("-04:00"):  # the data set dropped the zone: 16:28 there is 20:28 UTC
            del told["timestamp"]
    if provider == "sendgrid":
        told.pop("message_id", None)  # anymail's own custom arg; SendGrid's is sg_message_id
    if case["name"].endswith("test_sent_event"):
        told.pop("event_id", None)  # two recipients: two rows, two ids
    return told


@pytest.mark.parametrize(("provider", "case"), shared())
def test_a_payload_of_the_data_set_means_what_it_says(provider: str, case: Mapping[str, Any]) -> None:
    found = PROVIDERS[provider](posted(provider, case), {"svix-id": SVIX_ID} if provider == "resend" else {})
    if case["name"].rsplit(".", 1)[1] in NO_RECEIPTS:
        assert [type(one) for one in found] == [Unreadable]
        return
    rows = [one.row() for one in found if isinstance(one, Receipt)]
    assert len(rows) == len(found) > 0
    assert all(tuple(row) == KEYS and row["type"] in TYPES for row in rows)
    told = wanted(provider, case)
    assert {SAME[key]: rows[0][SAME[key]] for key in SAME if key in told} == {SAME[key]: told[key] for key in SAME if key in told}
    several = case.get("expected_in_assertion_order", {})
    if "recipient" in several:
        assert [row["recipient"] for row in rows] == several["recipient"]
        assert {row["type"] for row in rows} == set(several["event_type"])


@pytest.mark.parametrize(("provider", "case"), documented())
def test_a_documented_payload_means_what_the_documentation_says(provider: str, case: Mapping[str, Any]) -> None:
    body = json.dumps(case["body"]).encode()
    body = urlencode({"mandrill_events": body.decode()}).encode() if provider == "mandrill" else body
    rows = [one.row() for one in PROVIDERS[provider](body, {}) if isinstance(one, Receipt)]
    assert [{key: row[key] for key in expected} for row, expected in zip(rows, case["expected"], strict=True)] == case["expected"]


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_provider_has_payloads_with_a_trigger_id_and_all_kinds_of_ends(provider: str) -> None:
    content = json.loads((DATA / "documented" / f"{provider}.json").read_text(encoding="utf-8"))
    assert any(row.get("trigger_id") for case in content["cases"] for row in case["expected"])
