"""Mandrill (Mailchimp Transactional) webhooks: a form whose field `mandrill_events` is a JSON array.

https://mailchimp.com/developer/transactional/docs/webhooks/ and https://mailchimp.com/developer/transactional/guides/track-respond-activity-webhooks/
"""

from __future__ import annotations

from collections.abc import Mapping

from connectors.collector.receipts import machine
from connectors.collector.receipts.bodies import form, is_json, json_document
from connectors.collector.receipts.building import Draft, kind, read_each
from connectors.collector.receipts.reading import address, at, first, instant, json_or_none, mapping, text, word
from connectors.collector.receipts.receipt import Found, Type, UnreadableBodyError, UnreadableItemError

_TYPES: dict[str, Type] = {
    "send": "sent",
    "deferral": "deferred",
    "delivered": "delivered",
    "hard_bounce": "bounced",
    "soft_bounce": "bounced",
    "reject": "rejected",
    "spam": "complained",
    "unsub": "unsubscribed",
    "open": "opened",
    "click": "clicked",
}


def parse(body: bytes, headers: Mapping[str, str]) -> list[Found]:
    """All events of the form's array; the array alone is read too. An empty array is Mandrill's test of the address."""
    if is_json(body):
        events: object = json_document(body)
    else:
        events = json_or_none(form(body, headers).get("mandrill_events", [""])[0])
    if not isinstance(events, list):
        raise UnreadableBodyError("the form has no field 'mandrill_events' with a JSON array")
    return read_each("mandrill", events, _read)


def _read(item: Mapping[str, object]) -> Draft:
    name, message = item.get("event"), mapping(item.get("msg"))
    if name == "inbound":
        raise UnreadableItemError("a received mail, not a receipt: the route points here")
    # changes of the allow and deny lists have `type` instead
    type_ = kind(name, _TYPES, "event") if "event" in item or "type" not in item else "unknown"
    said = [at(message, key) for key in ("diag", "bounce_description", "reject")]
    return Draft(
        type=type_,
        item=item,
        recipients=(address(first(message.get("email"), at(item, "reject", "email"), at(item, "entry", "email"))),),
        bounce="hard" if name == "hard_bounce" else "soft",
        machine=word(at(item, "user_agent_parsed", "type")) == "robot" or machine.by_user_agent(item.get("user_agent")),
        at=instant(item.get("ts")),
        message_id=first(item.get("_id"), message.get("_id")),
        link_url=text(item.get("url")),
        reasons=(*said, at(message, "reject", "reason"), at(item, "reject", "reason"), at(item, "reject", "detail")),
        places=(message.get("metadata"),),
    )
