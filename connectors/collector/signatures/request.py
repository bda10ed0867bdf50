"""What a signature check is given, and how it says no."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

MAX_SKEW = timedelta(seconds=300)


@dataclass(frozen=True)
class Request:
    """A webhook call before anything in it was believed. headers: names in lower case. secret: the last part of the path, if it had one."""

    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    secret: str = field(default="", repr=False)


class BadSignatureError(Exception):
    """The call is not proven to come from the provider. reason: never a value of the call or a secret."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


Check = Callable[[Request, datetime], str | None]
"""(call, now) → what must not be accepted a second time, or None. Raises: BadSignatureError."""


def header(request: Request, name: str) -> str:
    """A header that must be there. Raises: BadSignatureError."""
    found = request.headers.get(name, "")
    if not found:
        raise BadSignatureError(f"no header '{name}'")
    return found


def same(left: str | bytes, right: str | bytes) -> bool:
    """Equality in constant time; text may hold anything."""
    as_bytes = [one.encode("utf-8", "surrogatepass") if isinstance(one, str) else one for one in (left, right)]
    return hmac.compare_digest(as_bytes[0], as_bytes[1])


def require_recent(timestamp: str, now: datetime, skew: timedelta = MAX_SKEW) -> None:
    """Refuse epoch seconds further than `skew` from `now`, in either direction: an old call may be a replay."""
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        raise BadSignatureError("the timestamp is no number of seconds")
    if abs(now.timestamp() - int(timestamp)) > skew.total_seconds():
        raise BadSignatureError("the timestamp is too far from now")
