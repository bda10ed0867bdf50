"""What HTTP itself says about a send, for every platform that does not say otherwise (`facts/delivery.md`, section 2)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from connectors.esp.protocol import Answer, Meaning, Reason

_SECONDS = re.compile(r"[0-9]{1,7}")
_RETRY = {
    408: Reason.UNAVAILABLE,
    425: Reason.UNAVAILABLE,
    429: Reason.RATE_LIMITED,
    503: Reason.UNAVAILABLE,
}


def classify_status(status: int, headers: Mapping[str, str]) -> Answer:
    """An answer by its status alone. A 2xx counts as accepted: adapters whose 2xx can hide errors read the body first."""
    if 200 <= status < 300:
        return Answer(Meaning.ACCEPTED)
    if 300 <= status < 400:
        return Answer(Meaning.REJECTED, Reason.REDIRECTED)
    if status in (401, 403):
        return Answer(Meaning.CONFIGURATION, Reason.CONFIGURATION)
    if status in _RETRY:
        return Answer(Meaning.RETRY, _RETRY[status], retry_after=parse_retry_after(headers.get("Retry-After")))
    if 400 <= status < 500:
        return Answer(Meaning.REJECTED, Reason.TOO_LARGE if status == 413 else Reason.REFUSED)
    return Answer(Meaning.AMBIGUOUS, Reason.SERVER_ERROR, retry_after=parse_retry_after(headers.get("Retry-After")))


def parse_retry_after(value: str | None) -> timedelta | datetime | None:
    """A Retry-After header: seconds → timedelta, HTTP-date → instant in UTC, anything else → None."""
    text = (value or "").strip()
    if _SECONDS.fullmatch(text):
        return timedelta(seconds=int(text))
    try:
        at = parsedate_to_datetime(text)
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):  # whatever a stranger's server may write there
        return None
