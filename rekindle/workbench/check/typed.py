"""Types of what casts, divisions and their like are given, as Calcite's validator worked them out."""

from __future__ import annotations

from typing import Any

from rekindle.workbench.check import tree
from rekindle.workbench.check.outcome import Call, Kind
from rekindle.workbench.check.tree import Node

_TYPED = {"CAST", "/", "%", "MOD", "TO_TIMESTAMP_LTZ"}


def calls(validator: Any, written: Node, validated: Any) -> tuple[Call, ...]:
    """Calls of the SELECT as written whose types a rule asks for. validated: Calcite's tree after validation.

    Validation makes new nodes, which know their types, at the places of the old ones: name and place say which belong together.
    """
    wanted = [node for node in written.walk() if node.name.upper() in _TYPED]
    if not wanted:
        return ()
    renewed = {(node.name.upper(), node.place()): node for node in tree.read(validated).walk() if node.name.upper() in _TYPED}
    found = []
    for node in wanted:
        same = renewed.get((node.name.upper(), node.place()), node)
        operands = tuple(None if one is None else _known(validator, one.java) for one in same.children)
        found.append(Call(node, operands, _known(validator, same.java)))
    return tuple(found)


def _known(validator: Any, node: Any) -> Kind | None:
    found = validator.getValidatedNodeTypeIfKnown(node)
    return None if found is None else _kind(found)


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
