"""Mailjet Event API: one object, or an array where events are grouped.

https://dev.mailjet.com/email/guides/webhooks/
"""

from __future__ import annotations

from collections.abc import Mapping

from connectors.collector.receipts import linking, machine
from connectors.collector.receipts.bodies import json_document
from connectors.collector.receipts.building import Draft, kind, read_each
from connectors.collector.receipts.reading import address, first, instant, text, truth, word
from connectors.collector.receipts.receipt import Found, Type

_TYPES: dict[str, Type] = {
    "sent": "delivered",  # accepted by the recipient's server: `smtp_reply` is its answer
    "open": "opened",
    "click": "clicked",
    "bounce": "bounced",
    "blocked": "rejected",
    "spam": "complained",
    "unsub": "unsubscribed",
}
_OF_THE_ADDRESS = {"", "recipient", "domain", "user_unknown", "mailbox_inactive", "invalid_domain", "no_mail_host"}
"""What a permanent error is related to when the address is dead. Others (spam, content, system, mailjet): it takes the next mail. The field
was seen with the error itself, `policy issue`, in it."""


def parse(body: bytes, headers: Mapping[str, str]) -> list[Found]:
    """One event or several. A bounce for greylisting is tried again by Mailjet: `deferred`."""
    document = json_document(body)
    return read_each("mailjet", document if isinstance(document, list) else [document], _read)


def _read(item: Mapping[str, object]) -> Draft:
    type_ = kind(item.get("event"), _TYPES, "event")
    if type_ == "bounced" and text(item.get("error")) == "greylisted":
        type_ = "deferred"
    own = text(item.get("CustomID"))
    hard = truth(item.get("hard_bounce")) and word(item.get("error_related_to")) in _OF_THE_ADDRESS
    return Draft(
        type=type_,
        item=item,
        recipients=(address(item.get("email")),),
        bounce="hard" if hard else "soft",
        machine=machine.by_user_agent(item.get("agent")),
        at=instant(item.get("time")),
        message_id=first(*(value for value in (item.get("MessageID"), item.get("Message_GUID")) if value != 0)),
        link_url=text(item.get("url")),
        reasons=(item.get("comment"), item.get("smtp_reply"), item.get("error"), item.get("source")),
        places=(item.get("Payload"), item.get("CustomID")),
        trigger_id=own if linking.is_trigger_id(own) else None,  # an id is what CustomID is there for
    )
