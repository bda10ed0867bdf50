"""What a trigger keeps, in words an author understands."""

from __future__ import annotations

import re
from collections.abc import Iterable

from jobs.operators import Operator

_WINDOW = re.compile(r"window=\[(\w+)\((.*?)\)\]")
_LENGTH = re.compile(r"(size|slide|step|gap|max_size)=\[([^\]]*)\]")
_KEY = re.compile(r"(?:groupBy|partitionBy|key)=\[([^\]]*)\]")
_BOUNDS = re.compile(r"windowBounds=\[.*?leftLowerBound=(-?\d+), leftUpperBound=(-?\d+)")
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
    "ProcessTableFunction": "what the function keeps of each key",
}


def words(operators: Iterable[Operator]) -> tuple[str, ...]:
    """One phrase per operator that keeps rows; sources, which keep their offsets alone, and first halves of an aggregate say nothing."""
    return tuple(
        dict.fromkeys(
            _phrase(one)
            for one in operators
            if one.stateful and one.kind not in ("Source", "Sink", "WindowTableFunction") and not one.kind.startswith("Local")
        )
    )


def _phrase(operator: Operator) -> str:
    text = operator.description
    if window := _WINDOW.search(text):
        lengths = ", ".join(f"{name} {value}" for name, value in _LENGTH.findall(window[2]))
        key = _KEY.search(text)
        return f"open {window[1]} windows ({lengths}) per {key[1] if key else 'nothing'}, until they end"
    bounds = _BOUNDS.search(text)
    if operator.kind == "IntervalJoin" and bounds:
        return f"{_WORDS['IntervalJoin']}: {(int(bounds[2]) - int(bounds[1])) / 1000:g} s"
    return _WORDS.get(operator.kind, f"what {operator.kind} keeps")
