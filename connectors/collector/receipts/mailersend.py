"""MailerSend webhooks, version 2: `{"type": "activity.…", "data": {"recipient": "…", "message_id": "…", "meta": {…}}}`.

Version 1, which MailerSend ends on 2026-12-01, nests: `data.email.recipient.email`, `data.email.message.id`, `data.morph`.

https://developers.mailersend.com/api/v1/account/webhooks and https://www.mailersend.com/whats-new/webhooks-v2
"""

from __future__ import annotations

from collections.abc import Mapping

from connectors.collector.receipts import machine
from connectors.collector.receipts.bodies import json_document
from connectors.collector.receipts.building import Draft, kind, read_each
from connectors.collector.receipts.reading import address, at, first, instant, json_or_none, mapping, text
from connectors.collector.receipts.receipt import Found, Type, UnreadableItemError

_TYPES: dict[str, Type] = {
    "activity.sent": "sent",
    "activity.delivered": "delivered",
    "activity.deferred": "deferred",
    "activity.soft_bounced": "bounced",
    "activity.hard_bounced": "bounced",
    "activity.opened": "opened",
    "activity.opened_unique": "opened",
    "activity.clicked": "clicked",
    "activity.clicked_unique": "clicked",
    "activity.unsubscribed": "unsubscribed",
    "activity.spam_complaint": "complained",
    "activity.suppressed": "rejected",
}
_REASONS = ("bounce_reason", "suppression_reason", "unsubscribe_reason", "readable_reason", "reason", "type")


def parse(body: bytes, headers: Mapping[str, str]) -> list[Found]:
    """One event; a test of the address gives nothing. `data.id` is the event's, the message id what the send call answered in a header."""
    if is_test(body):
        return []
    document = json_document(body)
    return read_each("mailersend", document if isinstance(document, list) else [document], _read)


def is_test(body: bytes) -> bool:
    """Whether it is the call MailerSend makes before it saves a webhook."""
    return at(json_or_none(body), "type") == "webhook.test"


def _read(item: Mapping[str, object]) -> Draft:
    name, data = item.get("type"), mapping(item.get("data"))
    if name == "inbound.message":
        raise UnreadableItemError("a received mail, not a receipt: the route points here")
    mail = mapping(data.get("email"))
    told = data.get("meta") or data.get("morph")
    return Draft(
        type=kind(name, _TYPES, "type"),
        item=item,
        recipients=(_recipient(data.get("recipient")) or _recipient(data.get("email")) or _recipient(mail.get("recipient")),),
        bounce="soft" if name == "activity.soft_bounced" else "hard",
        machine=machine.by_user_agent(first(at(told, "user_agent"), at(told, "userAgent"))),
        at=instant(data.get("created_at"), item.get("created_at")),
        event_id=text(data.get("id")),
        message_id=first(data.get("message_id"), at(mail, "message", "id"), mail.get("id")),
        link_url=text(at(told, "url")),
        reasons=tuple(at(told, key) for key in _REASONS),
        places=(data.get("tags"), *(mail.get(key) for key in ("headers", "tags", "personalization", "metadata"))),
    )


def _recipient(value: object) -> str | None:
    # an address in version 2, an object around it in version 1
    return address(at(value, "email") if isinstance(value, Mapping) else value)
