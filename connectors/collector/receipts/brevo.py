"""Brevo (Sendinblue) transactional and marketing webhooks: one flat object per event, or an array of them.

https://developers.brevo.com/docs/transactional-webhooks and …/docs/marketing-webhooks
"""

from __future__ import annotations

from collections.abc import Mapping

from connectors.collector.receipts import machine
from connectors.collector.receipts.bodies import json_document
from connectors.collector.receipts.building import Draft, kind, read_each
from connectors.collector.receipts.reading import addresses, first, instant, word
from connectors.collector.receipts.receipt import Found, Type

_TYPES: dict[str, Type] = {
    "request": "queued",
    "sent": "sent",
    "delivered": "delivered",
    "deferred": "deferred",
    "hardbounce": "bounced",
    "softbounce": "bounced",
    "invalidemail": "bounced",
    "invalid": "bounced",
    "blocked": "rejected",
    "error": "failed",
    "opened": "opened",
    "uniqueopened": "opened",
    "proxyopen": "opened",
    "uniqueproxyopen": "opened",
    "loadedbyproxy": "opened",
    "click": "clicked",
    "clicked": "clicked",
    "spam": "complained",
    "complaint": "complained",
    "unsubscribed": "unsubscribed",
    "unsubscribe": "unsubscribed",
    "listaddition": "subscribed",
}
"""Lower case without `_`: webhooks post `hard_bounce`, the API and some accounts say `hardBounce`."""


def parse(body: bytes, headers: Mapping[str, str]) -> list[Found]:
    """One event, or up to 500 of a batched webhook. `id` is the webhook's, not the event's.

    Times: `ts_epoch` is UTC milliseconds (seconds in Brevo's own samples). `ts_event` and `ts` are UTC by the reference, but were once
    seen in the account's zone: the last resort. `date` always is in that zone and is not used.
    """
    document = json_document(body)
    return read_each("brevo", document if isinstance(document, list) else [document], _read)


def _read(item: Mapping[str, object]) -> Draft:
    name = word(item.get("event")).replace("_", "")
    return Draft(
        type=kind(name, _TYPES, "event"),
        item=item,
        recipients=tuple(addresses(item.get("email"))) or (None,),
        bounce="soft" if name == "softbounce" else "hard",
        machine="proxy" in name or machine.by_user_agent(item.get("user_agent")),
        at=instant(item.get("ts_epoch"), item.get("ts_event"), item.get("ts")),
        message_id=first(item.get("message-id"), item.get("messageId")),
        link_url=first(item.get("link"), item.get("URL")),
        reasons=(item.get("reason"),),
        places=(item.get("X-Mailin-custom"), item.get("tags"), item.get("tag")),
    )
