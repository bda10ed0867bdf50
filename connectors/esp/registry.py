"""Which adapter and which settings belong to which kind of destination."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from connectors.esp.options import Options
from connectors.esp.protocol import Adapter
from connectors.esp.webhook import Webhook, WebhookOptions

Read = Callable[[str], str]
"""Text with `${env:NAME}` or `${file:PATH}` → the same with the secrets themselves. Raises what the caller chose."""


class Kind(NamedTuple):
    """options: pydantic model of its settings. adapter: made of such options and a Read."""

    options: type[Options]
    adapter: Callable[[Any, Read], Adapter]


KINDS: dict[str, Kind] = {
    "webhook": Kind(WebhookOptions, Webhook),
}


def build_adapter(kind: str, options: Options, read: Read) -> Adapter:
    """The adapter of one destination. Raises EndpointError when what the secrets hold cannot be used, and what `read` raises."""
    return KINDS[kind].adapter(options, read)
