"""Customer.io: events of people through the track API's batch endpoint, for its campaigns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal

from connectors.esp.answers import classify_status
from connectors.esp.batches import REFUSED, UNCLEAR, for_all, for_some
from connectors.esp.content import content
from connectors.esp.events import EventOptions
from connectors.esp.options import Secret
from connectors.esp.protocol import Answer, Batch, Login, Meaning, Rate, Reason, Request, Send
from connectors.esp.wire import basic, join, objects, position, read_answer, read_key, to_json

MAX_EVENT = 32_000
"""Bytes, below 32 KB by either reading of it."""
MAX_BODY = 490_000
"""Bytes, below 500 KB with its envelope."""
_HOSTS = {"us": "https://track.customer.io", "eu": "https://track-eu.customer.io"}


class CustomerIoOptions(EventOptions):
    site_id: Secret
    api_key: Secret
    """The track API's key, not the app API's."""
    region: Literal["us", "eu"] = "us"


class CustomerIo:
    """deduplicates: by the event's `id`, a ULID; its own SDK leaves that out."""

    login: Login | None = None
    deduplicates = True
    batch: Batch | None = Batch(1_000, MAX_BODY)
    rate: Rate | None = Rate(100, timedelta(seconds=1))  # the lower of two they publish: what is above may be dropped unsaid

    def __init__(self, options: CustomerIoOptions, read: Callable[[str], str]) -> None:
        self._options = options
        self._url = (options.endpoint or _HOSTS[options.region]) + "/api/v2/batch"
        site, key = read_key("site_id", options.site_id, read), read_key("api_key", options.api_key, read)
        self._headers = {"Authorization": basic(site, key), "Content-Type": "application/json"}

    def group(self, send: Send) -> str:
        return ""

    def item(self, send: Send) -> bytes:
        event = {
            "type": "person",
            "action": "event",
            "identifiers": {"id": send.person_id},
            "name": self._options.event(send.trigger),
            "id": send.trigger_id,
            "timestamp": int(send.decided_at.timestamp()),
            "attributes": content(send, self._options),
        }
        return to_json(event, MAX_EVENT)

    def request(self, sends: Sequence[Send], items: Sequence[bytes], at: datetime) -> Request:
        return Request("POST", self._url, self._headers, join(b'{"batch":[', items, b"]}"))

    def answers(self, sends: Sequence[Send], status: int, headers: Mapping[str, str], body: bytes) -> Sequence[Answer]:
        if status not in (200, 207):
            return for_all(sends, classify_status(status, headers), status)
        errors = (read_answer(body) or {}).get("errors")
        if status == 200 and not errors:
            return [Answer(Meaning.ACCEPTED)] * len(sends)
        if not isinstance(errors, list):
            return [UNCLEAR] * len(sends)
        places = [position(error.get("batch_index"), len(sends)) for error in objects(errors)]
        named = {place: REFUSED for place in places if place is not None}
        if len(places) == len(errors) and None not in places:
            return for_some([Answer(Meaning.ACCEPTED)] * len(sends), named)
        # somebody's fault, but whose? Each again alone; those it took are told by their id
        return [REFUSED] if len(sends) == 1 else for_some([Answer(Meaning.SPLIT, Reason.REFUSED)] * len(sends), named)
