"""The generic webhook: one body and one id however often it is sent; what each status means."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.esp.protocol import EndpointError, Meaning, Reason, UnsendableError
from connectors.esp.webhook import MAX_BODY
from jobs.deliver.routes import Route, build_route
from jobs.deliver.send import parse_send
from jobs.errors import SettingsError
from tests.unit.a_send import a_destination, a_row, a_send, an_adapter, call_of

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
WEBHOOK = an_adapter("webhook", url="https://esp.example/hook", headers={"Authorization": "Bearer key"})


def test_the_body_is_the_row_itself_and_the_id_stands_in_two_headers() -> None:
    request = call_of(WEBHOOK, a_send(), at=NOON)
    assert json.loads(request.body) == {"type": "trigger.sent", "timestamp": "2026-03-01T12:00:00.000Z", "data": a_row()}
    assert request.headers["Idempotency-Key"] == request.headers["webhook-id"] == a_row()["trigger_id"]
    assert request.headers["Authorization"] == "Bearer key"
    assert (request.method, request.url, request.headers["webhook-timestamp"]) == ("POST", "https://esp.example/hook", "1772366400")


def test_no_number_changes_on_its_way() -> None:
    raw = json.dumps(a_row()).replace('"total": 25.0', '"total": 1234567890123456.78').encode()
    assert b"1234567890123456.78" in call_of(WEBHOOK, parse_send(raw), at=NOON).body


def test_a_repeat_differs_in_its_time_stamp_header_alone() -> None:
    first, again = call_of(WEBHOOK, a_send(), at=NOON), call_of(WEBHOOK, a_send(), at=NOON + timedelta(seconds=9))
    assert first.body == again.body
    assert {name for name in first.headers if first.headers[name] != again.headers[name]} == {"webhook-timestamp"}


def test_a_request_shows_neither_url_nor_headers_nor_body() -> None:
    assert repr(call_of(WEBHOOK, a_send(), at=NOON)) == "Request(method='POST')"


def test_a_body_beyond_the_standard_is_not_sent() -> None:
    spare = MAX_BODY - len(call_of(WEBHOOK, a_send(template="x"), at=NOON).body) + 1
    assert len(call_of(WEBHOOK, a_send(template="x" * spare), at=NOON).body) == MAX_BODY
    with pytest.raises(UnsendableError) as caught:
        WEBHOOK.item(a_send(template="x" * (spare + 1)))
    assert caught.value.reason is Reason.TOO_LARGE


@pytest.mark.parametrize(
    ("status", "meaning", "reason"),
    [
        *[(status, Meaning.ACCEPTED, None) for status in (200, 201, 202, 204, 207)],
        *[(status, Meaning.REJECTED, Reason.REDIRECTED) for status in (301, 302, 304, 307, 308)],
        *[(status, Meaning.REJECTED, Reason.REFUSED) for status in (400, 404, 405, 409, 415, 422)],
        (410, Meaning.CONFIGURATION, Reason.REFUSED),  # the endpoint is closed, to every send
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
    answer = WEBHOOK.answers([a_send()], status, {}, b"")[0]
    assert (answer.meaning, answer.reason) == (meaning, reason)


def test_the_wish_to_wait_is_taken_from_the_headers() -> None:
    assert WEBHOOK.answers([a_send()], 429, {"Retry-After": "3"}, b"")[0].retry_after == timedelta(seconds=3)


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
    assert WEBHOOK.answers([a_send()], 200, {}, body)[0].esp_id == esp_id


@given(st.integers(100, 999), st.binary(max_size=200), st.dictionaries(st.just("Retry-After"), st.text()))
def test_no_answer_can_break_the_reader(status: int, body: bytes, headers: dict[str, str]) -> None:
    WEBHOOK.answers([a_send()], status, headers, body)[0]


@pytest.mark.parametrize(
    ("url", "headers", "what"),
    [
        ("ftp://esp.example", {}, "url"),
        ("esp.example/hook", {}, "url"),
        ("http://", {}, "url"),
        ("http://esp.example:99999", {}, "url"),
        ("http://[::1", {}, "url"),
        ("https://esp.example/a\nb", {}, "url"),
        ("https://user:pass@esp.example", {}, "url"),
        ("https://esp.example", {"X-Key": "a\r\nX-Other: b"}, "headers"),
        ("https://esp.example", {"X Key": "a"}, "headers"),
        ("https://esp.example", {"idempotency-key": "a"}, "headers"),
        ("https://esp.example", {"Transfer-Encoding": "chunked"}, "headers"),
        ("https://esp.example", {"HOST": "other.example"}, "headers"),
    ],
)
def test_a_destination_that_cannot_be_used_is_refused_by_name(url: str, headers: dict[str, str], what: str) -> None:
    with pytest.raises(EndpointError) as caught:
        an_adapter("webhook", url=url, headers=headers)
    assert caught.value.what == what


def test_secrets_are_read_when_routes_are_built_and_one_that_is_missing_stops_only_its_own() -> None:
    def read(text: str) -> str:
        if "GONE" in text:
            raise SettingsError("not set")
        return text.replace("${env:KEY}", "s3cret")

    given = {
        "good": a_destination("https://esp.example", headers={"Authorization": "${env:KEY}"}),
        "bad": a_destination("https://esp.example/${env:GONE}"),
        "worse": a_destination("nonsense"),
    }
    routes = {name: build_route(destination, 50, read) for name, destination in given.items()}
    assert (routes["bad"], routes["worse"]) == (Reason.CONFIGURATION, Reason.CONFIGURATION)
    good = routes["good"]
    assert isinstance(good, Route)
    assert call_of(good.adapter, a_send(), at=NOON).headers["Authorization"] == "s3cret"
