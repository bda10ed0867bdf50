"""Segment: `track` events through its batch endpoint, for whatever is connected behind it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import StringConstraints

from connectors.esp.answers import classify_status
from connectors.esp.batches import for_all
from connectors.esp.content import content
from connectors.esp.events import EventOptions
from connectors.esp.limits import header, seconds, with_limit
from connectors.esp.options import Secret
from connectors.esp.protocol import Answer, Batch, Login, Rate, Request, Send
from connectors.esp.times import iso
from connectors.esp.wire import basic, join, read_key, to_json

MAX_EVENT = 32_000
"""Bytes, below Segment's 32 KB by either reading of it."""
MAX_BODY = 490_000
"""Bytes, below 500 KB with its envelope."""
MAX_EVENTS = 2_500
"""The next one would be answered with 200 and lost."""
_HOSTS = {"us": "https://api.segment.io", "eu": "https://events.eu1.segmentapis.com"}


class SegmentOptions(EventOptions):
    """region: a write key of the other region is answered with 200, and its events are lost."""

    write_key: Secret
    region: Literal["us", "eu"] = "us"
    id_prefix: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,60}$")] = "rekindle"
    """Before the trigger_id in `messageId`, which is one space for all sources of a workspace."""


class Segment:
    """deduplicates: by `messageId`, at least 24 hours, "99 %" (theirs)."""

    login: Login | None = None
    deduplicates = True
    batch: Batch | None = Batch(MAX_EVENTS, MAX_BODY)
    rate: Rate | None = Rate(1_000, timedelta(seconds=1))

    def __init__(self, options: SegmentOptions, read: Callable[[str], str]) -> None:
        self._options = options
        self._url = (options.endpoint or _HOSTS[options.region]) + "/v1/batch"
        key = read_key("write_key", options.write_key, read)
        self._headers = {"Authorization": basic(key, ""), "Content-Type": "application/json"}

    def group(self, send: Send) -> str:
        return ""

    def item(self, send: Send) -> bytes:
        event = {
            "type": "track",
            "userId": send.person_id,
            "event": self._options.event(send.trigger),
            "messageId": f"{self._options.id_prefix}-{send.trigger_id}",
            "timestamp": iso(send.decided_at),
            "properties": content(send, self._options),
        }
        return to_json(event, MAX_EVENT)

    def request(self, sends: Sequence[Send], items: Sequence[bytes], at: datetime) -> Request:
        """Raises ValueError for more events, or more bytes, than are read there."""
        body = join(b'{"batch":[', items, b"]}")
        if len(items) > MAX_EVENTS or len(body) > 500_000:
            raise ValueError("not a batch Segment can be given")
        return Request("POST", self._url, self._headers, body)

    def answers(self, sends: Sequence[Send], status: int, headers: Mapping[str, str], body: bytes) -> Sequence[Answer]:
        answer = classify_status(status, headers)
        reset = seconds(header(headers, "X-RateLimit-Reset"))
        return for_all(sends, with_limit(answer, header(headers, "X-RateLimit-Remaining"), reset), status)
