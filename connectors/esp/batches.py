"""What an answer to one request says about each of several sends in it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from connectors.esp.answers import classify_status
from connectors.esp.protocol import Answer, Left, Meaning


def classify_batch(count: int, status: int, headers: Mapping[str, str]) -> list[Answer]:
    """One answer for each of `count` sends, by the status alone.

    A refusal of several says nothing of any one of them: each goes again alone, and the one at fault fails alone. A redirect is no
    refusal: it is of the endpoint.
    """
    answer = classify_status(status, headers)
    if count > 1 and (status == 408 or (status >= 400 and answer.meaning is Meaning.REJECTED)):
        answer = Answer(Meaning.SPLIT, answer.reason)
    return [answer] * count


def epoch_limit(answer: Answer, headers: Mapping[str, str]) -> Answer:
    """Adds what `X-RateLimit-Remaining` and `X-RateLimit-Reset` (seconds since 1970) say; unreadable ones say nothing."""
    resets = _epoch(headers.get("X-RateLimit-Reset"))
    if resets is None:
        return answer
    remaining = headers.get("X-RateLimit-Remaining", "")
    left = Left(int(remaining), resets) if remaining.isascii() and remaining.isdigit() and len(remaining) < 10 else None
    wish = resets if answer.meaning is Meaning.RETRY and answer.retry_after is None else answer.retry_after
    return replace(answer, left=left, retry_after=wish)


def _epoch(text: str | None) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(text or ""), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def json_of(body: bytes) -> Any:
    """A JSON answer, or None where there is none to be read."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
