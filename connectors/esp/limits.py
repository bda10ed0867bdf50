"""What platforms tell of their rate limits in headers, each in a form of its own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from connectors.esp.protocol import Answer, Left, Meaning, Until

_NUMBER = re.compile(r"\s*([0-9]{1,10})(?:\.[0-9]{1,9})?\s*")


def epoch(value: str | None) -> datetime | None:
    """Seconds since 1970 → an instant in UTC; anything else → None."""
    seconds = whole(value)
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def seconds(value: str | None) -> timedelta | None:
    """Seconds from now; anything else → None."""
    found = whole(value)
    return None if found is None else timedelta(seconds=found)


def whole(value: str | None) -> int | None:
    """The whole part of a number ≥ 0 of at most ten digits; anything else → None."""
    found = _NUMBER.fullmatch(value or "")
    return int(found[1]) if found and found[1].isascii() else None


def with_limit(answer: Answer, remaining: str | None, resets: Until | None) -> Answer:
    """The answer with what its headers tell of the limit: `remaining` calls until `resets`.

    Of one that says "too many" without saying until when, the reset is the wish to wait.
    """
    if resets is None:
        return answer
    calls = whole(remaining)
    if answer.meaning is Meaning.RETRY and answer.retry_after is None:
        answer = replace(answer, retry_after=resets)
    return answer if calls is None else replace(answer, left=Left(calls, resets))


def header(headers: Mapping[str, str], name: str) -> str | None:
    """A header of an answer, in either case: some maps of headers know none."""
    return headers.get(name, headers.get(name.lower()))
