"""What an e-mail platform reports of one mail to one recipient, in our words."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, get_args

Type = Literal[
    "queued", "sent", "delivered", "deferred", "bounced", "rejected", "failed",
    "opened", "clicked", "complained", "unsubscribed", "subscribed", "unknown",
]  # fmt: skip
"""`rejected` never left the platform; `deferred` will be tried again; `unknown` is something we have no word for."""

TYPES: tuple[Type, ...] = get_args(Type)
Bounce = Literal["hard", "soft"]


class UnreadableBodyError(Exception):
    """The body as a whole is not what this provider posts. A repeat of the same body will not help. Never quotes the body."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class UnreadableItemError(Exception):
    """One item cannot be read; its neighbours can."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Receipt:
    """One row. at: ISO-8601 UTC with milliseconds, None where the platform tells no time.

    machine: a proxy or scanner did it, not a person. provider_event_id: the platform's own, else a hash of what makes the event this one.
    message_id: as the platform's send call answered it. Not in `row`: person_id, which our adapters send along and platforms hand back.
    """

    type: Type
    bounce: Bounce | None
    machine: bool
    recipient: str | None = field(repr=False)
    at: str | None
    provider_event_id: str
    message_id: str | None
    trigger_id: str | None
    link_url: str | None = field(repr=False)
    reason: str | None = field(repr=False)
    person_id: str | None = field(default=None, repr=False)

    def row(self) -> dict[str, object]:
        """The ten published keys, in their order."""
        return {name: getattr(self, name) for name in KEYS}


KEYS = ("type", "bounce", "machine", "recipient", "at", "provider_event_id", "message_id", "trigger_id", "link_url", "reason")


@dataclass(frozen=True)
class Unreadable:
    """An item that became no receipt. index: its place in the body, from 0. reason: never quotes a value."""

    index: int
    reason: str


Found = Receipt | Unreadable
