"""What a trigger keeps, in words an author understands, and for how long."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta

from jobs.durations import parse_duration
from jobs.operators import Operator

_WINDOW = re.compile(r"window=\[(\w+)\((.*?\])\)\]")
_LENGTH = re.compile(r"(size|slide|step|gap|max_size)=\[([^\]]*)\]")
_KEY = re.compile(r"(?:groupBy|partitionBy|key)=\[([^\]]*)\]")
_FUNCTION = re.compile(r"invocation=\[(\w+)\(")
_BOUNDS = re.compile(r"leftLowerBound=(-?\d+), leftUpperBound=(-?\d+)")
_WORDS = {
    "IntervalJoin": "rows of both sides that may still find a partner",
    "TemporalJoin": "the versions of the table looked up, and rows that wait for them",
    "ChangelogNormalize": "the newest version of each key",
    "OverAggregate": "the rows inside the OVER frame",
    "Deduplicate": "every key seen",
    "Rank": "the first rows of each group",
    "Match": "partial matches of the pattern",
    "GroupAggregate": "an aggregate of every key, for ever",
    "Join": "every row of both sides, for ever",
}
_COMPACTED = ("TemporalJoin", "ChangelogNormalize")
"""Their topics are compacted: the newest version of every key is always there."""


def words(operators: Iterable[Operator]) -> tuple[str, ...]:
    """One phrase per operator that keeps rows."""
    return tuple(dict.fromkeys(_phrase(one) for one in operators if _keeps(one)))


def fits(operators: Iterable[Operator], retained: timedelta) -> bool:
    """Whether all of it can be computed from topics that go back so far; of what nobody here can tell, no."""
    return all(one.kind in _COMPACTED or (_span(one) or timedelta.max) < retained for one in operators if _keeps(one))


def _keeps(operator: Operator) -> bool:
    """A source keeps offsets, the first half of an aggregate what the second is about to get, a function of single rows nothing."""
    passing = operator.kind in ("Source", "Sink", "WindowTableFunction") or operator.kind.startswith("Local")
    passing = passing or (operator.kind == "ProcessTableFunction" and "PARTITION BY" not in operator.description)
    return operator.stateful and not passing


def _phrase(operator: Operator) -> str:
    if window := _WINDOW.search(operator.description):
        lengths = ", ".join(f"{name} {value}" for name, value in _LENGTH.findall(window[2]))
        key = _KEY.search(operator.description)
        return f"open {window[1]} windows ({lengths}) per {key[1] if key else 'nothing'}, until they end"
    if function := _FUNCTION.search(operator.description):
        return f"what {function[1]} keeps of each key"
    span = _span(operator)
    return _WORDS.get(operator.kind, f"what {operator.kind} keeps") + (f", for {span}" if span else "")


def _span(operator: Operator) -> timedelta | None:
    """How long a row is of use in event time; None where the plan does not say."""
    if window := _WINDOW.search(operator.description):
        return max((parse_duration(value) for _, value in _LENGTH.findall(window[2])), default=None)
    if bounds := _BOUNDS.search(operator.description):
        return timedelta(milliseconds=int(bounds[2]) - int(bounds[1]))
    return None
