"""SNS asks once whether its messages are wanted: a GET of the URL it sent, after its signature and topic were checked."""

from __future__ import annotations

from collections.abc import Callable

from connectors.collector.receipts.reading import json_or_none
from connectors.collector.signatures.sns import is_of_sns

Confirm = Callable[[str], object]
"""GETs a URL. Raises: OSError."""


def subscribe_url(body: bytes) -> str | None:
    """The URL of a SubscriptionConfirmation, if it leads to SNS; None of anything else."""
    message = json_or_none(body)
    if not isinstance(message, dict) or message.get("Type") != "SubscriptionConfirmation":
        return None
    url = message.get("SubscribeURL")
    return url if isinstance(url, str) and is_of_sns(url) else None
