"""What the fake platforms refuse: each request a real one would. They judge our adapters, so they are judged here."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from multidict import CIMultiDict

from connectors.esp.fake.protocol import Call, Platform, RefusedError, Standing, Taken, Window
from connectors.esp.fake.rates import Windows
from connectors.esp.fake.registry import PLATFORMS
from connectors.esp.protocol import Request
from tests.unit.esp_cases import CASES, some_sends

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SERVER = "http://esp.example"


def the_call(request: Request, prefix: str, headers: Mapping[str, str] | None = None, body: bytes | None = None) -> Call:
    given = CIMultiDict({**request.headers, **(headers or {})})
    return Call(
        request.method,
        request.url.removeprefix(f"{SERVER}/{prefix}"),
        {},
        given,
        given.get("Content-Type", "").partition(";")[0],  # as the server parses it
        request.body if body is None else body,
        NOON.timestamp(),
    )


def a_request(name: str, count: int = 2) -> tuple[Platform, Request, dict[str, str]]:
    """(platform, a good request to it, the headers of a login)."""
    case = CASES[name]
    adapter, platform = case.adapter(SERVER, case.platform), PLATFORMS[case.platform]()
    more: dict[str, str] = {}
    if adapter.login is not None:
        said = platform.read(the_call(adapter.login.request(), case.platform)).answer([])
        more = {"Authorization": f"Bearer {json.loads(said.body)['access_token']}"}
    sends = some_sends(count if adapter.batch else 1)
    return platform, adapter.request(sends, [adapter.item(send) for send in sends], NOON), more


def verdict(platform: Platform, call: Call) -> str:
    """`ok`, or what is refused: the call, or items of it."""
    try:
        taken: Taken = platform.read(call)
    except RefusedError as error:
        return f"{error.status}"
    bad = [item.refused for item in taken.items if item.refused]
    return f"items {len(bad)}" if bad else f"lost {len(taken.lost)}" if taken.lost else "ok"


def judged(name: str, change: Callable[[dict[str, Any]], Any], count: int = 2) -> str:
    """What becomes of a good request whose body was changed."""
    platform, request, more = a_request(name, count)
    tree = json.loads(request.body)
    change(tree)
    return verdict(platform, the_call(request, CASES[name].platform, more, json.dumps(tree).encode()))


@pytest.mark.parametrize("name", sorted(set(CASES) - {"webhook"}))
def test_a_good_request_is_read_and_one_without_login_or_sense_refused(name: str) -> None:
    platform, request, more = a_request(name)
    prefix = CASES[name].platform
    assert verdict(platform, the_call(request, prefix, more)) == "ok"
    for header in ("Authorization", "Api-Key"):
        if header in {**request.headers, **more}:
            assert verdict(platform, the_call(request, prefix, {**more, header: "wrong"})) == "401"
    for headers, body, status in (
        ({"Content-Type": "text/plain"}, None, "415"),
        ({}, b"{", "400"),
        ({}, b"[]", "400"),
        ({}, b"{}", "400"),
        ({}, b" " * (platform.max_body + 1), "413"),
    ):
        assert verdict(platform, the_call(request, prefix, {**more, **headers}, body)) == status, body
    elsewhere = Request("POST", f"{SERVER}/{prefix}/elsewhere", request.headers, request.body)
    assert verdict(platform, the_call(elsewhere, prefix, more)) == "404"


def drop(*path: str | int) -> Callable[[dict[str, Any]], Any]:
    """Takes away what lies at a path."""

    def change(tree: Any) -> None:
        for name in path[:-1]:
            tree = tree[name]
        del tree[path[-1]]

    return change


def put(value: Any, *path: str | int) -> Callable[[dict[str, Any]], Any]:
    """Puts a value at a path."""

    def change(tree: Any) -> None:
        for name in path[:-1]:
            tree = tree[name]
        tree[path[-1]] = value

    return change


def times(count: int, *path: str | int) -> Callable[[dict[str, Any]], Any]:
    """Repeats the first entry of the list at a path."""

    def change(tree: Any) -> None:
        for name in path:
            tree = tree[name]
        tree[:] = tree[:1] * count

    return change


KLAVIYO = ("data", "attributes")
JOB = ("data", "attributes", "events-bulk-create", "data")


@pytest.mark.parametrize(
    ("name", "change", "expected"),
    [
        ("braze campaign", put(True, "broadcast"), "400"),
        ("braze campaign", drop("broadcast"), "400"),
        ("braze campaign", put([], "recipients"), "400"),
        ("braze campaign", drop("campaign_id"), "400"),
        ("braze campaign", times(50, "recipients"), "ok"),
        ("braze campaign", times(51, "recipients"), "400"),
        ("braze campaign", drop("recipients", 1, "external_user_id"), "items 1"),
        ("braze messages", put([], "external_user_ids"), "400"),
        ("braze messages", drop("messages", "email", "app_id"), "400"),
        ("braze transactional", put("a b", "external_send_id"), "400"),
        ("braze transactional", drop("recipient", "external_user_id"), "400"),
        ("braze track", times(75, "events"), "ok"),
        ("braze track", times(76, "events"), "400"),
        ("braze track", put("yesterday", "events", 0, "time"), "items 1"),
        ("customerio", put("no-ulid", "batch", 0, "id"), "items 1"),
        ("customerio", put("x" * 33_000, "batch", 1, "attributes", "text"), "items 1"),
        ("customerio", put("1.5", "batch", 0, "timestamp"), "items 1"),
        ("iterable events", put("ana@example.com", "email"), "400"),
        ("iterable events", put("x" * 513, "id"), "400"),
        ("iterable bulk", put("ana@example.com", "events", 1, "email"), "items 1"),
        ("iterable bulk", times(1_002, "events"), "400"),
        ("iterable email", put("7", "campaignId"), "400"),
        ("iterable email", put(False, "allowRepeatMarketingSends"), "400"),
        ("klaviyo", drop(*KLAVIYO, "unique_id"), "400"),
        ("klaviyo", put({str(n): n for n in range(401)}, *KLAVIYO, "properties"), "400"),
        ("klaviyo", drop(*KLAVIYO, "profile"), "400"),
        ("klaviyo bulk", times(1_000, *JOB), "ok"),
        ("klaviyo bulk", times(1_001, *JOB), "400"),
        ("klaviyo bulk", drop(*JOB, 1, "attributes", "profile"), "items 1"),
        ("segment", times(2_500, "batch"), "413"),  # as large as ours are
        ("segment", put("x" * 33_000, "batch", 0, "properties", "text"), "400"),
        ("segment", drop("batch", 0, "userId"), "lost 1"),
        ("segment", put("x" * 100, "batch", 0, "messageId"), "lost 1"),
        ("make", drop("trigger_id"), "400"),
        ("postmark", put("Ana <ana@example.com>", "Messages", 1, "To"), "items 1"),
        ("postmark", put("ana@example.com,ben@example.com", "Messages", 1, "To"), "items 1"),
        ("postmark", put(7, "Messages", 0, "TemplateId"), "items 1"),  # beside its alias
        ("postmark", put("x" * 81, "Messages", 0, "Metadata", "variant"), "items 1"),
        ("postmark", put({**{f"k{n}": "v" for n in range(10)}, "trigger_id": "K"}, "Messages", 0, "Metadata"), "items 1"),
        ("postmark", drop("Messages", 1, "TemplateModel"), "items 1"),
        ("postmark", drop("Messages", 1, "Metadata", "trigger_id"), "400"),
        ("postmark", times(500, "Messages"), "ok"),
        ("postmark", times(501, "Messages"), "422"),
        ("sendgrid", put("c-1", "template_id"), "400"),
        ("sendgrid", put({"email": "no address"}, "from"), "400"),
        ("sendgrid", put({"email": "shop@unverified.example"}, "from"), "403"),
        ("sendgrid", put({}, "asm"), "400"),
        ("sendgrid", put([], "personalizations"), "400"),
        ("sendgrid", times(1_000, "personalizations"), "ok"),
        ("sendgrid", times(1_001, "personalizations"), "400"),
        ("sendgrid", put([{"email": f"p{n}@example.com"} for n in range(1_000)], "personalizations", 0, "to"), "400"),
        ("sendgrid", times(2, "personalizations", 0, "to"), "items 1"),
        ("sendgrid", put("a@b@c", "personalizations", 1, "to", 0, "email"), "items 1"),
        ("sendgrid", put(7, "personalizations", 0, "custom_args", "version"), "items 1"),
        ("sendgrid", put("x" * 10_000, "personalizations", 0, "custom_args", "trigger"), "items 1"),
        ("sfmc email", drop("definitionKey"), "400"),
        ("sfmc email", drop("recipient", "contactKey"), "400"),
        ("sfmc email", put([1], "recipient", "attributes", "items"), "400"),
        ("sfmc journey", drop("ContactKey"), "400"),
    ],
)
def test_what_breaks_the_contract_is_refused(name: str, change: Callable[[dict[str, Any]], Any], expected: str) -> None:
    assert judged(name, change) == expected


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"to": "ana@example.com,ben@example.com"}, "400"),
        ({"to": "ana@example.com\r\nBcc: ben@example.com"}, "400"),
        ({"from": "nobody"}, "400"),
        ({"template": ""}, "400"),
        ({"t:variables": "[]"}, "400"),
        ({"t:variables": "{"}, "400"),
        ({"v:trigger_id": ""}, "400"),
        ({"speling": "1"}, "400"),
        ({"o:tag": "cart"}, "ok"),
    ],
)
def test_what_breaks_the_contract_of_a_form_is_refused(change: dict[str, str], expected: str) -> None:
    platform, request, _ = a_request("mailgun")
    form = dict(parse_qsl(request.body.decode()))
    assert verdict(platform, the_call(request, "mailgun", body=urlencode(form | change).encode())) == expected


def test_segment_loses_the_event_behind_the_2500th_without_a_word() -> None:
    event = {"type": "track", "userId": "42", "event": "E", "messageId": "r-K", "timestamp": "2026-03-01T12:00:00Z"}
    platform, request, _ = a_request("segment")
    taken = platform.read(the_call(request, "segment", body=json.dumps({"batch": [event] * 2_501}).encode()))
    assert (len(taken.items), len(taken.lost)) == (2_500, 1)
    assert taken.answer([]).status == 200


def test_a_window_counts_until_it_is_over() -> None:
    windows, limits = Windows(), [Window(2, 1), Window(3, 60)]

    def count(now: float) -> tuple[int, bool]:
        standing = windows.count(limits, now)
        assert standing is not None
        return standing.left, standing.over

    assert [count(now) for now in (0, 0.5, 0.9)] == [(1, False), (0, False), (0, True)]
    assert [count(now) for now in (1.0, 1.1, 60.0)] == [(0, False), (0, True), (1, False)]


@pytest.mark.parametrize(
    ("platform", "over", "headers"),
    [
        ("braze", True, {"x-ratelimit-limit": "5", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "1007"}),
        ("klaviyo", False, {"RateLimit-Limit": "5", "RateLimit-Remaining": "0", "RateLimit-Reset": "7"}),
        ("klaviyo", True, {"Retry-After": "7"}),
        ("segment", True, {"Retry-After": "7", "X-RateLimit-Limit": "5", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "7"}),
        ("segment", False, {}),
        ("sendgrid", False, {"X-RateLimit-Limit": "5", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1007"}),
        ("postmark", True, {"Retry-After": "7"}),
        ("sfmc", True, {"Retry-After": "7"}),
    ],
)
def test_each_tells_its_limit_in_its_own_words(platform: str, over: bool, headers: dict[str, str]) -> None:
    assert PLATFORMS[platform]().rate_headers(Standing(5, 0, 6.5, 1000.0, over=over)) == headers
