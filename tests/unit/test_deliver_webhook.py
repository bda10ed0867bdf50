"""The generic webhook: one body and one id however often it is sent; what each status means."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.esp.protocol import EndpointError, Meaning, Reason, UnsendableError
from connectors.esp.registry import build_adapter
from connectors.esp.webhook import MAX_BODY, Webhook
from jobs.deliver.attempt import Route
from jobs.deliver.routes import build_routes
from jobs.deliver.send import parse_send
from jobs.errors import SettingsError
from jobs.settings import Destination
from tests.unit.a_send import a_row, a_send

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
WEBHOOK = Webhook("https://esp.example/hook", {"Authorization": "Bearer key"})


def test_the_body_is_the_row_itself_and_the_id_stands_in_two_headers() -> None:
    request = WEBHOOK.request(a_send(), NOON)
    assert json.loads(request.body) == {"type": "trigger.sent", "timestamp": "2026-03-01T12:00:00.000Z", "data": a_row()}
    assert request.headers["Idempotency-Key"] == request.headers["webhook-id"] == a_row()["trigger_id"]
    assert request.headers["Authorization"] == "Bearer key"
    assert (request.method, request.url, request.headers["webhook-timestamp"]) == ("POST", "https://esp.example/hook", "1772366400")


def test_no_number_changes_on_its_way() -> None:
    raw = json.dumps(a_row()).replace('"total": 25.0', '"total": 1234567890123456.78').encode()
    assert b"1234567890123456.78" in WEBHOOK.request(parse_send(raw), NOON).body


def test_a_repeat_differs_in_its_time_stamp_header_alone() -> None:
    first, again = WEBHOOK.request(a_send(), NOON), WEBHOOK.request(a_send(), NOON + timedelta(seconds=9))
    assert first.body == again.body
    assert {name for name in first.headers if first.headers[name] != again.headers[name]} == {"webhook-timestamp"}


def test_a_request_shows_neither_url_nor_headers_nor_body() -> None:
    assert repr(WEBHOOK.request(a_send(), NOON)) == "Request(method='POST')"


def test_a_body_beyond_the_standard_is_not_sent() -> None:
    spare = MAX_BODY - len(WEBHOOK.request(a_send(template="x"), NOON).body) + 1
    assert len(WEBHOOK.request(a_send(template="x" * spare), NOON).body) == MAX_BODY
    with pytest.raises(UnsendableError) as caught:
        WEBHOOK.request(a_send(template="x" * (spare + 1)), NOON)
    assert caught.value.reason is Reason.TOO_LARGE


@pytest.mark.parametrize(
    ("status", "meaning", "reason"),
    [
        *[(status, Meaning.ACCEPTED, None) for status in (200, 201, 202, 204, 207)],
        *[(status, Meaning.REJECTED, Reason.REDIRECTED) for status in (301, 302, 304, 307, 308)],
        *[(status, Meaning.REJECTED, Reason.REFUSED) for status in (400, 404, 405, 409, 410, 415, 422)],
        (413, Meaning.REJECTED, Reason.TOO_LARGE),
        (401, Meaning.CONFIGURATION, Reason.CONFIGURATION),
        (403, Meaning.CONFIGURATION, Reason.CONFIGURATION),
        (408, Meaning.RETRY, Reason.UNAVAILABLE),
        (425, Meaning.RETRY, Reason.UNAVAILABLE),
        (429, Meaning.RETRY, Reason.RATE_LIMITED),
        (503, Meaning.RETRY, Reason.UNAVAILABLE),
        *[(status, Meaning.AMBIGUOUS, Reason.SERVER_ERROR) for status in (500, 502, 504, 520)],
    ],
)
def test_what_each_status_means(status: int, meaning: Meaning, reason: Reason | None) -> None:
    answer = WEBHOOK.classify(status, {}, b"")
    assert (answer.meaning, answer.reason) == (meaning, reason)


def test_the_wish_to_wait_is_taken_from_the_headers() -> None:
    assert WEBHOOK.classify(429, {"Retry-After": "3"}, b"").retry_after == timedelta(seconds=3)


@pytest.mark.parametrize(
    ("body", "esp_id"),
    [
        (b'{"id": "msg_1.a"}', "msg_1.a"),
        (b'{"id": 17}', "17"),
        (b'{"id": true}', None),
        (b'{"id": "ana@example.com"}', None),
        (b'{"id": "two words"}', None),
        (b'["id"]', None),
        (b"<html>", None),
        (b"[" * 100_000, None),
        (b"", None),
    ],
)
def test_the_esp_id_is_kept_when_it_looks_like_one(body: bytes, esp_id: str | None) -> None:
    assert WEBHOOK.classify(200, {}, body).esp_id == esp_id


@given(st.integers(100, 999), st.binary(max_size=200), st.dictionaries(st.just("Retry-After"), st.text()))
def test_no_answer_can_break_the_reader(status: int, body: bytes, headers: dict[str, str]) -> None:
    WEBHOOK.classify(status, headers, body)


@pytest.mark.parametrize(
    ("kind", "url", "headers", "what"),
    [
        ("telegraph", "https://esp.example", {}, "kind"),
        ("webhook", "ftp://esp.example", {}, "url"),
        ("webhook", "esp.example/hook", {}, "url"),
        ("webhook", "http://", {}, "url"),
        ("webhook", "http://esp.example:99999", {}, "url"),
        ("webhook", "http://[::1", {}, "url"),
        ("webhook", "https://esp.example/a\nb", {}, "url"),
        ("webhook", "https://esp.example", {"X-Key": "a\r\nX-Other: b"}, "headers"),
        ("webhook", "https://esp.example", {"X Key": "a"}, "headers"),
        ("webhook", "https://esp.example", {"idempotency-key": "a"}, "headers"),
    ],
)
def test_a_destination_that_cannot_be_used_is_refused_by_name(kind: str, url: str, headers: dict[str, str], what: str) -> None:
    with pytest.raises(EndpointError) as caught:
        build_adapter(kind, url, headers)
    assert caught.value.what == what


def test_secrets_are_read_when_routes_are_built_and_one_that_is_missing_stops_only_its_own() -> None:
    def read(text: str) -> str:
        if "GONE" in text:
            raise SettingsError("not set")
        return text.replace("${env:KEY}", "s3cret")

    routes = build_routes(
        {
            "good": Destination(url="https://esp.example", headers={"Authorization": "${env:KEY}"}),
            "bad": Destination(url="https://esp.example/${env:GONE}"),
            "worse": Destination(url="nonsense"),
        },
        read,
    )
    assert (routes["bad"], routes["worse"]) == (Reason.CONFIGURATION, Reason.CONFIGURATION)
    assert isinstance(routes["good"], Route)
    assert routes["good"].adapter.request(a_send(), NOON).headers["Authorization"] == "s3cret"
