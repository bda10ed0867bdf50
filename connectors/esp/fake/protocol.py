"""What a platform of the fake is: it reads a call as the real one would, names its items, and words its answers.

Who writes the ledger, plays faults and counts calls is `app.py`; a platform opens nothing and waits for nothing.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol


@dataclass(frozen=True)
class Call:
    """An HTTP call. path: behind the platform's prefix, percent-decoded once, as `/v3/mail/send`.

    headers: looked up without regard to case. body: at most `max_body + 1` bytes of it. now: seconds since 1970 on the platform's clock.
    """

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    content_type: str
    body: bytes
    now: float


@dataclass(frozen=True)
class Reply:
    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json"


@dataclass(frozen=True)
class Item:
    """One send in a call. key: its trigger_id. refused: None, or why this one alone is not taken (`refused_<why>` in the ledger)."""

    key: str
    person: str
    refused: str | None = None


@dataclass(frozen=True)
class Fate:
    """What became of an item. number: row in the ledger of its effect; 0: none. verdict: accepted, duplicate, refused_<why>."""

    item: Item
    number: int
    verdict: str

    @property
    def taken(self) -> bool:
        return not self.verdict.startswith("refused")

    @property
    def repeated(self) -> bool:
        return self.verdict == "duplicate"


NEIGHBOUR = "refused_neighbour"
"""Verdict of an item that was good itself."""


@dataclass(frozen=True)
class Taken:
    """A call that keeps the contract. answer: fates of its items, in order → what the platform says. No items: a login, a lookup."""

    items: Sequence[Item]
    answer: Callable[[Sequence[Fate]], Reply]
    lost: Sequence[Item] = ()
    """Items a real platform would drop without a word: `lost` in the ledger, no effect, not among the fates."""
    forgets: bool = False
    """Repeats take effect here although the platform tells them elsewhere."""
    whole: bool = False
    """One bad item and nothing is taken."""


@dataclass(frozen=True)
class Window:
    """At most `calls` in `per` seconds."""

    calls: int
    per: float


@dataclass(frozen=True)
class Standing:
    """Where a caller stands in a window. resets: seconds from now. over: this call was one too many."""

    limit: int
    left: int
    resets: float
    now: float
    over: bool = False


class RefusedError(Exception):
    """A request a real platform would refuse: the status it answers and why (`refused_<why>` in the ledger)."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(status, why)
        self.status, self.why = status, why


class Platform(Protocol):
    """Made once for each server; may hold state such as tokens.

    max_body: bytes. windows: limits counted for each destination. remembers: how long a repeat of a key has no effect
    (timedelta.max: always; None: every repeat takes effect again).
    """

    @property
    def max_body(self) -> int: ...
    @property
    def windows(self) -> Sequence[Window]: ...
    @property
    def remembers(self) -> timedelta | None: ...

    def read(self, call: Call) -> Taken:
        """Raises RefusedError."""

    def refuse(self, status: int, why: str) -> Reply:
        """How the platform words a refusal of the whole call."""

    def rate_headers(self, standing: Standing) -> Mapping[str, str]:
        """What its answers tell of its limit, in its own words; all of them, or only a 429 (`over`)."""


class Plain:
    """What most platforms have in common: JSON errors, and a 429 that says in seconds when to come back."""

    max_body: int = 1_000_000
    windows: Sequence[Window] = ()
    remembers: timedelta | None = None

    def refuse(self, status: int, why: str) -> Reply:
        return json_reply(status, {"message": why})

    def rate_headers(self, standing: Standing) -> Mapping[str, str]:
        return {"Retry-After": str(math.ceil(standing.resets))} if standing.over else {}


def json_reply(status: int, answer: Any, headers: Mapping[str, str] | None = None) -> Reply:
    """A value → a reply that carries it as JSON."""
    return Reply(status, json.dumps(answer).encode(), headers or {})


def read_object(call: Call, limit: int, content_type: str = "application/json") -> dict[str, Any]:
    """The call's JSON object, of at most `limit` bytes. Raises RefusedError: 413, 415 or 400."""
    if len(call.body) > limit:
        raise RefusedError(413, "too_large")
    if call.content_type != content_type:
        raise RefusedError(415, "content_type")
    try:
        root = json.loads(call.body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise RefusedError(400, "not_json") from None
    if not isinstance(root, dict):
        raise RefusedError(400, "not_object")
    return root


def text_of(tree: Any, *path: str, why: str, status: int = 400) -> str:
    """The non-empty text at a path of keys. Raises RefusedError(status, why)."""
    for name in path:
        tree = tree.get(name) if isinstance(tree, dict) else None
    if not isinstance(tree, str) or not tree.strip():
        raise RefusedError(status, why)
    return tree


def closed(tree: Any, known: set[str], why: str, status: int = 400) -> dict[str, Any]:
    """A JSON object with no key but the known ones. Raises RefusedError(status, why)."""
    if not isinstance(tree, dict) or set(tree) - known:
        raise RefusedError(status, why)
    return tree


def exactly_one(tree: Mapping[str, Any], *names: str, why: str, status: int = 400) -> str:
    """The text under the one of these names that is given. Raises RefusedError(status, why) for none, several, or no text."""
    given = [name for name in names if tree.get(name) is not None]
    if len(given) != 1:
        raise RefusedError(status, why)
    return text_of(tree, given[0], why=why, status=status)


def is_time(found: object) -> bool:
    """Whether a value is an ISO-8601 time with a zone."""
    try:
        return isinstance(found, str) and datetime.fromisoformat(found.replace("Z", "+00:00")).tzinfo is not None
    except ValueError:
        return False


def _refuse_constant(name: str) -> None:
    raise ValueError(name)
