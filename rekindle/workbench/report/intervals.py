"""Intervals for shares and for their difference, good for small numbers too.

Source: R. G. Newcombe, Interval estimation for the difference between independent proportions: comparison of eleven methods, Statistics in
Medicine 17 (1998), 873-890, method 10: Wilson's score intervals (E. B. Wilson, JASA 22 (1927), 209-212), put together.
"""

from __future__ import annotations

from math import sqrt
from typing import NamedTuple

Z = 1.959963984540054
"""95 %, two-sided."""


class Interval(NamedTuple):
    """Both ends, as shares."""

    low: float
    high: float


def share(hits: int, of: int) -> float | None:
    """None when there is nothing to have a share of."""
    return hits / of if of else None


def wilson(hits: int, of: int) -> Interval:
    """95 % interval of a share. of = 0: anything is possible."""
    if of == 0:
        return Interval(0.0, 1.0)
    p, square = hits / of, Z * Z
    middle = (p + square / (2 * of)) / (1 + square / of)
    half = Z * sqrt(p * (1 - p) / of + square / (4 * of * of)) / (1 + square / of)
    return Interval(max(0.0, middle - half), min(1.0, middle + half))


def difference(hits: int, of: int, base_hits: int, base_of: int) -> Interval | None:
    """95 % interval of the first share less the second. None when one of them has nothing to be a share of."""
    if of == 0 or base_of == 0:
        return None
    p, base = hits / of, base_hits / base_of
    own, other = wilson(hits, of), wilson(base_hits, base_of)
    low = p - base - sqrt((p - own.low) ** 2 + (other.high - base) ** 2)
    high = p - base + sqrt((own.high - p) ** 2 + (base - other.low) ** 2)
    return Interval(max(-1.0, low), min(1.0, high))
