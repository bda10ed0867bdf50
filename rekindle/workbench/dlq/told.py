"""Letters as rows and documents. Nothing here shows what a letter holds, but for `content`."""

from __future__ import annotations

import re
from typing import Any

from jobs.gate.instants import to_text
from rekindle.workbench.dlq.book import Book, Count, Known, Wanted

_KEY = re.compile(r"[a-z_.]+-\d+-\d+|[a-z]+-[0-9a-f]{16}|[0-9A-HJKMNP-TV-Z]{26}")
COUNTED = ("stage", "reason", "open", "retried", "discarded", "oldest", "newest")
LISTED = ("key", "stage", "reason", "failed at", "age", "attempts", "state")


def counted(count: Count) -> tuple[object, ...]:
    """A row under COUNTED."""
    return count.stage, printable(count.reason), *count[2:5], to_text(count.oldest), to_text(count.newest)


def count(one: Count) -> dict[str, Any]:
    """For machines."""
    return one._asdict() | {"oldest": to_text(one.oldest), "newest": to_text(one.newest)}


def listed(known: Known, now_ms: int) -> tuple[object, ...]:
    """A row under LISTED."""
    letter = known.letter
    failed = to_text(letter.failed_at), _age(letter.failed_at, now_ms)
    return printable(letter.key), letter.stage, printable(letter.reason), *failed, letter.attempts, known.state


def letter(known: Known, now_ms: int) -> dict[str, Any]:
    """For machines, and for `show`."""
    one = known.letter
    return {
        "key": one.key, "stage": one.stage, "reason": one.reason, "state": known.state, "failed_at": to_text(one.failed_at),
        "age": _age(one.failed_at, now_ms), "attempts": one.attempts, "topic": one.topic, "partition": one.partition, "offset": one.offset,
        "trigger_id": one.trigger_id, "destination": one.destination,
        "expires_at": None if one.expires_at is None else to_text(one.expires_at), "detail": one.detail,
    }  # fmt: skip


def more(known: Known, book: Book, raw: bytes | None) -> dict[str, Any]:
    """What `show` says beyond `letter`."""
    one = known.letter
    return {
        "outcomes": ", ".join(sorted(book.outcomes(one.trigger_id or "", one.destination or ""))) or None,
        "bytes": None if raw is None else len(raw), "batch": known.batch, "done_at": None if known.at is None else to_text(known.at),
        "by": known.by, "why": known.why,
    }  # fmt: skip


def content(raw: bytes | None) -> str | None:
    """The bytes as text; what is not UTF-8 as \\x…"""
    return None if raw is None else raw.decode("utf-8", errors="backslashreplace")


def printable(text: object) -> str:
    """For a terminal: what producers wrote must not steer it."""
    return "".join(one if one.isprintable() or one in "\n\t" else one.encode("unicode_escape").decode() for one in str(text))


def selection(wanted: Wanted) -> str:
    """In one line, for the audit log. A person's id or an address given for a key is not written down."""
    keys = [key if _is_key(key) else "(no key)" for key in wanted.keys]
    parts = [*keys[:20], *([f"and {len(keys) - 20} more"] if len(keys) > 20 else [])]
    for name, value in (("stage", wanted.stage), ("reason", wanted.reason), ("state", wanted.state)):
        parts += [] if value is None else [f"{name} {value}"]
    parts += [] if wanted.since is None else [f"since {to_text(wanted.since)}"]
    return ", ".join(parts) or "all"


def _is_key(text: str) -> bool:
    return _KEY.fullmatch(text) is not None


def _age(failed_at: int, now_ms: int) -> str:
    """`3 min`, `2 hours`, `5 days`: as coarse as a reader wants it."""
    seconds = max(0, now_ms - failed_at) // 1000
    for unit, name in ((86_400, "days"), (3600, "hours"), (60, "min")):
        if seconds >= 2 * unit:
            return f"{seconds // unit} {name}"
    return f"{seconds} s"
