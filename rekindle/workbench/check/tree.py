"""A SELECT as Calcite's parser read it: nodes with places, in Python.

Built before validation, which rewrites Calcite's own tree.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_SELECTS = ("SELECT", "UNION", "INTERSECT", "EXCEPT", "WITH", "ORDER_BY", "VALUES")


@dataclass(frozen=True, eq=False)
class Node:
    """kind: Calcite's SqlKind. name: an operator's. text: of a leaf; names of an identifier are joined by '.'.

    children: operands in Calcite's order, some of them None. java: Calcite's node, for its place and type.
    """

    kind: str
    name: str
    text: str
    children: tuple[Node | None, ...]
    java: Any

    def place(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """((line, column), (line, column)) of the first and the last character, in the SELECT as planned."""
        at = self.java.getParserPosition()
        return (at.getLineNum(), at.getColumnNum()), (at.getEndLineNum(), at.getEndColumnNum())

    def walk(self) -> Iterator[Node]:
        """This node and all below it."""
        yield self
        for child in self.children:
            if child is not None:
                yield from child.walk()

    @property
    def last_name(self) -> str:
        """`email` of `p.email`."""
        return self.text.rpartition(".")[2]


def read(java: Any) -> Node:
    """Calcite's tree → ours. java: a SqlNode."""
    kind = str(java.getKind().name())
    if kind == "IDENTIFIER":
        return Node(kind, "", str(java.toString()), (), java)
    if kind == "LITERAL":
        return Node(kind, "", str(java.toString()), (), java)
    if kind == "OTHER" and "NodeList" in str(java.getClass().getName()):
        return Node("LIST", "", "", tuple(None if one is None else read(one) for one in java.getList()), java)
    try:
        operands = list(java.getOperandList())
        name = str(java.getOperator().getName())
    except Exception:  # a leaf of another kind: an interval's qualifier, a type
        return Node(kind, "", str(java.toString()), (), java)
    return Node(kind, name, "", tuple(None if one is None else read(one) for one in operands), java)


@dataclass(frozen=True, eq=False)
class Item:
    """A column of a select list. alias: None when it has no name of its own. implied: an alias without AS."""

    node: Node
    expression: Node
    alias: str | None


@dataclass(frozen=True, eq=False)
class Source:
    """Something in a FROM. name: a table's or a CTE's, as written. alias: what its columns are called by. query: a subquery."""

    name: str
    alias: str
    node: Node
    query: Node | None = None
    as_of: bool = False
    hinted: bool = False


def selects(node: Node) -> Iterator[Node]:
    """The SELECTs whose rows are the node's: the branches of a UNION ALL, the body of a WITH."""
    if node.kind == "SELECT":
        yield node
    elif node.kind == "WITH" and node.children[1]:
        yield from selects(node.children[1])
    elif node.kind == "ORDER_BY" and node.children[0]:
        yield from selects(node.children[0])
    elif node.kind in ("UNION", "INTERSECT", "EXCEPT"):
        for child in node.children:
            if child is not None:
                yield from selects(child)


def ctes(node: Node) -> dict[str, Node]:
    """Queries named by WITH, anywhere in the statement."""
    found = {}
    for one in node.walk():
        if one.kind == "WITH_ITEM" and one.children[0] and one.children[2]:
            found[one.children[0].text] = one.children[2]
    return found


def items(select: Node) -> list[Item]:
    """The select list."""
    listed = select.children[1]
    found = []
    for node in listed.children if listed else ():
        if node is None:
            continue
        if node.kind == "AS" and node.children[0] and node.children[1]:
            found.append(Item(node, node.children[0], node.children[1].text))
        else:
            found.append(Item(node, node, node.last_name if node.kind == "IDENTIFIER" else None))
    return found


def sources(select: Node) -> list[Source]:
    """What a SELECT reads, left to right; tables of window functions too."""
    return list(_sources(select.children[2])) if len(select.children) > 2 and select.children[2] else []


def _sources(node: Node, alias: str = "", as_of: bool = False, hinted: bool = False) -> Iterator[Source]:
    if node.kind == "IDENTIFIER":
        yield Source(node.text, alias or node.last_name, node, as_of=as_of, hinted=hinted)
    elif node.kind in _SELECTS:
        yield Source("", alias, node, query=node)
    elif node.kind == "JOIN":
        for side in (node.children[0], node.children[3]):
            if side is not None:
                yield from _sources(side)
    elif node.kind == "AS" and node.children[0] and node.children[1]:
        yield from _sources(node.children[0], node.children[1].text, as_of, hinted)
    elif node.kind == "SNAPSHOT" and node.children[0]:
        yield from _sources(node.children[0], alias, True, hinted)
    elif node.kind == "TABLE_REF" and node.children[0]:
        yield from _sources(node.children[0], alias, as_of, True)
    elif node.kind not in ("DESCRIPTOR", "LITERAL", "LIST"):
        for child in node.children:
            if (child is not None and child.kind != "IDENTIFIER") or (child is not None and node.kind == "EXPLICIT_TABLE"):
                yield from _sources(child, alias, as_of, hinted)
