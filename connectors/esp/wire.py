"""What goes over the wire and comes back, for adapters of JSON platforms: bytes of a body, values of headers, answers nobody can trust."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import orjson

from connectors.esp.protocol import EndpointError, Reason, UnsendableError

_KEY = re.compile(r"[\x21-\x7e]+")
_ID = re.compile(r"[A-Za-z0-9._:+/=-]{1,128}")  # no @, no blanks: an id that could be an address is not kept


def to_json(value: Any, limit: int) -> bytes:
    """A value → compact JSON of at most `limit` bytes. Raises UnsendableError."""
    try:
        body = orjson.dumps(value)
    except TypeError:  # orjson's own error is one
        raise UnsendableError(Reason.BAD_SEND) from None
    if len(body) > limit:
        raise UnsendableError(Reason.TOO_LARGE)
    return body


def join(before: bytes, items: Iterable[bytes], after: bytes) -> bytes:
    """Items of a JSON list inside their envelope."""
    return before + b",".join(items) + after


def read_key(what: str, reference: str, read: Callable[[str], str]) -> str:
    """A secret as it can stand in a header: no blank, no line end. what: its key in the settings. Raises EndpointError."""
    secret = read(reference).strip()
    if not _KEY.fullmatch(secret):
        raise EndpointError(what)
    return secret


def basic(user: str, password: str) -> str:
    """The value of an Authorization header."""
    return "Basic " + b64encode(f"{user}:{password}".encode()).decode("ascii")


def read_answer(body: bytes) -> dict[str, Any] | None:
    """The JSON object of an answer; None: it is none, or was cut off."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return answer if isinstance(answer, dict) else None


def plain(found: object) -> str | None:
    """A value of an answer as text, if it looks like an id."""
    text = str(found) if isinstance(found, str | int) and not isinstance(found, bool) else ""
    return text if _ID.fullmatch(text) else None


def at_path(tree: object, *path: str) -> Any:
    """What lies at a path of keys; None when nothing does."""
    for name in path:
        tree = tree.get(name) if isinstance(tree, Mapping) else None
    return tree


def objects(found: object) -> list[dict[str, Any]]:
    """The objects in a list of an answer; what is none of them is left out."""
    return [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []


def position(found: object, count: int) -> int | None:
    """A position in a batch of `count` sends, if it is one."""
    return found if isinstance(found, int) and not isinstance(found, bool) and 0 <= found < count else None
