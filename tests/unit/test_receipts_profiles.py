"""What receipts become: lines of events.raw, and changes of profiles."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from connectors.collector import index
from connectors.collector.consent_changes import changed
from connectors.collector.index import Index, Place, Send
from connectors.collector.receipts.receipt import TYPES, Bounce, Receipt, Type
from connectors.collector.segment_events import EVENTS, address_hash, raw_event
from tests.oracle import vocabulary
from tests.oracle.decode import Raw, Row, decode

NOW = "2026-03-01T12:00:00.000Z"
BEFORE, AFTER = "2026-02-01T00:00:00.000Z", "2026-03-01T10:00:00.000Z"
TRIGGER_ID = "57184V2D7RZGQ8YDP0RFFB3YC4"


def a_receipt(type_: Type, bounce: Bounce | None = None, at: str | None = "2026-03-01T09:00:00.000Z") -> Receipt:
    return Receipt(type_, bounce, False, "A@Example.com", at, "e1", "m1", TRIGGER_ID, None, "550 <a@example.com>: no such user")


def a_profile(given_at: str = BEFORE, **other: Any) -> dict[str, Any]:
    yes = {"granted": True, "version": 3, "source": "preference-centre", "at": given_at}
    consent = {"marketing_email": dict(yes), "newsletter": dict(yes), "transactional": dict(yes)}
    return {
        "person_id": "42",
        "email": " a@example.com",
        "traits": {"tier": "gold"},
        "consent": consent,
        "suppressed": None,
        "updated_at": BEFORE,
    } | other


@pytest.mark.parametrize(("receipt", "word"), [(a_receipt("bounced", "hard"), "hard_bounce"), (a_receipt("complained"), "complaint")])
def test_a_hard_bounce_and_a_complaint_suppress_and_keep_all_else(receipt: Receipt, word: str) -> None:
    assert changed(a_profile(), receipt, "marketing_email", "sendgrid", NOW) == a_profile(suppressed=word, updated_at=NOW)


@pytest.mark.parametrize("type_", [type_ for type_ in TYPES if type_ not in {"complained", "unsubscribed"}])
@pytest.mark.parametrize("bounce", ["soft", None])
def test_nothing_else_changes_a_profile_least_of_all_a_soft_bounce(type_: Type, bounce: Bounce | None) -> None:
    assert changed(a_profile(), a_receipt(type_, bounce), "marketing_email", "sendgrid", NOW) is None


def test_an_unsubscribe_takes_back_the_consent_of_the_mails_purpose_alone() -> None:
    after = changed(a_profile(), a_receipt("unsubscribed"), "marketing_email", "sendgrid", NOW)
    assert after is not None
    no = {"granted": False, "version": 3, "source": "esp:sendgrid", "at": "2026-03-01T09:00:00.000Z"}
    assert after["consent"] == a_profile()["consent"] | {"marketing_email": no}
    assert (after["suppressed"], after["updated_at"]) == (None, NOW)


@pytest.mark.parametrize("purpose", [None, "transactional"])
def test_an_unsubscribe_of_a_mail_nobody_knows_takes_back_every_consent_but_the_transactional(purpose: str | None) -> None:
    after = changed(a_profile(), a_receipt("unsubscribed"), purpose, "mailgun", NOW)
    assert after is not None
    assert {name: one["granted"] for name, one in after["consent"].items()} == {
        "marketing_email": False,
        "newsletter": False,
        "transactional": True,
    }


@pytest.mark.parametrize("receipt", [a_receipt("bounced", "hard"), a_receipt("complained"), a_receipt("unsubscribed")])
def test_a_yes_given_after_what_the_receipt_tells_of_stands(receipt: Receipt) -> None:
    assert changed(a_profile(given_at=AFTER), receipt, "marketing_email", "sendgrid", NOW) is None


@pytest.mark.parametrize("receipt", [a_receipt("bounced", "hard"), a_receipt("complained"), a_receipt("unsubscribed")])
@pytest.mark.parametrize("at", [None, "2099-01-01T00:00:00.000Z"])
def test_a_receipt_without_a_time_or_from_the_future_is_of_now_and_a_repeat_changes_nothing(receipt: Receipt, at: str | None) -> None:
    once = changed(a_profile(), replace(receipt, at=at), "marketing_email", "sendgrid", NOW)
    assert once is not None
    assert "2099" not in json.dumps(once)
    assert changed(once, replace(receipt, at=at), "marketing_email", "sendgrid", NOW) is None


def test_a_bounce_of_an_address_the_person_no_longer_has_is_none_of_theirs() -> None:
    profile = a_profile(email="new@example.com")
    assert changed(profile, a_receipt("bounced", "hard"), None, "sendgrid", NOW) is None
    assert changed(profile, a_receipt("complained"), None, "sendgrid", NOW) is not None  # whom they complain about is us


def test_an_event_names_the_person_and_the_send_and_never_the_address() -> None:
    found = raw_event("sendgrid", a_receipt("bounced", "hard"), "42", "cart_abandoned", NOW)
    assert found is not None
    key, line = found
    assert key == "42"
    assert line["properties"] == {
        "trigger_id": TRIGGER_ID, "trigger": "cart_abandoned", "person_id": "42", "email_id": "m1", "bounce": "hard", "machine": False,
        "reason": "550 <<address>>: no such user", "provider": "sendgrid",
    }  # fmt: skip
    assert (line["event"], line["userId"], line["messageId"]) == ("Email Bounced", "42", "sendgrid:e1")
    assert "example.com" not in json.dumps(found).lower()


def test_ingest_reads_the_event_without_a_flag_and_links_it() -> None:
    clicked = replace(a_receipt("clicked"), link_url="https://shop.example/p1", machine=True)
    found = raw_event("sendgrid", clicked, "42", "cart_abandoned", NOW)
    assert found is not None
    arrived = int(datetime.fromisoformat(NOW).timestamp() * 1000)
    row = decode(Raw(0, 0, arrived, json.dumps(found[1]).encode()), vocabulary.read())
    assert isinstance(row, Row)
    assert (row.event, row.event_id, row.user_id, row.flags) == ("Email Link Clicked", "sendgrid:e1", "42", [])
    assert {name: row.columns[name] for name in ("email_id", "link_url", "source")} == {
        "email_id": "m1", "link_url": "https://shop.example/p1", "source": "receipts-sendgrid",
    }  # fmt: skip


def test_an_event_of_nobody_we_know_belongs_to_a_hash_of_the_address() -> None:
    found = raw_event("sendgrid", a_receipt("opened"), None, None, NOW)
    assert found is not None
    assert found[0] == found[1]["anonymousId"] == "mail:" + address_hash("a@example.com").hex()
    assert "userId" not in found[1]


def test_an_event_without_a_time_has_none_so_that_a_repeat_is_the_same_line() -> None:
    first, second = (raw_event("postmark", a_receipt("opened", at=None), "42", None, now) for now in (NOW, AFTER))
    assert first is not None
    assert second is not None
    assert {**first[1], "receivedAt": ""} == {**second[1], "receivedAt": ""}
    assert "timestamp" not in first[1]


def test_every_type_but_unknown_has_an_event() -> None:
    assert set(TYPES) - set(EVENTS) == {"unknown"}
    assert raw_event("sendgrid", a_receipt("unknown"), "42", None, NOW) is None


def test_the_index_knows_the_newest_row_of_a_person_and_the_one_before() -> None:
    found = Index(None)
    home, work = found.hashed("a@example.com"), found.hashed(" Work@example.com")
    found.apply([index.profile("42", home, 1, 7), index.profile("42", work, 1, 9), index.profile("43", work, 0, 3)])
    assert found.place("42") == Place(1, 9, 7)
    assert found.place("43") == Place(0, 3, -1)
    found.apply([index.profile("42", work, 1, 9)])  # read again after a restart
    assert found.place("42") == Place(1, 9, 7)
    assert (found.people("a@example.com"), found.people("work@example.com")) == ([], ["42", "43"])
    found.apply([index.erased("42")])
    assert (found.place("42"), found.people("work@example.com")) == (None, ["43"])


def test_an_address_of_very_many_people_is_nobodys() -> None:
    found = Index(None)
    shared = found.hashed("info@example.com")
    found.apply([index.profile(str(number), shared, 0, number) for number in range(50)])
    assert len(found.people("info@example.com")) == 50
    found.apply([index.profile("50", shared, 0, 50)])
    assert found.people("info@example.com") == []


def test_the_index_survives_a_restart_but_not_another_cluster(tmp_path: Any) -> None:
    file = tmp_path / "collector" / "index.sqlite"
    found = Index(file)
    found.belongs_to("one")
    found.apply([index.send(TRIGGER_ID, Send("42", "cart_abandoned", "marketing_email"), 5), index.reached("triggers", 0, 8)])
    found.close()
    again = Index(file)
    again.belongs_to("one")
    assert again.send(TRIGGER_ID) == Send("42", "cart_abandoned", "marketing_email")
    assert again.reached() == {("triggers", 0): 8}
    again.apply([index.old_sends(5)])
    assert again.send(TRIGGER_ID) is not None
    assert again.hashed("a@example.com") != Index(None).hashed("a@example.com")
    again.belongs_to("two")
    assert (again.send(TRIGGER_ID), again.reached()) == (None, {})
    again.close()
