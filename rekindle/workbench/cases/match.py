"""Rows that were expected against rows that came: any order, only the columns that are named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from rekindle.workbench.history.given import epoch_ms

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Difference:
    """missing: expected, did not come. unexpected: came, was not expected.

    Both: nearest to each other of those left over; columns: the ones that differ.
    """

    missing: Row | None
    unexpected: Row | None
    columns: tuple[str, ...] = ()


def differences(expected: Sequence[Row], actual: Sequence[Row]) -> list[Difference]:
    """Empty when each expected row has a row of its own among the actual ones, and none is left over."""
    taken = _assignment(expected, actual)
    missing = [row for place, row in enumerate(expected) if place not in taken]
    left = [row for place, row in enumerate(actual) if place not in taken.values()]
    found = []
    for wanted in missing:
        near = max(left, key=lambda row: _agreeing(wanted, row), default=None)
        if near is None or not _agreeing(wanted, near):
            found.append(Difference(wanted, None))
            continue
        left.remove(near)
        found.append(Difference(wanted, near, tuple(name for name in wanted if not equal(wanted[name], near.get(name)))))
    return found + [Difference(None, row) for row in left]


def equal(expected: Any, actual: Any) -> bool:
    """1 equals 1.00; texts that are the same instant are equal; of a mapping only what is expected counts."""
    if isinstance(expected, Mapping):
        return isinstance(actual, Mapping) and all(equal(value, actual.get(name)) for name, value in expected.items())
    if isinstance(expected, list):
        return isinstance(actual, list) and len(expected) == len(actual) and all(map(equal, expected, actual))
    if isinstance(expected, bool) or isinstance(actual, bool) or expected is None or actual is None:
        return expected is actual
    if isinstance(expected, int | float | Decimal) and isinstance(actual, int | float | Decimal):
        return Decimal(str(expected)) == Decimal(str(actual))
    if isinstance(expected, str) and isinstance(actual, str) and expected != actual:
        instant = epoch_ms(expected) if len(expected) >= 16 else None
        return instant is not None and instant == epoch_ms(actual)
    return str(expected) == str(actual)


def _assignment(expected: Sequence[Row], actual: Sequence[Row]) -> dict[int, int]:
    """Expected → actual: as many pairs as can be had at once (augmenting paths), for a partial row may fit several."""
    fits = [[place for place, row in enumerate(actual) if equal(wanted, row)] for wanted in expected]
    owner: dict[int, int] = {}

    def place(number: int, seen: set[int]) -> bool:
        for target in fits[number]:
            if target in seen:
                continue
            seen.add(target)
            if target not in owner or place(owner[target], seen):
                owner[target] = number
                return True
        return False

    for number in range(len(expected)):
        place(number, set())
    return {number: target for target, number in owner.items()}


def _agreeing(wanted: Row, row: Row) -> int:
    return sum(equal(value, row.get(name)) for name, value in wanted.items())
