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
TESTS_OF_THE_ADDRESS = {"test_ping_event", "test_webhook_ping"}
OTHERWISE: dict[str, dict[str, str | None]] = {
    "mailjet-test_click_event": {"click_url": None},  # its payload says `"event": "open"`: only clicks have a link with us
    "sparkpost-test_bounce_challenge_response": {"event_type": "unknown"},  # we have no word for an auto-reply
    # anymail offers both and leaves the first load of an open out by default, so as not to count an open twice; we count no opens, and of a
    # mail that was cut off before its lower pixel the first load is all there is
    "sparkpost-test_initial_open_event_as_unknown": {"event_type": "opened"},
}
SEVERAL = {"sparkpost-test_amp_events": ["opened", "opened", "clicked"]}  # as above
BOUNCES = {
    "brevo": {"test_hard_bounce": "hard", "test_soft_bounce_event": "soft", "test_invalid_email": "hard"},
    "mailersend": {"test_hard_bounced_event": "hard", "test_soft_bounced_event": "soft"},
    "mailersend_v2": {"test_hard_bounced_event": "hard", "test_soft_bounced_event": "soft"},
    "mailjet": {"test_bounce_event": "hard"},
    "sparkpost": {"test_bounce_event": "hard"},
}
MACHINES = {
    "mailjet-test_open_event",
    "mailersend_v2-test_opened_event",
    "brevo-test_proxy_open_event",
    "brevo-test_unique_proxy_open_event",
}
NEW = {"brevo", "mailersend", "mailersend_v2", "mailjet", "sparkpost"}


def shared() -> Iterator[Any]:
    for path in sorted(DATA.glob("*.json")):
        content = json.loads(path.read_text(encoding="utf-8"))
        for case in content["cases"]:
            name = f"{path.stem}-{case['name'].rsplit('.', 1)[1]}"
            yield pytest.param(content["provider"], name, case, id=name)


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
    if provider == "mailersend":
        return json.dumps(raw["raw_event"]).replace("/", "\\/").encode()
    return json.dumps(raw.get("raw_sns_message") or raw.get("raw_events") or raw["raw_event"]).encode()


def wanted(provider: str, name: str, case: Mapping[str, Any]) -> dict[str, object]:
    """What the data set expects, but for what is otherwise with us on purpose."""
    told = {**case.get("expected", {}), **OTHERWISE.get(name, {})}
    if told.get("event_id", "") is None:
        del told["event_id"]  # the platform has none, ours is made up
    if provider == "postmark" and told.get("timestamp"):
        event = case["raw"]["raw_event"]
        said = next(event[key] for key in ("BouncedAt", "DeliveredAt", "ReceivedAt", "ChangedAt") if key in event)
        if said.endswith("-04:00"):  # the data set dropped the zone: 16:28 there is 20:28 UTC
            del told["timestamp"]
    if provider == "sendgrid":
        told.pop("message_id", None)  # anymail's own custom arg; SendGrid's is sg_message_id
    if name == "resend-test_sent_event":
        told.pop("event_id", None)  # two recipients: two rows, two ids
    return told


@pytest.mark.parametrize(("provider", "name", "case"), shared())
def test_a_payload_of_the_data_set_means_what_it_says(provider: str, name: str, case: Mapping[str, Any]) -> None:
    found = PROVIDERS[provider](posted(provider, case), {"svix-id": SVIX_ID} if provider == "resend" else {})
    if name.partition("-")[2] in TESTS_OF_THE_ADDRESS:
        assert found == []
        return
    if name.partition("-")[2] in NO_RECEIPTS:
        assert [type(one) for one in found] == [Unreadable]
        return
    rows = [one.row() for one in found if isinstance(one, Receipt)]
    assert len(rows) == len(found) > 0
    assert all(tuple(row) == KEYS and row["type"] in TYPES for row in rows)
    told = wanted(provider, name, case)
    assert {SAME[key]: rows[0][SAME[key]] for key in SAME if key in told} == {SAME[key]: told[key] for key in SAME if key in told}
    several = case.get("expected_in_assertion_order", {})
    if len(several.get("event_type", [])) > 1:
        assert [row["type"] for row in rows] == SEVERAL.get(name, several["event_type"])
    if "recipient" in several:
        assert [row["recipient"] for row in rows] == several["recipient"]
        assert {row["type"] for row in rows} == set(several["event_type"])


@pytest.mark.parametrize(("provider", "name", "case"), [one for one in shared() if str(one.id).partition("-")[0] in NEW])
def test_a_bounce_its_reason_and_who_opened_are_as_the_data_set_has_them(provider: str, name: str, case: Mapping[str, Any]) -> None:
    file, _, test = name.partition("-")
    for row in [one.row() for one in PROVIDERS[provider](posted(provider, case), {}) if isinstance(one, Receipt)]:
        assert row["bounce"] == BOUNCES.get(file, {}).get(test)
        assert row["machine"] is (name in MACHINES)
        said = {str(told).strip() for key in ("mta_response", "description") if (told := case.get("expected", {}).get(key))}
        if row["type"] in {"deferred", "bounced", "rejected", "failed", "complained", "unsubscribed"} and said:
            assert row["reason"] in said


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
