"""What the planner found out about one SELECT. No Flink in here: rules read it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from rekindle.workbench.check.plan import Operator
from rekindle.workbench.check.tree import Node


@dataclass(frozen=True)
class OutputColumn:
    """root: the type's family (`VARCHAR`, `TIMESTAMP_WITH_LOCAL_TIME_ZONE`); type: in full, as SQL writes it."""

    name: str
    root: str
    type: str
    rowtime: bool


@dataclass(frozen=True)
class Comparison:
    """types: of its operands, by family; empty where the planner does not say."""

    node: Node
    types: tuple[str, ...]


@dataclass(frozen=True)
class Kind:
    """A type: its family (`VARCHAR`, `ARRAY`), and of what it is made: elements, key and value, fields."""

    family: str
    parts: tuple[Kind, ...] = ()


@dataclass(frozen=True)
class Call:
    """A call with the types of what it takes and gives."""

    node: Node
    operands: tuple[Kind | None, ...]
    result: Kind | None


@dataclass(frozen=True)
class Outcome:
    """refusal: what Flink said, None when it plans. tree: None when the text does not parse. baseline: operators of the tables read.

    calls: those that can fail at a row, by what they are given.
    """

    refusal: str | None
    tree: Node | None
    columns: tuple[OutputColumn, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    plan: tuple[Operator, ...] = ()
    baseline: Counter[str] = field(default_factory=Counter)
    calls: tuple[Call, ...] = ()
