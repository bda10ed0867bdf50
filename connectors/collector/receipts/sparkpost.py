"""SparkPost (Bird) event webhooks: an array of `{"msys": {"message_event" | "track_event" | …: {…}}}`.

https://developers.sparkpost.com/api/webhooks/ ; bounce classes: https://support.sparkpost.com/docs/deliverability/bounce-classification-codes
"""

from __future__ import annotations

from collections.abc import Mapping

from connectors.collector.receipts import machine
from connectors.collector.receipts.bodies import json_document
from connectors.collector.receipts.building import Draft, kind, receipts
from connectors.collector.receipts.reading import address, at, first, instant, text, truth
from connectors.collector.receipts.receipt import Bounce, Found, Type, Unreadable, UnreadableItemError

_TYPES: dict[str, Type] = {
    "injection": "queued",
    "delivery": "delivered",
    "delay": "deferred",
    "bounce": "bounced",
    "out_of_band": "bounced",
    "policy_rejection": "rejected",
    "generation_rejection": "rejected",
    "generation_failure": "failed",
    "spam_complaint": "complained",
    "open": "opened",
    "initial_open": "opened",
    "amp_open": "opened",
    "amp_initial_open": "opened",
    "click": "clicked",
    "amp_click": "clicked",
    "list_unsubscribe": "unsubscribed",
    "link_unsubscribe": "unsubscribed",
}
_HARD = {"10", "30", "90"}
"""Bounce classes of the address itself: invalid recipient, no such recipient, unsubscribe. All others are soft."""
_OTHERWISE: dict[str, Type] = {"60": "unknown", "80": "subscribed", "90": "unsubscribed", "100": "unknown"}
"""Bounce classes of mails that came back and are no bounce: auto-reply, subscribe, unsubscribe, challenge."""


def parse(body: bytes, headers: Mapping[str, str]) -> list[Found]:
    """A batch. `{"msys": {}}` is SparkPost's test of the address and gives nothing."""
    document = json_document(body)
    found: list[Found] = []
    for index, item in enumerate(document if isinstance(document, list) else [document]):
        event = at(item, "msys")
        if not isinstance(event, dict) or len(event) > 1:
            found.append(Unreadable(index, "no 'msys' with one event"))
        for inner in event.values() if isinstance(event, dict) and len(event) == 1 else ():
            try:
                if not isinstance(inner, dict):
                    raise UnreadableItemError("the event is no object")
                found += receipts("sparkpost", _read(inner))
            except UnreadableItemError as error:
                found.append(Unreadable(index, error.reason))
    return found


def _read(item: Mapping[str, object]) -> Draft:
    type_, sort = kind(item.get("type"), _TYPES, "type"), text(item.get("bounce_class")) or ""
    if type_ == "bounced":
        type_ = _OTHERWISE.get(sort, type_)
    bounce: Bounce = "hard" if sort in _HARD else "soft"
    prefetched = any(truth(at(item, "user_agent_parsed", key)) for key in ("is_prefetched", "isPrefetched", "is_proxy", "isProxy"))
    return Draft(
        type=type_,
        item=item,
        recipients=(address(first(item.get("raw_rcpt_to"), item.get("rcpt_to"))),),
        bounce=bounce,
        machine=prefetched or truth(item.get("is_prefetched")) or machine.by_user_agent(item.get("user_agent")),
        at=instant(item.get("timestamp")),
        event_id=text(item.get("event_id")),
        message_id=first(item.get("transmission_id"), item.get("message_id")),
        link_url=text(item.get("target_link_url")),
        reasons=(item.get("raw_reason"), item.get("reason"), item.get("fbtype")),
        places=(item.get("rcpt_meta"), item.get("rcpt_tags")),
    )
