"""Hashes that must say the same in every run: ids, shares of people, keys of addresses."""

from __future__ import annotations

import base64
from functools import lru_cache
from hashlib import sha256

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def trigger_id(tenant: str, trigger: str, epoch: int, person: str, occasion: str, stage: int = 0) -> str:
    """26 Crockford base32 characters (semantics.md, sections 4 and 9): what SQL's TRIGGER_ID gives."""
    number = int.from_bytes(_digest(tenant, trigger, epoch, person, occasion, stage)[:16])
    return "".join(_CROCKFORD[number >> shift & 31] for shift in range(125, -1, -5))


def bucket(*parts: object) -> float:
    """Where these fall in [0, 1), evenly: the first 53 bits of the first 8 bytes of their SHA-256, so that no rounding gives 1."""
    return (int.from_bytes(_digest(*parts)[:8]) >> 11) / (1 << 53)


def occasion_key(trigger: str, epoch: int, occasion: str) -> str:
    """A trigger's occasion in 11 characters, whoever the person is: 64 bits, of which one person has a few dozen."""
    return _short(_digest(trigger, epoch, occasion))


def repeat_key(source_id: str, fired_at: int) -> str:
    """A candidate in 11 characters: what tells a repeat of the row."""
    return _short(_digest(source_id, fired_at))


@lru_cache(maxsize=1024)
def address_key(email: str) -> str:
    """A normalised address in 11 characters. Tells equal ones; keeps the address itself out of what is remembered for weeks."""
    return _short(_digest(email.strip().lower()))


def _short(digest: bytes) -> str:
    return base64.b64encode(digest[:8]).decode()[:11]


def _digest(*parts: object) -> bytes:
    return sha256("\x1f".join(map(str, parts)).encode()).digest()
