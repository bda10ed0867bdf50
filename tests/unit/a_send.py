"""A made-up send, for tests."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from connectors.esp.options import Options
from connectors.esp.protocol import Adapter, Request
from connectors.esp.registry import KINDS
from jobs.deliver.attempt import Pass
from jobs.deliver.client import Call
from jobs.deliver.clock import REAL, Clock
from jobs.deliver.lane import Lane
from jobs.deliver.retry import Limits
from jobs.deliver.routes import Route
from jobs.deliver.send import Send, parse_send
from jobs.deliver.shared import Shared
from jobs.destinations import Destination


def a_row(**changes: Any) -> dict[str, Any]:
    """A row of `triggers`, decided at noon and good until the year 2100."""
    return {
        "trigger_id": "57184V2D7RZGQ8YDP0RFFB3YC4",
        "trigger": "cart_abandoned",
        "version": 1,
        "person_id": "42",
        "destination": "default",
        "template": "cart_reminder",
        "purpose": "marketing_email",
        "variant": None,
        "payload": {"items": [], "total": 25.00, "currency": "EUR"},
        "fired_at": "2026-03-01T11:59:30.000Z",
        "decided_at": "2026-03-01T12:00:00.000Z",
        "expires_at": "2100-01-01T00:00:00.000Z",
        "consent": {"version": 3, "source": "preference-centre", "at": "2026-01-01T00:00:00.000Z"},
        "address": None,
        "schema_version": 1,
    } | changes


def a_send(**changes: Any) -> Send:
    return parse_send(json.dumps(a_row(**changes)).encode())


def a_destination(url: str, **more: Any) -> Destination:
    """A webhook at `url`, checked as settings are."""
    return Destination.model_validate({"url": url, "private_hosts": ["127.0.0.1", "localhost"], **more})


def an_adapter(kind: str, read: Callable[[str], str] = lambda text: text, **options: Any) -> Adapter:
    """An adapter over options as a settings file would give them. read: how it sees its secrets."""
    checked: Options = KINDS[kind].options.model_validate(options)
    return KINDS[kind].adapter(checked, read)


def call_of(adapter: Adapter, *sends: Send, at: datetime) -> Request:
    """The request an engine would make for these sends."""
    return adapter.request(sends, [adapter.item(send) for send in sends], at)


def a_pass(send: Send, first_at: datetime | None = None) -> Pass:
    """A send's first."""
    return Pass(send, first_at or datetime.now(UTC))


def a_lane(adapter: Adapter, limits: Limits, call: Call, clock: Clock = REAL, **route: Any) -> Lane:
    """One of its own: nothing is known of the destination yet."""
    made = Route(adapter, limits, **{"retry_lost": adapter.deduplicates, **route})
    return Lane(made, Shared(made.rate), call, clock)
