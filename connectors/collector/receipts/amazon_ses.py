"""Amazon SES over SNS: a JSON text inside an SNS message, or the event alone (raw message delivery).

https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html and …/notification-contents.html
"""

from __future__ import annotations

from collections.abc import Mapping

from connectors.collector.receipts import machine
from connectors.collector.receipts.bodies import json_document
from connectors.collector.receipts.building import Draft, kind, read_each
from connectors.collector.receipts.reading import address, addresses, at, first, instant, json_or_none, text, truth
from connectors.collector.receipts.receipt import Bounce, Found, Type, UnreadableItemError

_TYPES: dict[str, Type] = {
    "Send": "sent",
    "Delivery": "delivered",
    "DeliveryDelay": "deferred",
    "Bounce": "bounced",
    "Complaint": "complained",
    "Reject": "rejected",
    "Rendering Failure": "failed",
    "RenderingFailure": "failed",
    "Open": "opened",
    "Click": "clicked",
    "Subscription": "unsubscribed",
}
_RECIPIENTS = {
    "Bounce": ("bounce", "bouncedRecipients"),
    "Complaint": ("complaint", "complainedRecipients"),
    "Delivery": ("delivery", "recipients"),
    "DeliveryDelay": ("deliveryDelay", "delayedRecipients"),
}


def parse(body: bytes, headers: Mapping[str, str]) -> list[Found]:
    """One SNS message → a receipt per recipient it is about. Times are those of the SNS message, where there is one."""
    document = json_document(body)
    raw_id = text(headers.get("x-amz-sns-message-id"))
    return read_each("amazon_ses", document if isinstance(document, list) else [document], lambda item: _read(item, raw_id))


def _read(item: Mapping[str, object], raw_id: str | None) -> Draft:
    if "Type" not in item or "eventType" in item or "notificationType" in item:
        return _event(item, raw_id, item.get("Timestamp"))
    sort = text(item["Type"])
    if sort != "Notification":
        raise UnreadableItemError(f"an SNS message of type {sort if sort in _CONTROL else 'unknown'}, not a receipt")
    message = item.get("Message")
    event = json_or_none(message) if isinstance(message, str) else message
    if not isinstance(event, dict):
        raise UnreadableItemError("the SNS message holds no SES event")
    return _event(event, text(item.get("MessageId")), item.get("Timestamp"))


_CONTROL = {"SubscriptionConfirmation", "UnsubscribeConfirmation"}


def _event(event: Mapping[str, object], event_id: str | None, published: object) -> Draft:
    name = first(event.get("eventType"), event.get("notificationType"))
    if name == "Received":
        raise UnreadableItemError("a received mail, not a receipt: the topic is that of inbound mail")
    type_ = kind(name, _TYPES, "eventType")
    mail, told = event.get("mail"), event.get(_section(name or ""))
    if type_ == "complained" and at(told, "complaintFeedbackType") == "not-spam":
        type_ = "unknown"
    if type_ == "unsubscribed":
        type_ = _subscription(told)
    return Draft(
        type=type_,
        item=event,
        recipients=tuple(_recipients(event, name or "", mail)) or (None,),
        bounce=_bounce(at(told, "bounceType")),
        machine=machine.by_user_agent(at(told, "userAgent")),
        at=instant(published, at(told, "timestamp"), at(mail, "timestamp")),
        event_id=event_id,
        message_id=text(at(mail, "messageId")),
        link_url=text(at(told, "link")),
        reasons=_reasons(told),
        places=(at(mail, "tags"), at(mail, "headers")),
    )


def _section(name: str) -> str:
    """`DeliveryDelay` → `deliveryDelay`: the key of what an event says."""
    return "failure" if name.startswith("Rendering") else name[:1].lower() + name[1:]


def _recipients(event: Mapping[str, object], name: str, mail: object) -> list[str]:
    found = at(event, *_RECIPIENTS[name]) if name in _RECIPIENTS else None
    listed = found if isinstance(found, list) else []
    told = [one for one in (address(at(entry, "emailAddress") if isinstance(entry, dict) else entry) for entry in listed) if one]
    return told or list(addresses(at(mail, "destination")))


def _bounce(sort: object) -> Bounce | None:
    return None if text(sort) is None else "hard" if sort == "Permanent" else "soft"


def _subscription(told: object) -> Type:
    wanted = at(told, "newTopicPreferences")
    topics = at(wanted, "topicSubscriptionStatus")
    statuses = [at(topic, "subscriptionStatus") for topic in topics] if isinstance(topics, list) else []
    return "subscribed" if not truth(at(wanted, "unsubscribeAll")) and statuses and "OptOut" not in statuses else "unsubscribed"


def _reasons(told: object) -> tuple[object, ...]:
    recipients = next((found for key in ("bouncedRecipients", "delayedRecipients") if isinstance(found := at(told, key), list)), [])
    said = [at(one, "diagnosticCode") for one in recipients]
    sort = ": ".join(part for part in (text(at(told, "bounceType")), text(at(told, "bounceSubType"))) if part)
    return (*said, sort, *(at(told, key) for key in ("complaintFeedbackType", "delayType", "errorMessage", "reason")))
