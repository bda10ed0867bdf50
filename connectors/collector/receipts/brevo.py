"""Brevo (Sendinblue) transactional and marketing webhooks: one flat object per event, or an array of them.

https://developers.brevo.com/docs/transactional-webhooks and …/docs/marketing-webhooks
"""

from __future__ import annotations

from collections.abc import Mapping

from connectors.collector.receipts import machine
from connectors.collector.receipts.bodies import json_document
from connectors.collector.receipts.building import Draft, kind, read_each
from connectors.collector.receipts.reading import addresses, first, instant, text
from connectors.collector.receipts.receipt import Found, Type

_TYPES: dict[str, Type] = {
    "request": "queued",
    "sent": "sent",
    "delivered": "delivered",
    "deferred": "deferred",
    "hard_bounce": "bounced",
    "soft_bounce": "bounced",
    "invalid_email": "bounced",
    "blocked": "rejected",
    "error": "failed",
    "opened": "opened",
    "unique_opened": "opened",
    "proxy_open": "opened",
    "unique_proxy_open": "opened",
    "click": "clicked",
    "spam": "complained",
    "complaint": "complained",
    "unsubscribed": "unsubscribed",
    "unsubscribe": "unsubscribed",
    "list_addition": "subscribed",
}
# the API's own names of the same events, which exports and some accounts post
_TYPES |= {"hardBounce": "bounced", "softBounce": "bounced", "invalid": "bounced", "uniqueOpened": "opened", "proxyOpen": "opened"}
_TYPES |= {"uniqueProxyOpen": "opened", "clicked": "clicked", "listAddition": "subscribed"}


def parse(body: bytes, headers: Mapping[str, str]) -> list[Found]:
    """`id` is the webhook's, not the event's. `ts_epoch` is in milliseconds; `date` is in the account's zone and not used."""
    document = json_document(body)
    return read_each("brevo", document if isinstance(document, list) else [document], _read)


def _read(item: Mapping[str, object]) -> Draft:
    name = text(item.get("event"))
    proxied = "proxy" in (name or "").lower()
    return Draft(
        type=kind(name, _TYPES, "event"),
        item=item,
        recipients=tuple(addresses(item.get("email"))) or (None,),
        bounce="soft" if name in {"soft_bounce", "softBounce"} else "hard",
        machine=proxied or machine.by_user_agent(item.get("user_agent")),
        at=instant(item.get("ts_epoch"), item.get("ts_event"), item.get("ts")),
        message_id=first(item.get("message-id"), item.get("messageId")),
        link_url=first(item.get("link"), item.get("URL")),
        reasons=(item.get("reason"),),
        places=(item.get("X-Mailin-custom"), item.get("tags"), item.get("tag")),
    )
