"""What keeps people out of the index's bytes: a key of this state folder, hashes instead of addresses, and a sieve for the rest."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
from dataclasses import dataclass
from pathlib import Path

from jobs.errors import SettingsError

_KEY_BYTES = 32
# also as it stands in a web address, where `@` is written %40
_ADDRESS = re.compile(rb"[^\s\"'<>:;,()\[\]{}\\/=&?@%]+(?:@|%40)[^\s\"'<>:;,()\[\]{}\\/=&?@%]+\.[^\s\"'<>:;,()\[\]{}\\/=&?@%]+")
_SIFTED = b"(address)"


@dataclass(frozen=True, repr=False)
class Pseudonyms:
    """Keyed hashes: the same text gives the same hash in one state folder, and nothing without its key."""

    key: bytes

    def of(self, text: str) -> bytes:
        """16 bytes for an id as given."""
        return hmac.new(self.key, text.encode(), hashlib.sha256).digest()[:16]

    def of_address(self, address: str) -> bytes:
        """16 bytes for an e-mail address; case and blanks around it do not matter."""
        return self.of("address\x1f" + address.strip().lower())


def pseudonyms(folder: Path) -> Pseudonyms:
    """The key in `folder`, made there the first time, readable by its owner alone. Raises: SettingsError when it is damaged."""
    file = folder / "key"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(secrets.token_bytes(_KEY_BYTES))
    except FileExistsError:
        pass
    key = file.read_bytes()
    if len(key) != _KEY_BYTES:
        raise SettingsError(f"{file} is no key of {_KEY_BYTES} bytes", "remove it, then run with --rebuild")
    return Pseudonyms(key)


def sift(body: bytes) -> bytes:
    """The JSON text with everything that looks like an e-mail address replaced: producers put them into any field."""
    return _ADDRESS.sub(_SIFTED, body) if b"@" in body or b"%40" in body else body
