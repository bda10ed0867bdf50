"""Flink's physical plan, as its EXPLAIN prints it: operators and how their rows change."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

_LINE = re.compile(r"^[\s:|]*(?:[+:]- )?(\w+)\((.*?)(?:, changelogMode=\[([\w,]*)\])?\)$")


@dataclass(frozen=True)
class Operator:
    """detail: what is between its brackets. changes: kinds of rows it gives: I insert, UB and UA update, D delete."""

    name: str
    detail: str
    changes: tuple[str, ...]

    @property
    def updates(self) -> bool:
        return bool(set(self.changes) & {"UA", "UB", "D"})


def operators(explained: str) -> tuple[Operator, ...]:
    """Operators from the result down to the sources. explained: with ExplainDetail.CHANGELOG_MODE."""
    part = explained.partition("== Optimized Physical Plan ==")[2].partition("== Optimized Execution Plan ==")[0]
    found = []
    for line in part.splitlines():
        if match := _LINE.match(line):
            found.append(Operator(match[1], match[2], tuple(one for one in (match[3] or "I").split(",") if one)))
    return tuple(found)


def counted(plan: tuple[Operator, ...]) -> Counter[str]:
    """How many operators of each name."""
    return Counter(one.name for one in plan)


def interval_bounds(operator: Operator) -> int:
    """How far an interval join holds back the clock, in milliseconds: 0 for any other operator."""
    bounds = re.search(r"leftLowerBound=(-?\d+), leftUpperBound=(-?\d+)", operator.detail)
    return max(-int(bounds[1]), int(bounds[2]), 0) if bounds else 0
