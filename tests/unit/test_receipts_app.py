"""What the collector answers when something is not as it should be: no Kafka, no such path, too much."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError
from starlette.applications import Starlette

from connectors.collector.errors import KafkaAwayError
from connectors.collector.log_writer import LogWriter, Record
from connectors.collector.receivers import Receiver, check_of
from connectors.collector.server import Options, application
from jobs.receivers import Collector
from rekindle.local.ports import LOOPBACK, free_ports

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
OPENED = b'{"type": "opened", "recipient": "a@example.com"}'
BEARER = {"authorization": "Bearer s3cret"}


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


def call(app: Starlette, path: str, body: bytes = OPENED, headers: dict[str, str] | None = None, method: str = "POST") -> Answer:
    """One HTTP call as a server hands it to the application."""
    sent: list[Any] = []
    pieces = [body[at : at + 100] for at in range(0, len(body), 100)] or [b""]

    async def receive() -> dict[str, Any]:
        piece = pieces.pop(0)
        return {"type": "http.request", "body": piece, "more_body": bool(pieces)}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http", "method": method, "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "", "scheme": "http",
        "headers": [(name.encode(), value.encode()) for name, value in (headers or {}).items()],
    }  # fmt: skip
    asyncio.run(app(scope, receive, send))
    told = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return Answer(sent[0]["status"], told, b"".join(one.get("body", b"") for one in sent[1:]))


@pytest.fixture(scope="module")
def app() -> Starlette:
    """A collector whose Kafka is not there."""
    (port,) = free_ports(1)
    receivers = {"generic": Receiver("bearer", ["s3cret"]), "brevo": Receiver("path", ["s3cret"])}
    return application(Options(f"{LOOPBACK}:{port}", receivers, max_body=1000), lambda: NOW)


def test_without_kafka_a_provider_is_told_to_come_again_and_never_thanked(app: Starlette) -> None:
    answer = call(app, "/receipts/generic", headers=BEARER)
    assert (answer.status, answer.headers["retry-after"]) == (503, "5")
    assert call(app, "/health", method="GET").status == 503


def test_a_record_kafka_did_not_acknowledge_is_an_error() -> None:
    (port,) = free_ports(1)
    log = LogWriter(f"{LOOPBACK}:{port}", {}, ack_ms=100)
    with pytest.raises(KafkaAwayError):
        log.write([Record("events.raw", "42", b"{}")])
    log.close()


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/receipts/generic", {}, 401),
        ("/receipts/generic", {"authorization": "Bearer guessed"}, 401),
        ("/receipts/generic/s3cret", {}, 401),
        ("/receipts/brevo", {}, 401),
        ("/receipts/brevo/guessed", BEARER, 401),
        ("/receipts/brevo/s3cret", {}, 400),  # the door is open, but this is none of Brevo's
        ("/receipts/sendgrid", BEARER, 404),
        ("/receipts/../etc", BEARER, 404),
        ("/", BEARER, 404),
    ],
)
def test_doors_open_to_their_own_proof_alone(app: Starlette, path: str, headers: dict[str, str], status: int) -> None:
    answer = call(app, path, b'{"type": "opened"}', headers)
    assert answer.status == status
    assert b"s3cret" not in answer.body


@pytest.mark.parametrize("headers", [{}, {"content-length": "1001"}, {"content-length": "-1"}, {"content-length": "5"}])
def test_too_large_a_body_is_refused_whatever_its_length_is_said_to_be(app: Starlette, headers: dict[str, str]) -> None:
    assert call(app, "/receipts/generic", b"x" * 1001, BEARER | headers).status == 413


def test_a_body_that_cannot_be_read_is_the_senders_to_mend(app: Starlette) -> None:
    assert call(app, "/receipts/generic", b"<html>", BEARER).status == 400
    answer = call(app, "/receipts/generic", b"[1, 2]", BEARER)
    assert answer.status == 400
    assert [one["index"] for one in json.loads(answer.body)["unreadable"]] == [0, 1]


def test_providers_may_look_whether_anybody_is_there(app: Starlette) -> None:
    assert [call(app, f"/receipts/{name}", b"", {}, "HEAD").status for name in ("generic", "sendgrid")] == [200, 404]


@pytest.mark.parametrize("receiver", [Receiver("signature", ["no key"])])
@pytest.mark.parametrize("provider", ["sendgrid", "resend"])
def test_a_secret_of_another_form_is_told_without_its_value(provider: str, receiver: Receiver) -> None:
    with pytest.raises(ValueError, match=f"a secret of {provider} is not of the form") as told:
        check_of(provider, receiver)
    assert "no key" not in str(told.value)
    assert "no key" not in repr(receiver)


@pytest.mark.parametrize(
    ("receivers", "reason"),
    [
        ({"sendgird": {}}, "expected one of amazon_ses, sendgrid"),
        ({"postmark": {"secrets": ["${env:X}"]}}, "postmark signs nothing"),
        ({"sendgrid": {}}, "receivers.sendgrid.secrets: expected at least one"),
        ({"sendgrid": {"secrets": ["MFkw"]}}, "never the secret itself"),
        ({"amazon_ses": {}}, "receivers.amazon_ses.topics"),
        ({"mandrill": {"secrets": ["${env:X}"]}}, "receivers.mandrill.url"),
        ({"brevo": {"proof": "magic", "secrets": ["${env:X}"]}}, "proof"),
    ],
)
def test_settings_that_leave_a_door_open_are_refused(receivers: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason) as told:
        Collector.model_validate({"receivers": receivers})
    assert "MFkw" not in str(told.value)
