"""MailerSend webhooks: `{"type": "activity.…", "data": {"email": {…}, "morph": {…}}}`.

https://developers.mailersend.com/api/v1/webhooks.html
"""

from __future__ import annotations

from collections.abc import Mapping

from connectors.collector.receipts import machine
from connectors.collector.receipts.bodies import json_document
from connectors.collector.receipts.building import Draft, kind, read_each
from connectors.collector.receipts.reading import address, at, first, instant, mapping, text
from connectors.collector.receipts.receipt import Found, Type

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
}


def parse(body: bytes, headers: Mapping[str, str]) -> list[Found]:
    """One event. `data.id` is the event's, `data.email.message.id` what the send call answered in a header."""
    document = json_document(body)
    return read_each("mailersend", document if isinstance(document, list) else [document], _read)


def _read(item: Mapping[str, object]) -> Draft:
    name, data = item.get("type"), mapping(item.get("data"))
    mail, told = mapping(data.get("email")), data.get("morph")
    recipient = mail.get("recipient")
    return Draft(
        type=kind(name, _TYPES, "type"),
        item=item,
        recipients=(address(at(recipient, "email") if isinstance(recipient, dict) else recipient),),
        bounce="soft" if name == "activity.soft_bounced" else "hard",
        machine=machine.by_user_agent(first(at(told, "user_agent"), at(told, "userAgent"))),
        at=instant(item.get("created_at"), data.get("created_at")),
        event_id=text(data.get("id")),
        message_id=first(at(mail, "message", "id"), mail.get("id")),
        link_url=text(at(told, "url")),
        reasons=(at(told, "reason"), at(told, "readable_reason"), at(told, "type")),
        places=(mail.get("headers"), mail.get("tags"), mail.get("personalization"), mail.get("metadata")),
    )
