"""Postmark webhooks: one object per event, told apart by `RecordType`.

https://postmarkapp.com/developer/webhooks/webhooks-overview and …/developer/api/bounce-api#bounce-types
"""

from __future__ import annotations

from collections.abc import Mapping

from connectors.collector.receipts import machine
from connectors.collector.receipts.bodies import json_document
from connectors.collector.receipts.building import Draft, kind, read_each
from connectors.collector.receipts.reading import address, first, instant, text
from connectors.collector.receipts.receipt import Bounce, Found, Type

_RECORDS: dict[str, Type] = {
    "Delivery": "delivered",
    "Bounce": "bounced",
    "SpamComplaint": "complained",
    "Open": "opened",
    "Click": "clicked",
    "SubscriptionChange": "unsubscribed",
}
_BOUNCES: dict[str, tuple[Type, Bounce | None]] = {
    "HardBounce": ("bounced", "hard"),
    "SoftBounce": ("bounced", "soft"),
    "Blocked": ("bounced", "soft"),
    "DMARCPolicy": ("bounced", "soft"),
    "SpamNotification": ("bounced", "soft"),
    "VirusNotification": ("bounced", "soft"),
    "Transient": ("deferred", None),
    "DnsError": ("deferred", None),
    "BadEmailAddress": ("rejected", None),
    "ManuallyDeactivated": ("rejected", None),
    "Unconfirmed": ("rejected", None),
    "SMTPApiError": ("failed", None),
    "TemplateRenderingFailed": ("failed", None),
    "SpamComplaint": ("complained", None),
    "Unsubscribe": ("unsubscribed", None),
    "Subscribe": ("subscribed", None),
}
"""Others (AutoResponder, AddressChange, ChallengeVerification, OpenRelayTest, Unknown) are answers to a mail, not its end: `unknown`."""


def parse(body: bytes, headers: Mapping[str, str]) -> list[Found]:
    """One event. A SubscriptionChange is an unsubscribe, a resubscribe, or the shadow of a bounce or complaint."""
    document = json_document(body)
    return read_each("postmark", document if isinstance(document, list) else [document], _read)


def _read(item: Mapping[str, object]) -> Draft:
    type_, bounce = _outcome(item)
    numbered = item.get("RecordType") in {"Bounce", "SpamComplaint"}
    return Draft(
        type=type_,
        item=item,
        recipients=(address(first(item.get("Recipient"), item.get("Email"))),),
        bounce=bounce,
        machine=machine.by_user_agent(item.get("UserAgent")),
        at=instant(*(item.get(key) for key in ("BouncedAt", "DeliveredAt", "ReceivedAt", "ChangedAt"))),
        event_id=text(item.get("ID")) if numbered else None,
        message_id=text(item.get("MessageID")),
        link_url=text(item.get("OriginalLink")),
        reasons=(item.get("Details"), item.get("Description"), item.get("SuppressionReason"), item.get("Name")),
        places=(item.get("Metadata"),),
    )


def _outcome(item: Mapping[str, object]) -> tuple[Type, Bounce | None]:
    type_ = kind(item.get("RecordType"), _RECORDS, "RecordType")
    if item["RecordType"] == "Bounce":
        return _BOUNCES.get(text(item.get("Type")) or "", ("unknown", None))
    if item["RecordType"] == "SubscriptionChange":
        if item.get("SuppressSending") is False:
            return "subscribed", None
        why = text(item.get("SuppressionReason"))
        return ("bounced", "hard") if why == "HardBounce" else ("complained" if why == "SpamComplaint" else "unsubscribed", None)
    return type_, None
