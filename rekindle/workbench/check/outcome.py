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
class Outcome:
    """refusal: what Flink said, None when it plans. tree: None when the text does not parse. baseline: operators of the tables read."""

    refusal: str | None
    tree: Node | None
    columns: tuple[OutputColumn, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    plan: tuple[Operator, ...] = ()
    baseline: Counter[str] = field(default_factory=Counter)
