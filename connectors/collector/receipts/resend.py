"""Resend webhooks: `{"type": "email.…", "created_at": …, "data": {…}}`; the id of an event is Svix's, in a header.

https://resend.com/docs/webhooks/event-types
"""

from __future__ import annotations

from collections.abc import Mapping

from connectors.collector.receipts import machine
from connectors.collector.receipts.bodies import json_document
from connectors.collector.receipts.building import Draft, kind, read_each
from connectors.collector.receipts.reading import addresses, at, first, instant, mapping, text, word
from connectors.collector.receipts.receipt import Bounce, Found, Type, UnreadableItemError

_TYPES: dict[str, Type] = {
    "email.scheduled": "queued",
    "email.sent": "sent",
    "email.delivered": "delivered",
    "email.delivery_delayed": "deferred",
    "email.bounced": "bounced",
    "email.suppressed": "rejected",
    "email.failed": "failed",
    "email.complained": "complained",
    "email.opened": "opened",
    "email.clicked": "clicked",
    "email.unsubscribed": "unsubscribed",
}


def parse(body: bytes, headers: Mapping[str, str]) -> list[Found]:
    """One event; `to` may name several recipients. headers: `svix-id` (or `webhook-id`) is the event's id."""
    document = json_document(body)
    items = document if isinstance(document, list) else [document]
    event_id = first(headers.get("svix-id"), headers.get("webhook-id")) if len(items) == 1 else None
    return read_each("resend", items, lambda item: _read(item, event_id))


def _read(item: Mapping[str, object], event_id: str | None) -> Draft:
    type_, data = kind(item.get("type"), _TYPES, "type"), mapping(item.get("data"))
    if item["type"] == "email.received":
        raise UnreadableItemError("a received mail, not a receipt")
    if item["type"] == "contact.updated" and data.get("unsubscribed") is True:
        type_ = "unsubscribed"
    seen = at(data, "click") or at(data, "open")
    told = [at(data, key, field) for key in ("bounce", "failed", "suppressed") for field in ("message", "reason")]
    return Draft(
        type=type_,
        item=item,
        recipients=tuple(addresses(data.get("to"))) or tuple(addresses(data.get("email"))) or (None,),
        bounce=_bounce(data.get("bounce")),
        machine=machine.by_user_agent(at(seen, "userAgent")),
        at=instant(item.get("created_at"), at(seen, "timestamp"), data.get("created_at")),
        event_id=event_id,
        message_id=text(data.get("email_id")),
        link_url=text(at(data, "click", "link")),
        reasons=tuple(told),
        places=(data.get("tags"), data.get("headers")),
    )


def _bounce(told: object) -> Bounce:
    # before `type` there was only the sentence
    sort, said = word(at(told, "type")), (text(at(told, "message")) or "").lower()
    soft = sort in {"transient", "temporary", "undetermined", "soft"} or (not sort and ("soft bounce" in said or "temporar" in said))
    return "soft" if soft else "hard"
