"""Any other platform: receipts in our own words, or close to them. The form is in docs/receipts.md.

One object, an array, `{"events": […]}`, or a Standard Webhook whose `data` is one: `{"type": "email.opened", "timestamp": …, "data": {…}}`.
"""

from __future__ import annotations

from collections.abc import Mapping

from connectors.collector.receipts import machine
from connectors.collector.receipts.bodies import json_document
from connectors.collector.receipts.building import Draft, kind, read_each
from connectors.collector.receipts.reading import addresses, first, instant, mapping, truth, word
from connectors.collector.receipts.receipt import TYPES, Bounce, Found, Type

_ALSO: dict[Type, str] = {
    "queued": "queue accepted processed request injection",
    "sent": "send",
    "delivered": "delivery",
    "deferred": "defer deferral delayed delay delivery_delayed delivery_delay",
    "bounced": "bounce hard_bounce soft_bounce hard_bounced soft_bounced hardbounce softbounce",
    "rejected": "reject dropped drop blocked suppressed",
    "failed": "fail failure error",
    "opened": "open",
    "clicked": "click link_clicked",
    "complained": "complaint complain spam spam_complaint spamreport marked_as_spam",
    "unsubscribed": "unsubscribe unsub",
    "subscribed": "subscribe resubscribed resubscribe",
}
_TYPES: dict[str, Type] = {name: name for name in TYPES} | {also: type_ for type_, all_ in _ALSO.items() for also in all_.split()}


def parse(body: bytes, headers: Mapping[str, str]) -> list[Found]:
    """headers: `webhook-id` is the id of a single event that has none of its own."""
    document = json_document(body)
    events = document.get("events", [document]) if isinstance(document, dict) else document
    items = events if isinstance(events, list) else [events]
    event_id = headers.get("webhook-id") if len(items) == 1 else None
    return read_each("generic", items, lambda item: _read(item, event_id))


def _read(item: Mapping[str, object], event_id: str | None) -> Draft:
    told = {**item, **mapping(item.get("data"))}
    name = word(first(item.get("type"), item.get("event"), told.get("event_type"))).rsplit(".", 1)[-1].removeprefix("email_")
    return Draft(
        type=kind(name, _TYPES, "type"),
        item=item,
        recipients=tuple(addresses(told.get("recipient") or told.get("recipients") or told.get("email") or told.get("to"))) or (None,),
        bounce=_bounce(told, name),
        machine=truth(told.get("machine")) or machine.by_user_agent(told.get("user_agent")),
        at=instant(*(told.get(key) for key in ("at", "occurred_at", "timestamp", "time", "created_at"))),
        event_id=first(told.get("provider_event_id"), told.get("event_id"), told.get("id"), event_id),
        message_id=first(told.get("message_id"), told.get("email_id"), told.get("esp_id")),
        link_url=first(told.get("link_url"), told.get("url"), told.get("link")),
        reasons=(told.get("reason"), told.get("description")),
        places=(told, told.get("metadata"), told.get("tags"), told.get("custom_args"), told.get("headers")),
    )


def _bounce(told: Mapping[str, object], name: str) -> Bounce | None:
    said = {word(told.get("bounce")), word(told.get("bounce_type")), name.removesuffix("d").removesuffix("_bounce").removesuffix("bounce")}
    # what nobody called hard suppresses nobody
    return "hard" if said & {"hard", "permanent"} else "soft" if said & {"soft", "transient", "temporary"} else None
