"""Rows of the index: who it is about, when, which word, and of its content only what explains something."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from enum import IntEnum
from typing import NamedTuple

DAY_MS = 86_400_000
RECEIPTS = ("Email Delivered", "Email Opened", "Email Link Clicked", "Email Bounced", "Email Marked as Spam", "Unsubscribed")
ORDER = "Order Completed"
ALWAYS_KEPT = frozenset((*RECEIPTS, ORDER, "Order Cancelled", "Order Refunded", "Product Added", "Product Removed"))
"""Events the index keeps whatever the triggers ask for. Page views, the bulk, are told by their sessions."""

AGAIN = " again"
"""Behind the reason of a decision about a mail that was sent before and has come back from delivery: it is no second mail."""


class Kind(IntEnum):
    """Kinds of rows. The numbers are in the file: add, never renumber."""

    DECISION = 1
    SEND = 2
    OUTCOME = 3
    CANDIDATE = 4
    CART = 5
    SESSION = 6
    IDENTITY = 7
    PROFILE = 8
    EVENT = 9
    CONTROL = 10


class Row(NamedTuple):
    """who: hash of a person or device. at: epoch ms. key: tells rows of one who, kind and time apart; a repeat has the same.

    name: trigger; word: reason, outcome or event; ref: the trigger_id it is about. body: JSON text.
    """

    who: int
    kind: int
    at: int
    key: int
    name: str | None
    word: str | None
    variant: str | None
    ref: str | None
    body: bytes


class Record(NamedTuple):
    """One record of a topic. at: its time in epoch ms."""

    at: int
    key: bytes | None
    value: bytes | None


class Erased(NamedTuple):
    """A profile's tombstone."""

    person_id: str
    at: int


class Address(NamedTuple):
    """A profile names an address, from `at` on."""

    person_id: str
    address: str
    at: int


Found = Row | Erased | Address


def hashed(*parts: str) -> int:
    """64 bits with sign, as SQLite keeps integers."""
    return int.from_bytes(hashlib.blake2b("\x1f".join(parts).encode(errors="replace"), digest_size=8).digest(), "big", signed=True)


def person(person_id: str) -> int:
    """`who` of a person."""
    return hashed("p", person_id)


def device(device_id: str) -> int:
    """`who` of a device."""
    return hashed("d", device_id)


def control(key: str) -> int:
    """`who` of something that is controlled, such as `trigger:cart_abandoned`."""
    return hashed("c", key)


def instant(text: str) -> int:
    """ISO-8601 → epoch ms; without a zone it is UTC. Raises: ValueError."""
    found = datetime.fromisoformat(text)
    return round((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp() * 1000)
