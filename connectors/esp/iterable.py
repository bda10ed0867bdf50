"""Iterable: events, one by one or in bulk, or the mail of a campaign."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Literal

from pydantic import Field

from connectors.esp.answers import classify_status
from connectors.esp.batches import REFUSED, UNCLEAR, for_all
from connectors.esp.content import content, identity
from connectors.esp.events import EventOptions
from connectors.esp.options import Secret
from connectors.esp.protocol import Answer, Batch, Login, Meaning, Rate, Reason, Request, Send, UnsendableError
from connectors.esp.wire import join, plain, read_answer, read_key, to_json

MAX_BODY = 4_000_000
"""Bytes. Iterable publishes no limit; this is ours."""
_HOSTS = {"us": "https://api.iterable.com", "eu": "https://api.eu.iterable.com"}
_PATHS = {"events": "/api/events/track", "events_bulk": "/api/events/trackBulk", "email": "/api/email/target"}
_RATES = {"events": Rate(2_000, timedelta(seconds=1)), "events_bulk": Rate(10, timedelta(seconds=1))}


class IterableOptions(EventOptions):
    """send: events · events_bulk (both `events`; one event type should use one of them: between the two order is lost) ·
    email (`templates` → campaign ids, numbers)."""

    api_key: Secret
    region: Literal["us", "eu"] = "us"
    send: Literal["events", "events_bulk", "email"] = "events"
    max_events: int = Field(500, ge=1, le=1_000)
    """`events_bulk`: events in a request; Iterable states no limit for it."""

    @property
    def batch(self) -> Batch | None:
        return Batch(self.max_events, MAX_BODY) if self.send == "events_bulk" else None


class Iterable:
    """deduplicates: events, by their `id`; a repeat overwrites the first."""

    login: Login | None = None

    def __init__(self, options: IterableOptions, read: Callable[[str], str]) -> None:
        self._options = options
        self._url = (options.endpoint or _HOSTS[options.region]) + _PATHS[options.send]
        self._headers = {"Api-Key": read_key("api_key", options.api_key, read), "Content-Type": "application/json"}
        self.batch = options.batch
        self.rate: Rate | None = _RATES.get(options.send)
        self.deduplicates = options.send != "email"

    def group(self, send: Send) -> str:
        return ""

    def item(self, send: Send) -> bytes:
        return to_json(self._item(send), MAX_BODY - 1_000)

    def _item(self, send: Send) -> dict[str, Any]:
        options = self._options
        if options.send == "email":
            campaign = options.template(send.template)
            if not (campaign.isascii() and campaign.isdecimal() and len(campaign) < 19):
                raise UnsendableError(Reason.CONFIGURATION)
            return {
                "campaignId": int(campaign),
                "recipientUserId": send.person_id,
                "dataFields": content(send, options),
                "metadata": identity(send),
                "allowRepeatMarketingSends": True,  # false would also stop the next rightful mail of this campaign
            }
        return {
            "userId": send.person_id,
            "eventName": options.event(send.trigger),
            "id": send.trigger_id,
            "createdAt": int(send.decided_at.timestamp()),
            "dataFields": content(send, options),
        }

    def request(self, sends: Sequence[Send], items: Sequence[bytes], at: datetime) -> Request:
        body = items[0] if self.batch is None else join(b'{"events":[', items, b"]}")
        return Request("POST", self._url, self._headers, body)

    def answers(self, sends: Sequence[Send], status: int, headers: Mapping[str, str], body: bytes) -> Sequence[Answer]:
        answer = classify_status(status, headers)
        if answer.meaning is not Meaning.ACCEPTED:
            return for_all(sends, answer, status)
        said = read_answer(body)
        if said is None:
            return [UNCLEAR] * len(sends)
        if self.batch is not None:
            return _of_bulk(sends, said)
        if said.get("code", "Success") != "Success":
            return [REFUSED]
        params = said.get("params")
        return [replace(answer, esp_id=plain(params.get("id")) if isinstance(params, dict) else None)]


def _of_bulk(sends: Sequence[Send], said: dict[str, Any]) -> list[Answer]:
    """Failures are named by person, not by event: whoever is there twice is tried alone, and so is everybody if nobody is named.

    An event that is sent again has the same id, so a try too many does no harm.
    """
    alone = Answer(Meaning.SPLIT, Reason.REFUSED) if len(sends) > 1 else REFUSED
    failed = _failed_persons(said)
    times = Counter(send.person_id for send in sends)
    answers = [
        Answer(Meaning.ACCEPTED) if send.person_id not in failed else REFUSED if times[send.person_id] == 1 else alone for send in sends
    ]
    count = said.get("failCount", 0)
    hidden = isinstance(count, int) and count > sum(times[person] for person in times if person in failed)
    return [alone if hidden and answer.meaning is Meaning.ACCEPTED else answer for answer in answers]


def _failed_persons(said: dict[str, Any]) -> set[str]:
    """Ids in every list of `…UserIds`, at the top and in `failedUpdates`."""
    updates = said.get("failedUpdates")
    lists = [*said.items(), *(updates.items() if isinstance(updates, dict) else ())]
    return {
        person
        for name, found in lists
        if name.endswith("UserIds") and isinstance(found, list)
        for person in found
        if isinstance(person, str)
    }
