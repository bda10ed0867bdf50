"""JSON read exactly: one value per line, numbers kept as they were written."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import Any

DEPTH = 1000
sys.setrecursionlimit(max(sys.getrecursionlimit(), 20 * DEPTH))  # so that DEPTH is the limit and not the interpreter's stack

quote = json.encoder.encode_basestring


@dataclass(frozen=True, slots=True)
class Number:
    """A JSON number as written: `1.0`, `1` and `1e0` are three texts."""

    text: str


def read(value: bytes) -> Any:
    """Bytes → dict, list, str, Number, bool or None. Raises ValueError unless they hold one JSON value in UTF-8, at most DEPTH deep."""
    try:
        found = DECODER.decode(value.decode("utf-8"))
    except RecursionError:
        found = None
        too_deep = True
    else:
        too_deep = value.count(b"[") + value.count(b"{") > DEPTH and _depth(found) > DEPTH
    if too_deep:
        raise ValueError("nested too deep")
    return found


def write(value: Any, sort: bool = False) -> str:
    """Compact JSON text, no ASCII escaping; sort: keys in rising order, which makes it canonical."""
    if isinstance(value, dict):
        keys = sorted(value) if sort else value
        return "{" + ",".join(quote(key) + ":" + write(value[key], sort) for key in keys) + "}"
    if isinstance(value, list):
        return "[" + ",".join(write(item, sort) for item in value) + "]"
    if isinstance(value, Number):
        return value.text
    return quote(value) if isinstance(value, str) else {None: "null", True: "true", False: "false"}[value]


def _depth(value: Any) -> int:
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if parts is None else 1 + max(map(_depth, parts), default=0)


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


DECODER = json.JSONDecoder(parse_int=Number, parse_float=Number, parse_constant=_refuse)
