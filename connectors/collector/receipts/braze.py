"""Braze: Currents-like batches of e-mail events (`{"events": […]}`), and the status calls of transactional campaigns.

https://www.braze.com/docs/user_guide/data/distribution/braze_currents/event_glossary/message_engagement_events/ (Custom HTTP connector) and
https://www.braze.com/docs/api/objects_filters/transactional_http_event_postback/ (path unverified)
"""

from __future__ import annotations

from collections.abc import Mapping

from connectors.collector.receipts import linking, machine
from connectors.collector.receipts.bodies import json_document
from connectors.collector.receipts.building import Draft, kind, read_each
from connectors.collector.receipts.reading import address, at, first, instant, mapping, text, truth, word
from connectors.collector.receipts.receipt import Bounce, Found, Type

_TYPES: dict[str, Type] = {
    "send": "sent",
    "delivery": "delivered",
    "deferral": "deferred",
    "retry": "deferred",
    "bounce": "bounced",
    "softbounce": "bounced",
    "abort": "rejected",
    "open": "opened",
    "click": "clicked",
    "markasspam": "complained",
    "unsubscribe": "unsubscribed",
    "globalstatechange": "unknown",
}
_STATUSES: dict[str, Type] = {
    "sent": "sent",
    "processed": "queued",
    "delivered": "delivered",
    "bounced": "bounced",
    "aborted": "rejected",
}
_OF_MAIL = {"", "email", "subscription"}
"""What stands before the event in `users.messages.email.Open`: the bounce of a push token or a text message is no receipt of a mail."""
_REASONS = ("bounce_reason", "deferral_reason", "retry_log", "abort_log", "abort_type", "state_change_source", "reason")
_FLAGS = ("machine_open", "is_machine_open", "is_suspected_bot_click", "machine_click", "is_bot", "bot_click")
_STATES: dict[str, Type] = {"unsubscribed": "unsubscribed", "subscribed": "subscribed", "opted_in": "subscribed"}


def parse(body: bytes, headers: Mapping[str, str]) -> list[Found]:
    """A batch, an array of events, or one. `external_send_id` is the trigger_id our adapter sends a transactional campaign with."""
    document = json_document(body)
    events = document.get("events", [document]) if isinstance(document, dict) else document
    return read_each("braze", events if isinstance(events, list) else [events], _read)


def _read(item: Mapping[str, object]) -> Draft:
    return _status(item) if "status" in item and "event_type" not in item else _event(item)


def _event(item: Mapping[str, object]) -> Draft:
    told = {**item, **mapping(item.get("properties"))}
    name = first(item.get("event_type"), item.get("event"), item.get("name"), item.get("type"))
    group, _, last = (name or "").rpartition(".")
    sort = last.replace("_", "").lower() or None
    bounce: Bounce = "soft" if sort == "softbounce" else "hard"
    return Draft(
        type=_type(group, sort, kind(sort, _TYPES, "event_type"), told),
        item=item,
        recipients=(address(told.get("email_address")),),
        bounce=bounce,
        machine=_machine(told),
        at=instant(told.get("time"), told.get("timestamp")),
        event_id=text(item.get("id")),
        message_id=first(told.get("dispatch_id"), told.get("send_id")),
        link_url=first(told.get("url"), told.get("link_url")),
        reasons=tuple(told.get(key) for key in _REASONS),
        places=(told.get("message_extras"), told.get("trigger_properties"), told),
        person_id=first(at(item, "user", "external_user_id"), told.get("external_user_id")),
    )


def _type(group: str, sort: str | None, type_: Type, told: Mapping[str, object]) -> Type:
    if group.rpartition(".")[2] not in _OF_MAIL or (text(told.get("channel")) or "email") != "email":
        return "unknown"
    if sort == "globalstatechange":
        return _STATES.get(word(first(told.get("state"), told.get("subscription_status"))), "unknown")
    # a drop: on the list of the platform behind Braze, which did not try
    return "rejected" if type_ == "bounced" and truth(told.get("is_drop")) else type_


def _machine(told: Mapping[str, object]) -> bool:
    # machine_open is "true" today and may come to name who it was; is_suspected_bot_click where a scanner followed the link
    opener = word(told.get("machine_open"))
    return opener not in {"", "false"} or any(truth(told.get(key)) for key in _FLAGS) or machine.by_user_agent(told.get("user_agent"))


def _status(item: Mapping[str, object]) -> Draft:
    about = mapping(item.get("metadata"))
    status = text(item.get("status"))
    own = text(about.get("external_send_id"))
    return Draft(
        type=kind(status, _STATUSES, "status"),
        item=item,
        at=instant(about.get(f"{status}_at"), *(about.get(key) for key in ("delivered_at", "processed_at", "sent_at", "received_at"))),
        message_id=text(item.get("dispatch_id")),
        reasons=(about.get("reason"),),  # whether a bounce was hard is not told
        places=(about,),
        trigger_id=own if linking.is_trigger_id(own) else None,
    )
