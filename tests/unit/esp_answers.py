"""Short words for answers, so that tables of tests can be read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from connectors.esp.protocol import Adapter, Request
from tests.unit.a_send import a_send, an_adapter
from tests.unit.esp_cases import CASES, some_sends

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
CONTENT = {
    "items": [],
    "total": 25.0,
    "currency": "EUR",
    "trigger_id": "57184V2D7RZGQ8YDP0RFFB3YC4",
    "trigger": "cart_abandoned",
    "template": "cart_reminder",
    "variant": "b",
    "person_id": "42",
    "fired_at": "2026-03-01T11:59:30.000Z",
}
"""What a template sees of `the_call`'s send."""


def an_adapter_of(name: str, **options: Any) -> Adapter:
    """The adapter of a case, at the platform's own URL."""
    case = CASES[name]
    return an_adapter(case.kind, lambda text: text.replace("${env:", "").rstrip("}"), **{**case.options, **options})


def the_call(adapter: Adapter, **changes: Any) -> tuple[Request, Any]:
    """(the request for one send, its body as JSON)."""
    send = a_send(**{"variant": "b", **changes})
    request = adapter.request([send], [adapter.item(send)], NOON)
    return request, json.loads(request.body)


def words(name: str, count: int, status: int, body: Any = None, headers: Mapping[str, str] | None = None) -> list[str]:
    """What an answer means for each of `count` sends (p0, p1, …), in a word: `accepted`, `rejected`, …"""
    raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    return [answer.meaning.value for answer in an_adapter_of(name).answers(some_sends(count), status, headers or {}, raw)]
