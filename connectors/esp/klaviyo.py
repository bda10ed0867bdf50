"""Klaviyo: events, one by one or as bulk jobs, for its flows."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from connectors.esp.answers import classify_status
from connectors.esp.batches import REFUSED, for_all, for_some
from connectors.esp.content import content
from connectors.esp.events import EventOptions
from connectors.esp.limits import header, seconds, with_limit
from connectors.esp.options import Secret
from connectors.esp.protocol import Answer, Batch, Login, Meaning, Rate, Reason, Request, Send, UnsendableError
from connectors.esp.times import iso
from connectors.esp.wire import at_path, join, objects, position, read_answer, read_key, to_json

MAX_BODY = 4_900_000
"""Bytes, below 5 MB with its envelope."""
MAX_PROPERTIES = 400
_HOST = "https://a.klaviyo.com"
_PATHS = {"events": "/api/events", "events_bulk": "/api/event-bulk-create-jobs"}
_RATES = {  # each keeps both published windows: 350/s and 3,500/min; 10/s and 150/min
    "events": Rate(58, timedelta(seconds=1)),
    "events_bulk": Rate(5, timedelta(seconds=2)),
}
_BULK = b'{"data":{"type":"event-bulk-create-job","attributes":{"events-bulk-create":{"data":['
_POINTER = re.compile(r"/data/attributes/events-bulk-create/data/([0-9]{1,6})(?:/.*)?", re.DOTALL)
_UNKNOWN_KEY = {"not_authenticated", "authentication_failed", "permission_denied"}


class KlaviyoOptions(EventOptions):
    """send: events · events_bulk (jobs: Klaviyo takes them without saying what became of each event)."""

    api_key: Secret
    """A private key with the scope events:write."""
    revision: Annotated[str, StringConstraints(pattern=r"^20[0-9]{2}-[0-9]{2}-[0-9]{2}$")] = "2026-07-15"
    send: Literal["events", "events_bulk"] = "events"
    max_events: int = Field(1_000, ge=1, le=1_000)

    @property
    def batch(self) -> Batch | None:
        return Batch(self.max_events, MAX_BODY) if self.send == "events_bulk" else None


class Klaviyo:
    """deduplicates: by `unique_id`, per profile and metric; the first one stays."""

    login: Login | None = None
    deduplicates = True

    def __init__(self, options: KlaviyoOptions, read: Callable[[str], str]) -> None:
        self._options = options
        self._url = (options.endpoint or _HOST) + _PATHS[options.send]
        self._headers = {
            "Authorization": f"Klaviyo-API-Key {read_key('api_key', options.api_key, read)}",
            "revision": options.revision,
            "Content-Type": "application/vnd.api+json",
        }
        self.batch = options.batch
        self.rate: Rate | None = _RATES[options.send]

    def group(self, send: Send) -> str:
        return ""

    def item(self, send: Send) -> bytes:
        properties = content(send, self._options)
        if len(properties) > MAX_PROPERTIES:
            raise UnsendableError(Reason.TOO_LARGE)
        event = {
            "unique_id": send.trigger_id,  # without it: one event per profile and second
            "time": iso(send.decided_at),
            "properties": properties,
            "metric": {"data": {"type": "metric", "attributes": {"name": self._options.event(send.trigger)}}},
        }
        known = {"external_id": send.person_id} | ({"email": send.address} if send.address else {})
        profile = {"data": {"type": "profile", "attributes": known}}
        if self.batch is None:
            return to_json({"data": {"type": "event", "attributes": {**event, "profile": profile}}}, MAX_BODY)
        events = {"data": [{"type": "event", "attributes": event}]}
        return to_json({"type": "event-bulk-create", "attributes": {"profile": profile, "events": events}}, MAX_BODY - 1_000)

    def request(self, sends: Sequence[Send], items: Sequence[bytes], at: datetime) -> Request:
        body = items[0] if self.batch is None else join(_BULK, items, b"]}}}}")
        return Request("POST", self._url, self._headers, body)

    def answers(self, sends: Sequence[Send], status: int, headers: Mapping[str, str], body: bytes) -> Sequence[Answer]:
        answer = with_limit(
            classify_status(status, headers), header(headers, "RateLimit-Remaining"), seconds(header(headers, "RateLimit-Reset"))
        )
        if status != 400:
            return for_all(sends, answer, status)
        errors = objects((read_answer(body) or {}).get("errors"))
        if any(error.get("code") in _UNKNOWN_KEY for error in errors if isinstance(error.get("code"), str)):
            return [Answer(Meaning.CONFIGURATION, Reason.CONFIGURATION)] * len(sends)
        named = {place: REFUSED for error in errors if (place := _place(error, len(sends))) is not None}
        return for_some(for_all(sends, answer, status), named)


def _place(error: dict[str, Any], count: int) -> int | None:
    """Which event of a bulk job an error points at."""
    pointer = at_path(error, "source", "pointer")
    found = _POINTER.fullmatch(pointer) if isinstance(pointer, str) else None
    return position(int(found[1]), count) if found else None
