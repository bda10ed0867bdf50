"""Published rows against the oracle's: what is missing, what is unexpected."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from tests.oracle.rows import JSON_TEXT, plain


def differences(expected: Iterable[Mapping[str, Any]], actual: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> str:
    """Empty text when both hold the same rows equally often, whatever their order; else one line per row too few or too many.

    columns: the ones that count. A column left out of a published row equals null; 2.50 equals 2.5; a JSON text equals what it holds.
    """
    missing = Counter(_line(row, columns) for row in expected)
    unexpected = Counter(_line(row, columns) for row in actual)
    missing, unexpected = missing - unexpected, unexpected - missing
    lines = [f"missing     {line}" for line in sorted(missing.elements())] + [
        f"unexpected  {line}" for line in sorted(unexpected.elements())
    ]
    return "\n".join(sorted(lines, key=lambda line: line[12:]))


def _line(row: Mapping[str, Any], columns: Sequence[str]) -> str:
    return json.dumps({name: _value(name, row.get(name)) for name in columns}, ensure_ascii=False)


def _value(name: str, value: Any) -> Any:
    if name in JSON_TEXT and isinstance(value, str):
        value = plain(value)
    if name == "flags":
        value = sorted(value.split(",") if isinstance(value, str) and value else value or [])
    return _normal(value)


def _normal(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _normal(value[key]) for key in sorted(value)}
    if isinstance(value, list | tuple):
        return [_normal(item) for item in value]
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return value
    return format(Decimal(str(value)).normalize(), "f")
