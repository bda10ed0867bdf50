"""Zapier's and Make's catch hooks: a URL that is a secret, and goes to them alone."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.esp.protocol import Adapter, EndpointError, Meaning, Rate, Reason, UnsendableError
from connectors.esp.registry import KINDS
from tests.unit.a_send import a_send, an_adapter, call_of

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
URLS = {"zapier": "https://hooks.zapier.com/hooks/catch/1/s3cret/", "make": "https://hook.eu1.make.com/s3cret"}


def hook(kind: str, url: str | None = None, **changes: Any) -> Adapter:
    secrets = {"${env:URL}": URLS[kind] if url is None else url, "${env:KEY}": "k3y"}
    return an_adapter(kind, lambda text: secrets[text], **{"url": "${env:URL}", **changes})


@pytest.mark.parametrize("kind", URLS)
def test_a_send_is_one_flat_object(kind: str) -> None:
    request = call_of(hook(kind), a_send(variant="a", payload={"total": 25.0}), at=NOON)
    assert (request.method, request.url, request.headers) == ("POST", URLS[kind], {"Content-Type": "application/json"})
    assert json.loads(request.body) == {
        "total": 25.0,
        "trigger_id": "57184V2D7RZGQ8YDP0RFFB3YC4",
        "trigger": "cart_abandoned",
        "template": "cart_reminder",
        "variant": "a",
        "person_id": "42",
        "fired_at": "2026-03-01T11:59:30.000Z",
        "version": 1,
        "purpose": "marketing_email",
        "decided_at": "2026-03-01T12:00:00.000Z",
        "expires_at": "2100-01-01T00:00:00.000Z",
    }


@pytest.mark.parametrize("kind", URLS)
def test_an_address_goes_along_when_the_send_has_one(kind: str) -> None:
    assert json.loads(call_of(hook(kind), a_send(address="ana@example.com"), at=NOON).body)["address"] == "ana@example.com"


def test_makes_key_is_a_header_and_another_endpoint_gets_the_hooks_path() -> None:
    request = call_of(hook("make", api_key="${env:KEY}", endpoint="http://127.0.0.1:8080/make"), a_send(), at=NOON)
    assert (request.url, request.headers["x-make-apikey"]) == ("http://127.0.0.1:8080/make/s3cret", "k3y")


@pytest.mark.parametrize(
    ("kind", "url"),
    [
        ("zapier", "http://hooks.zapier.com/hooks/catch/1/x/"),
        ("zapier", "https://hooks.zapier.com.evil.example/hooks/catch/1/x/"),
        ("zapier", "https://evilzapier.com/hooks/catch/1/x/"),
        ("zapier", "https://hooks.zapier.com:8443/hooks/catch/1/x/"),
        ("zapier", "https://evil.example/?hooks.zapier.com/x"),
        ("zapier", "https://evil.example#.zapier.com/x"),
        ("zapier", "https://evil.example\\.zapier.com/x"),
        ("zapier", "https://hooks.zapier.com@evil.example/x"),
        ("zapier", "https://hooks.zapier.com/"),
        ("zapier", "https://hooks.zapier.com/x\t/y"),
        ("zapier", "hooks.zapier.com/hooks/catch/1/x/"),
        ("zapier", ""),
        ("make", URLS["zapier"]),
        ("make", "https://make.com.evil.example/x"),
        ("make", "https://hook.eu1.make.com:99999/x"),
    ],
)
def test_a_url_that_is_not_the_platforms_is_refused_also_where_another_endpoint_is_set(kind: str, url: str) -> None:
    for changes in ({}, {"endpoint": "http://127.0.0.1:8080"}):
        with pytest.raises(EndpointError) as caught:
            hook(kind, url, **changes)
        assert (caught.value.what, str(caught.value)) == ("url", "url")


@pytest.mark.parametrize("url", ["https://hook.us2.make.com/x", "https://hook.integromat.com/x", "https://hook.eu1.make.celonis.com/x"])
def test_makes_other_zones_are_its_own_too(url: str) -> None:
    assert call_of(hook("make", url), a_send(), at=NOON).url == url


@pytest.mark.parametrize("kind", URLS)
def test_the_url_is_in_nothing_that_is_printed(kind: str) -> None:
    adapter = hook(kind)
    for shown in (
        repr(adapter),
        repr(call_of(adapter, a_send(), at=NOON)),
        repr(KINDS[kind].options.model_validate({"url": "${env:URL}"})),
    ):
        assert "s3cret" not in shown


@pytest.mark.parametrize(
    ("kind", "status", "meaning", "reason"),
    [
        ("zapier", 200, Meaning.ACCEPTED, None),
        ("zapier", 307, Meaning.REJECTED, Reason.REDIRECTED),
        ("zapier", 413, Meaning.REJECTED, Reason.TOO_LARGE),
        ("zapier", 429, Meaning.RETRY, Reason.RATE_LIMITED),
        *[("zapier", status, Meaning.CONFIGURATION, Reason.CONFIGURATION) for status in (401, 403, 404, 410)],
        *[("zapier", status, Meaning.RETRY, Reason.UNAVAILABLE) for status in (400, 409, 418, 422, 503)],
        *[("zapier", status, Meaning.RETRY, Reason.SERVER_ERROR) for status in (500, 502, 504)],
        ("make", 200, Meaning.ACCEPTED, None),
        ("make", 400, Meaning.RETRY, Reason.UNAVAILABLE),
        *[("make", status, Meaning.CONFIGURATION, Reason.CONFIGURATION) for status in (401, 403, 404, 410)],
        ("make", 413, Meaning.REJECTED, Reason.TOO_LARGE),
        ("make", 429, Meaning.RETRY, Reason.RATE_LIMITED),
        ("make", 500, Meaning.AMBIGUOUS, Reason.SERVER_ERROR),
    ],
)
def test_what_each_status_means(kind: str, status: int, meaning: Meaning, reason: Reason | None) -> None:
    [answer] = hook(kind).answers([a_send()], status, {}, b"")
    assert (answer.meaning, answer.reason) == (meaning, reason)


def test_zapiers_id_and_its_published_limit() -> None:
    [answer] = hook("zapier").answers([a_send()], 200, {}, b'{"status": "success", "id": "0198-x"}')
    assert answer.esp_id == "0198-x"
    assert hook("zapier").rate == Rate(10_000, timedelta(minutes=5))


@pytest.mark.parametrize("kind", URLS)
def test_what_is_too_large_is_not_sent(kind: str) -> None:
    with pytest.raises(UnsendableError) as caught:
        hook(kind).item(a_send(payload={"pad": "x" * 5_000_000}))
    assert caught.value.reason is Reason.TOO_LARGE


@given(st.sampled_from(sorted(URLS)), st.integers(100, 599), st.binary(max_size=100), st.dictionaries(st.just("Retry-After"), st.text()))
def test_no_answer_can_break_the_reader(kind: str, status: int, body: bytes, headers: dict[str, str]) -> None:
    assert len(hook(kind).answers([a_send()], status, headers, body)) == 1
