"""Which adapter speaks to which kind of destination."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from connectors.esp.protocol import Adapter, EndpointError
from connectors.esp.webhook import Webhook

ADAPTERS: dict[str, Callable[[str, Mapping[str, str]], Adapter]] = {
    "webhook": Webhook,
}


def build_adapter(kind: str, url: str, headers: Mapping[str, str]) -> Adapter:
    """The adapter of one destination. url and headers: secrets already read. Raises EndpointError (kind, url, headers)."""
    if kind not in ADAPTERS:
        raise EndpointError("kind")
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0 and url.isprintable()
    except ValueError:
        usable = False
    if not usable:
        raise EndpointError("url")
    return ADAPTERS[kind](url, headers)
