"""Braze: campaigns triggered by API, transactional campaigns, bare messages, or events. One way per destination (`send`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal, Self
from urllib.parse import quote

from pydantic import Field, StringConstraints, model_validator

from connectors.esp.answers import classify_status
from connectors.esp.batches import REFUSED, UNCLEAR, for_all, for_some
from connectors.esp.content import content, identity
from connectors.esp.events import EventOptions
from connectors.esp.limits import epoch, header, with_limit
from connectors.esp.options import Name, Secret
from connectors.esp.protocol import Answer, Batch, Login, Meaning, Rate, Request, Send
from connectors.esp.times import iso
from connectors.esp.wire import join, objects, plain, position, read_answer, read_key, to_json

MAX_BODY = 3_900_000
"""Bytes, below the 4 MB (unverified) at which Braze answers 413."""
RECIPIENTS = 50
_POOL = Rate(250_000, timedelta(hours=1))  # shared by all that sends
_KNOWN = "reference has been queued"  # of an external_send_id it has had before


class BrazeOptions(EventOptions):
    """send: campaign (`templates` → campaign ids) · transactional (the same) · messages (→ ids of e-mail templates) · track (`events`)."""

    instance: Annotated[str, StringConstraints(pattern=r"^[a-z]{2,4}-[0-9]{2,3}$")]
    """As in the dashboard's URL: `iad-01`, `fra-02`."""
    api_key: Secret
    send: Literal["campaign", "transactional", "messages", "track"] = "campaign"
    app_id: Name | None = None
    """`messages`: the app's API identifier."""
    sender: Name | None = None
    """`messages`: `Shop <mail@shop.example>`."""
    max_events: int = Field(75, ge=1, le=75)
    """`track`: events in a request; 50 under MAU contracts of 2024-25."""

    @property
    def batch(self) -> Batch | None:
        many = {"campaign": RECIPIENTS, "track": self.max_events}.get(self.send)
        return None if many is None else Batch(many, MAX_BODY)

    @model_validator(mode="after")
    def _messages_name_their_app(self) -> Self:
        if self.send == "messages" and not (self.app_id and self.sender):
            raise ValueError("app_id and sender: needed for send 'messages'")
        return self


class Braze:
    """deduplicates: transactional alone, by `external_send_id`, for 24 hours."""

    login: Login | None = None

    def __init__(self, options: BrazeOptions, read: Callable[[str], str]) -> None:
        domain = "braze.eu" if options.instance.startswith("fra-") else "braze.com"
        self._options, self._base = options, options.endpoint or f"https://rest.{options.instance}.{domain}"
        key = read_key("api_key", options.api_key, read)
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        self.batch = options.batch
        self.rate: Rate | None = Rate(3_000, timedelta(seconds=3)) if options.send == "track" else _POOL
        self.deduplicates = options.send == "transactional"

    def group(self, send: Send) -> str:
        return self._options.template(send.template) if self._options.send == "campaign" else ""

    def item(self, send: Send) -> bytes:
        return to_json(self._item(send), MAX_BODY - 1_000)  # the envelope of a batch has room

    def _item(self, send: Send) -> dict[str, Any]:
        options = self._options
        match options.send:
            case "track":
                name, properties = options.event(send.trigger), content(send, options)
                return {"external_id": send.person_id, "name": name, "time": iso(send.decided_at), "properties": properties}
            case "transactional":
                recipient = {"external_user_id": send.person_id}
                return {"external_send_id": send.trigger_id, "recipient": recipient, "trigger_properties": content(send, options)}
            case "messages":  # knows no properties: what identifies the mail travels as `extras`
                mail = {
                    "app_id": options.app_id,
                    "from": options.sender,
                    "email_template_id": options.template(send.template),
                    "extras": identity(send),
                }
                return {"broadcast": False, "external_user_ids": [send.person_id], "messages": {"email": mail}}
            case "campaign":
                return {"external_user_id": send.person_id, "trigger_properties": content(send, options)}

    def request(self, sends: Sequence[Send], items: Sequence[bytes], at: datetime) -> Request:
        """Raises ValueError for no or too many sends: a campaign without recipients goes to everybody in it."""
        if not 1 <= len(sends) == len(items) <= (self.batch.count if self.batch else 1):
            raise ValueError("not a batch Braze can be given")
        campaign = self._options.template(sends[0].template)
        match self._options.send:
            case "track":
                path, body = "/users/track", join(b'{"events":[', items, b"]}")
            case "transactional":
                path, body = f"/transactional/v1/campaigns/{quote(campaign, safe='')}/send", items[0]
            case "messages":
                path, body = "/messages/send", items[0]
            case "campaign":
                head = b'{"campaign_id":%s,"broadcast":false,"recipients":[' % to_json(campaign, MAX_BODY)
                path, body = "/campaigns/trigger/send", join(head, items, b"]}")
        return Request("POST", self._base + path, self._headers, body)

    def answers(self, sends: Sequence[Send], status: int, headers: Mapping[str, str], body: bytes) -> Sequence[Answer]:
        answer = with_limit(
            classify_status(status, headers), header(headers, "X-RateLimit-Remaining"), epoch(header(headers, "X-RateLimit-Reset"))
        )
        said = read_answer(body)
        if self.deduplicates and 400 <= status < 500 and _KNOWN in str((said or {}).get("message", "")).lower():
            return [replace(answer, meaning=Meaning.ACCEPTED, reason=None, retry_after=None)]
        if answer.meaning is Meaning.ACCEPTED:
            if said is None:
                return [replace(UNCLEAR, left=answer.left)] * len(sends)
            answer = replace(answer, esp_id=plain(said.get("dispatch_id")))
        elif answer.meaning is not Meaning.REJECTED or said is None:
            return for_all(sends, answer, status)
        errors = said.get("errors")
        if not errors:
            return for_all(sends, answer, status)
        places = [position(error.get("index"), len(sends)) for error in objects(errors)]
        named = {place: replace(REFUSED, left=answer.left) for place in places if place is not None}
        if answer.meaning is Meaning.REJECTED:
            return for_some(for_all(sends, answer, status), named)
        if len(sends) == 1:
            return [replace(REFUSED, left=answer.left)]
        all_named = isinstance(errors, list) and len(places) == len(errors) and None not in places
        return for_some([answer if all_named else replace(UNCLEAR, left=answer.left)] * len(sends), named)
