"""SendGrid Event Webhook: an array of flat events; custom args are keys among the others.

https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event
"""

from __future__ import annotations

from collections.abc import Mapping

from connectors.collector.receipts import machine
from connectors.collector.receipts.bodies import json_document
from connectors.collector.receipts.building import Draft, kind, read_each
from connectors.collector.receipts.reading import address, first, instant, text, truth, word
from connectors.collector.receipts.receipt import Bounce, Found, Type

_TYPES: dict[str, Type] = {
    "processed": "queued",
    "deferred": "deferred",
    "delivered": "delivered",
    "bounce": "bounced",
    "blocked": "bounced",
    "dropped": "rejected",
    "open": "opened",
    "click": "clicked",
    "spamreport": "complained",
    "unsubscribe": "unsubscribed",
    "group_unsubscribe": "unsubscribed",
    "group_resubscribe": "subscribed",
}


def parse(body: bytes, headers: Mapping[str, str]) -> list[Found]:
    """An array of events; a single object is read too. `sg_machine_open` is Apple's Mail Privacy Protection."""
    document = json_document(body)
    return read_each("sendgrid", document if isinstance(document, list) else [document], _read)


def _read(item: Mapping[str, object]) -> Draft:
    return Draft(
        type=kind(item.get("event"), _TYPES, "event"),
        item=item,
        recipients=(address(item.get("email")),),
        bounce=_bounce(item),
        machine=truth(item.get("sg_machine_open")) or machine.by_user_agent(item.get("useragent")),
        at=instant(item.get("timestamp")),
        event_id=text(item.get("sg_event_id")),
        message_id=first(item.get("sg_message_id"), item.get("smtp-id")),
        link_url=text(item.get("url")),
        reasons=(item.get("reason"), item.get("response"), item.get("status")),
        places=(item, item.get("custom_args"), item.get("unique_args")),
    )


def _bounce(item: Mapping[str, object]) -> Bounce:
    # `type` "blocked": the server refused this mail (reputation, content, full), not this address
    blocked = word(item.get("type")) == "blocked" or item.get("event") == "blocked"
    return "soft" if blocked or (text(item.get("status")) or "").startswith("4") else "hard"
