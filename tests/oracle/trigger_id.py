"""trigger_id: the same occasion of the same person always gets the same one."""

from __future__ import annotations

import hashlib

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def trigger_id(tenant: str, name: str, epoch: int, person: str, occasion: str, stage: int = 0) -> str:
    """26 Crockford base32 characters: the first 128 bits of a SHA-256, as one number, most significant digit first."""
    text = "\u001f".join([tenant, name, str(epoch), person, occasion, str(stage)])
    number = int.from_bytes(hashlib.sha256(text.encode("utf-8", "replace")).digest()[:16], "big")
    return "".join(ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))
