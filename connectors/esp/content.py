"""What a template gets to see of a send, the same at every platform."""

from __future__ import annotations

from typing import Any

from connectors.esp.options import Options
from connectors.esp.protocol import Send
from connectors.esp.times import iso


def content(send: Send, options: Options) -> dict[str, Any]:
    """The payload with its slots filled, and what identifies the mail.

    Slots: the payload's own list, at most `limit` of it; else the fallback. Names of ours win over the payload's.
    Raises nothing: a slot that holds anything but a list of something counts as empty.
    """
    filled: dict[str, Any] = {}
    for name, slot in options.slots.items():
        own = send.payload.get(name)
        filled[name] = (own if isinstance(own, list) and own else slot.fallback)[: slot.limit]
    return {**send.payload, **filled, **identity(send)}


def identity(send: Send) -> dict[str, Any]:
    """What a platform carries along and gives back with its receipts: `connectors/collector` looks for these names."""
    return {
        "trigger_id": send.trigger_id,
        "trigger": send.trigger,
        "template": send.template,
        "variant": send.variant or "",
        "person_id": send.person_id,
        "fired_at": iso(send.fired_at),
    }
