"""A receipt as a line of `events.raw`, in the words of Segment's e-mail spec."""

from __future__ import annotations

import hashlib
import re
from typing import Any

from connectors.collector.receipts.receipt import Receipt, Type

EVENTS: dict[Type, str] = {
    "delivered": "Email Delivered",
    "opened": "Email Opened",
    "clicked": "Email Link Clicked",
    "bounced": "Email Bounced",
    "complained": "Email Marked as Spam",
    "unsubscribed": "Unsubscribed",
    # Segment has no words for these; sql/ingest/mapping.yaml lists them as nothing a person did
    "queued": "Email Queued",
    "sent": "Email Sent",
    "deferred": "Email Deferred",
    "rejected": "Email Rejected",
    "failed": "Email Failed",
    "subscribed": "Resubscribed",
}
"""`unknown` is not written: it says nothing anybody could act on."""

_ADDRESS = re.compile(r"[^\s<>\"'(),:;]+@[^\s<>\"'(),:;]+")
_LONGEST_REASON = 300


def address_hash(address: str) -> bytes:
    """Of the normalised address (trimmed, lower case), as the gate links people."""
    return hashlib.sha256(address.strip().lower().encode("utf-8", "replace")).digest()[:16]


def raw_event(
    provider: str, receipt: Receipt, person: str | None, trigger: str | None, received_at: str
) -> tuple[str, dict[str, Any]] | None:
    """(key, line), or None where there is nothing to write. A repeat of the receipt gives the same line but for `receivedAt`.

    The address itself is left out: `events` holds pseudonyms. Without a person the line belongs to a hash of the address.
    """
    event = EVENTS.get(receipt.type)
    if event is None:
        return None
    properties = {
        "trigger_id": receipt.trigger_id,
        "trigger": trigger,
        "person_id": person,
        "email_id": receipt.message_id,
        "link_url": receipt.link_url,
        "bounce": receipt.bounce,
        "machine": receipt.machine,
        "reason": without_addresses(receipt.reason),
        "provider": provider,
    }
    line: dict[str, Any] = {
        "type": "track",
        "event": event,
        "messageId": f"{provider}:{receipt.provider_event_id}",
        "receivedAt": received_at,
        "properties": {name: value for name, value in properties.items() if value is not None},
        "context": {"library": {"name": f"receipts-{provider}"}},
    }
    if receipt.at is not None:
        line["timestamp"] = receipt.at
    if person is not None:
        line["userId"] = person
        return person, line
    known = address_hash(receipt.recipient).hex() if receipt.recipient else hashlib.sha256(line["messageId"].encode()).hexdigest()[:32]
    line["anonymousId"] = f"mail:{known}"
    return line["anonymousId"], line


def without_addresses(text: str | None) -> str | None:
    """Servers quote the address in what they answer."""
    return None if text is None else _ADDRESS.sub("<address>", text)[:_LONGEST_REASON]
