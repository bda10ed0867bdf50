"""Types of what comparisons, casts, divisions and their like are given, as Calcite's validator worked them out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rekindle.workbench.check import tree
from rekindle.workbench.check.outcome import Call, Comparison, Kind
from rekindle.workbench.check.tree import Node

_TYPED = {"CAST", "/", "%", "MOD", "TO_TIMESTAMP_LTZ"}
_COMPARED = {"EQUALS", "NOT_EQUALS", "LESS_THAN", "GREATER_THAN", "LESS_THAN_OR_EQUAL", "GREATER_THAN_OR_EQUAL", "BETWEEN", "IN"}


class Types:
    """Types of calls in a SELECT as written. validated: Calcite's tree after validation.

    Validation makes new nodes, which know their types, at the places of the old ones: name and place say which belong together.
    """

    def __init__(self, validator: Any, written: Node, validated: Any) -> None:
        self._validator = validator
        self._wanted = [node for node in written.walk() if _asked_for(node)]
        renewed = tree.read(validated).walk() if self._wanted else ()
        self._renewed = {(node.name.upper(), node.place()): node for node in renewed if _asked_for(node)}

    def calls(self) -> tuple[Call, ...]:
        """Those that can fail at a row, by what they are given."""
        return tuple(
            Call(node, tuple(self._operands(node)), self._known(self._same(node))) for node in self._wanted if node.name.upper() in _TYPED
        )

    def comparisons(self) -> tuple[Comparison, ...]:
        """Families of what is on both sides."""
        compared = [node for node in self._wanted if node.kind in _COMPARED]
        return tuple(Comparison(node, tuple(one.family if one else "" for one in self._operands(node))) for node in compared)

    def _same(self, node: Node) -> Node:
        return self._renewed.get((node.name.upper(), node.place()), node)

    def _operands(self, node: Node) -> Iterator[Kind | None]:
        same = self._same(node).children
        for place, written in enumerate(node.children):
            new = same[place] if place < len(same) else written
            if new is not None and written is not None and new.kind == "CAST" != written.kind:
                new = new.children[0]  # a conversion that nobody wrote: what it converts is what is compared
            yield self._known(new) or self._known(written)

    def _known(self, node: Node | None) -> Kind | None:
        found = None if node is None else self._validator.getValidatedNodeTypeIfKnown(node.java)
        return None if found is None else _kind(found)


def _asked_for(node: Node) -> bool:
    return node.name.upper() in _TYPED or node.kind in _COMPARED


def _kind(java: Any) -> Kind:
    """java: a RelDataType."""
    family = str(java.getSqlTypeName().name())
    if family == "MAP":
        return Kind(family, (_kind(java.getKeyType()), _kind(java.getValueType())))
    if family in ("ARRAY", "MULTISET"):
        return Kind(family, (_kind(java.getComponentType()),))
    if java.isStruct():
        return Kind(family, tuple(_kind(one.getType()) for one in java.getFieldList()))
    return Kind(family)
