"""Webhooks of three platforms through the real collector into a real Kafka."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from connectors.collector.index import Index
from connectors.collector.intake import Intake
from connectors.collector.log_writer import LogWriter, Record
from connectors.collector.people import People
from connectors.collector.receipts.receipt import Receipt
from connectors.kafka_read import Read, records
from jobs.settings import process_environment
from rekindle.local import processes
from rekindle.local.ports import LOOPBACK, free_ports
from rekindle.local.waiting import wait_until
from tests.integration.contracts import broken_rows
from tests.integration.kafka_alone import kafka, producer

TRIGGER_ID = "57184V2D7RZGQ8YDP0RFFB3YC4"
SIGNING = ec.generate_private_key(ec.SECP256R1())
SETTINGS = """
collector:
  max_body: 65536
  receivers:
    sendgrid: {secrets: ["${env:SENDGRID_KEY}"]}
    mailgun: {secrets: ["${env:MAILGUN_KEY}"]}
    postmark: {proof: basic, secrets: ["${env:POSTMARK_PASSWORD}"]}
"""
SEND = {
    "trigger_id": TRIGGER_ID, "trigger": "cart_abandoned", "version": 1, "person_id": "42", "destination": "default", "template": "t",
    "purpose": "marketing_email", "variant": None, "payload": {}, "fired_at": "2026-03-01T10:00:00.000Z",
    "decided_at": "2026-03-01T10:00:30.000Z", "expires_at": "2026-03-01T16:00:00.000Z", "consent": None, "address": None,
    "schema_version": 1,
}  # fmt: skip


def a_profile(person: str) -> dict[str, Any]:
    yes = {"granted": True, "version": 3, "source": "crm", "at": "2026-01-01T00:00:00.000Z"}
    consent = {"marketing_email": yes, "newsletter": yes}
    email = f"person-{person}@example.com"
    return {"person_id": person, "email": email, "traits": {"a": [1, 2.5]}, "consent": consent, "suppressed": None, "updated_at": yes["at"]}


@dataclass
class Running:
    servers: str
    url: str
    output: Path
    broker: psutil.Process
    session: requests.Session = field(default_factory=requests.Session)

    def post(self, path: str, body: bytes, headers: dict[str, str]) -> requests.Response:
        return self.session.post(f"{self.url}/receipts/{path}", data=body, headers=headers, timeout=30)

    def sendgrid(self, *events: dict[str, Any]) -> requests.Response:
        body, at = json.dumps(events).encode(), str(int(time.time()))
        signature = base64.b64encode(SIGNING.sign(at.encode() + body, ec.ECDSA(SHA256()))).decode()
        name = "X-Twilio-Email-Event-Webhook-"
        return self.post("sendgrid", body, {f"{name}Signature": signature, f"{name}Timestamp": at})

    def mailgun(self, token: str, event: dict[str, Any], key: str = "mailgun-key") -> requests.Response:
        at = str(int(time.time()))
        signature = hmac.new(key.encode(), (at + token).encode(), hashlib.sha256).hexdigest()
        body = {"signature": {"timestamp": at, "token": token, "signature": signature}, "event-data": event}
        return self.post("mailgun", json.dumps(body).encode(), {})

    def postmark(self, event: dict[str, Any], password: str = "postmark-password") -> requests.Response:
        login = base64.b64encode(f"rekindle:{password}".encode()).decode()
        return self.post("postmark", json.dumps(event).encode(), {"Authorization": f"Basic {login}"})

    def read(self, topic: str) -> list[Read]:
        rows = list(records(self.servers, topic))
        assert broken_rows(topic, rows) == []  # type: ignore[arg-type]
        return rows

    def events(self, message_id: str) -> list[dict[str, Any]]:
        lines = [(row.key, json.loads(row.value or b"{}")) for row in self.read("events.raw")]
        return [{"key": (key or b"").decode(), **line} for key, line in lines if line["messageId"] == message_id]

    def profiles(self, person: str) -> list[dict[str, Any]]:
        """All rows of a person, oldest first."""
        return [json.loads(row.value or b"{}") for row in self.read("profiles") if row.key == person.encode()]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, jars: Path) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("receipts")
    (folder / "settings.yaml").write_text(SETTINGS, encoding="utf-8")
    public = SIGNING.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    secrets = {"SENDGRID_KEY": base64.b64encode(public).decode(), "MAILGUN_KEY": "mailgun-key", "POSTMARK_PASSWORD": "postmark-password"}
    with kafka(folder, jars) as servers:
        log = producer(servers)
        for person in ("42", "43", "44", "45", "46"):
            log.produce("profiles", key=person, value=json.dumps(a_profile(person)).encode())
        log.produce("triggers", key="42", value=json.dumps(SEND).encode())
        assert log.flush(30) == 0
        (port,) = free_ports(1)
        command = [
            sys.executable,
            "-m",
            "rekindle.cli.main",
            "--settings",
            str(folder / "settings.yaml"),
            "--state-dir",
            str(folder / "state"),
        ]
        command += ["--set", f"kafka.servers={servers}", "collector", "--port", str(port)]
        process = processes.spawn(command, {**process_environment(), **secrets}, folder / "collector.out")
        one = Running(servers, f"http://{LOOPBACK}:{port}", folder / "collector.out", _broker(folder))
        try:
            assert wait_until(lambda: _ready(one.url), 60.0), one.output.read_text(encoding="utf-8")[-2000:]
            yield one
        finally:
            processes.stop([process])


def _broker(folder: Path) -> psutil.Process:
    """The Java process of this test's Kafka; the one that formatted its disk may still be there as a zombie."""
    found = psutil.process_iter(["cmdline", "status"])
    told = ((one, one.info["cmdline"] or []) for one in found if one.info["status"] != psutil.STATUS_ZOMBIE)
    return next(one for one, words in told if "kafka.Kafka" in words and str(folder) in " ".join(words))


def _ready(url: str) -> bool:
    try:
        return requests.get(f"{url}/health", timeout=5).status_code == 200
    except requests.ConnectionError:
        return False


def test_a_click_at_sendgrid_becomes_an_event_of_the_person_we_mailed_linked_by_its_trigger_id(running: Running) -> None:
    click = {"event": "click", "email": "person-42@example.com", "timestamp": 1772362800, "sg_event_id": "c1", "sg_message_id": "m1"}
    answer = running.sendgrid(
        {**click, "url": "https://shop.example/p1", "trigger_id": TRIGGER_ID, "useragent": "Mozilla/5.0 (X11; Linux)"}
    )
    assert (answer.status_code, answer.json()["written"]) == (200, 1)
    (line,) = running.events("sendgrid:c1")
    assert (line["key"], line["userId"], line["event"], line["timestamp"]) == ("42", "42", "Email Link Clicked", "2026-03-01T11:00:00.000Z")
    assert line["properties"] == {
        "trigger_id": TRIGGER_ID, "trigger": "cart_abandoned", "person_id": "42", "email_id": "m1", "link_url": "https://shop.example/p1",
        "machine": False, "provider": "sendgrid",
    }  # fmt: skip


def test_an_unsubscribe_takes_back_the_consent_of_that_mail_at_once(running: Running) -> None:
    event = {"event": "unsubscribed", "timestamp": 1772362800.5, "recipient": "x@example.com", "user-variables": {"trigger_id": TRIGGER_ID}}
    answer = running.mailgun("u1", event)
    assert (answer.status_code, answer.json()["profiles_changed"]) == (200, 1)
    before, after = running.profiles("42")
    no = {"granted": False, "version": 3, "source": "esp:mailgun", "at": "2026-03-01T11:00:00.500Z"}
    assert after == before | {"consent": before["consent"] | {"marketing_email": no}, "updated_at": after["updated_at"]}
    assert [line["event"] for line in running.events("mailgun:u1")] == ["Unsubscribed"]


def test_a_hard_bounce_suppresses_whoever_has_the_address_and_a_repeat_changes_nothing_more(running: Running) -> None:
    bounce = {
        "RecordType": "Bounce", "Type": "HardBounce", "ID": 901, "Email": "Person-43@example.com", "MessageID": "m2",
        "BouncedAt": "2026-03-01T06:00:00.1234567-05:00", "Details": "550 <person-43@example.com> unknown",
    }  # fmt: skip
    for changed in (1, 0):
        answer = running.postmark(bounce)
        assert (answer.status_code, answer.json()["profiles_changed"]) == (200, changed)
    assert [row["suppressed"] for row in running.profiles("43")] == [None, "hard_bounce"]
    lines = running.events("postmark:901")
    assert len(lines) == 2  # of one messageId: ingest drops the second
    assert len({json.dumps({**line, "receivedAt": ""}, sort_keys=True) for line in lines}) == 1
    assert (lines[0]["userId"], lines[0]["properties"]["bounce"], lines[0]["timestamp"]) == ("43", "hard", "2026-03-01T11:00:00.123Z")


def test_a_soft_bounce_and_a_deferral_change_no_profile(running: Running) -> None:
    base = {"email": "person-44@example.com", "timestamp": 1772362800, "sg_message_id": "m3"}
    blocked = {**base, "event": "bounce", "type": "blocked", "sg_event_id": "s1"}
    assert running.sendgrid(blocked, {**base, "event": "deferred", "sg_event_id": "s2"}).json()["profiles_changed"] == 0
    assert len(running.profiles("44")) == 1
    assert [line["event"] for line in running.events("sendgrid:s1") + running.events("sendgrid:s2")] == ["Email Bounced", "Email Deferred"]


def test_what_is_not_proven_is_refused_and_nothing_is_written(running: Running) -> None:
    before = [len(running.read(topic)) for topic in ("events.raw", "profiles")]
    complaint = {"RecordType": "SpamComplaint", "ID": 902, "Email": "person-44@example.com"}
    answers = [
        running.postmark(complaint, password="guessed"),
        running.mailgun("x1", {"event": "complained", "recipient": "person-44@example.com"}, key="guessed"),
        running.post("sendgrid", b"[]", {}),
        running.post("postmark/secret", json.dumps(complaint).encode(), {}),
    ]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 401]
    assert running.post("resend", b"{}", {}).status_code == 404
    assert running.post("sendgrid", b"x" * 65_537, {}).status_code == 413
    assert running.postmark({"hello": "world"}).status_code == 400
    assert [len(running.read(topic)) for topic in ("events.raw", "profiles")] == before


def test_a_mailgun_token_counts_once_whatever_body_comes_with_it(running: Running) -> None:
    opened = {"event": "opened", "recipient": "person-45@example.com", "timestamp": 1772362800}
    assert running.mailgun("t1", opened).json()["written"] == 1
    replayed = running.mailgun("t1", {**opened, "event": "complained"})
    assert (replayed.status_code, replayed.json()) == (200, {"repeated": True})
    assert [row["suppressed"] for row in running.profiles("45")] == [None]


def test_an_item_that_cannot_be_read_does_not_hide_its_neighbours(running: Running) -> None:
    spam = {"event": "spamreport", "email": "person-46@example.com", "timestamp": 1772362800, "sg_event_id": "n1"}
    answer = running.sendgrid({"email": "person-46@example.com"}, spam)
    assert answer.status_code == 200
    assert answer.json()["unreadable"] == [{"index": 0, "reason": "no 'event': not an event of this provider"}]
    assert [row["suppressed"] for row in running.profiles("46")] == [None, "complaint"]


def test_a_row_the_crm_wrote_between_our_reading_and_our_writing_is_not_lost(running: Running) -> None:
    crm = producer(running.servers)

    class Racing(LogWriter):
        """Lets the CRM write a newer row right before our first."""

        raced = False

        def write(self, records: Sequence[Record]) -> list[int]:
            if not self.raced:
                self.raced = True
                crm.produce("profiles", key="47", value=json.dumps(a_profile("47") | {"first_name": "Ana"}).encode())
                assert crm.flush(30) == 0
            return super().write(records)

    crm.produce("profiles", key="47", value=json.dumps(a_profile("47")).encode())
    assert crm.flush(30) == 0
    index = Index(None)
    people, log = People(running.servers, {}, index), Racing(running.servers, {})
    people.start()
    try:
        assert wait_until(lambda: people.is_ready, 30.0)
        complaint = Receipt("complained", None, False, "person-47@example.com", None, "r1", None, None, None, None)
        intake = Intake(people, index, log, lambda: datetime(2026, 3, 1, tzinfo=UTC))
        assert [intake.take("generic", [complaint]).changed for _ in range(2)] == [1, 0]
    finally:
        log.close()
        people.close()
    told = [(row.get("first_name"), row["suppressed"]) for row in running.profiles("47")]
    assert told == [(None, None), ("Ana", None), (None, "complaint"), ("Ana", "complaint")]


def test_an_erased_person_does_not_come_back_by_a_receipt(running: Running) -> None:
    crm = producer(running.servers)
    crm.produce("profiles", key="45", value=None)
    assert crm.flush(30) == 0
    complaint = {"event": "spamreport", "email": "person-45@example.com", "timestamp": 1772362800, "sg_event_id": "er1", "person_id": "45"}
    assert running.sendgrid(complaint).json()["profiles_changed"] == 0
    assert [row.value is None for row in running.read("profiles") if row.key == b"45"] == [False, True]


def test_while_kafka_does_not_answer_nobody_is_thanked_and_afterwards_the_repeat_is_written(running: Running) -> None:
    late = {"event": "open", "email": "person-44@example.com", "timestamp": 1772362800, "sg_event_id": "k1"}
    running.broker.suspend()
    try:
        away = running.sendgrid(late)
    finally:
        running.broker.resume()
    assert (away.status_code, away.headers.get("Retry-After")) == (503, "5"), away.text
    assert wait_until(lambda: running.sendgrid(late).status_code == 200, 60.0)
    assert {line["event"] for line in running.events("sendgrid:k1")} == {"Email Opened"}


def test_the_collectors_log_names_no_address_and_no_secret(running: Running) -> None:
    assert running.sendgrid({"event": "open", "email": "person-44@example.com", "sg_event_id": "l1"}).status_code == 200
    said = running.output.read_text(encoding="utf-8")
    assert "sendgrid 200" in said
    assert [word for word in ("@example.com", "person-4", "mailgun-key", "postmark-password", "guessed", "secret") if word in said] == []
