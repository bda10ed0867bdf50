"""Secrets on their way into headers."""

from __future__ import annotations

import base64
from collections.abc import Callable

from connectors.esp.protocol import EndpointError


def credential(read: Callable[[str], str], reference: str, what: str) -> str:
    """The secret behind a reference; a file's last line end does not count.

    what: its key in the settings, named by the EndpointError when it is empty or could not stand in a header.
    """
    text = read(reference).strip()
    if not text or not text.isascii() or not text.isprintable() or " " in text:
        raise EndpointError(what)
    return text


def basic(user: str, password: str) -> str:
    """Value of an Authorization header (RFC 7617)."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode("ascii")
