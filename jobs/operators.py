"""What Flink will run, operator by operator, each with a uid that says what it is and not where it stands.

State is found again by uid. The planner's own uids count positions, so a statement more would hand one operator's state to another.
Here a uid is made of content alone:

- a source or sink, by its table; the joins with versioned tables that all triggers share, by that table;
- an operator over the sources of one owner (a trigger with state of its own), by a digest of all that owner keeps: change a window
  and everything under it is another; change a filter above it and nothing is;
- any other, by a digest of its description and of what it reads.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

PLANNED = "planned-"
"""How uids begin that the planner made up; only those, and missing ones, are replaced."""
COMMON = "default_database"
"""The database of what is nobody's own. Any other belongs to the owner it is named after."""
_STATELESS = {
    "Calc", "Correlate", "Union", "Exchange", "Partition", "Values", "Expand", "WatermarkAssigner", "DropUpdateBefore",
    "ConstraintEnforcer", "StreamRecordTimestampInserter", "TableToDataStream", "ChangeToDefaultParallel", "_stream_key_by_map_operator",
}  # fmt: skip
_ROUTES = {"PartitionTransformation", "UnionTransformation", "SideOutputTransformation", "SourceTransformationWrapper"}
_VERSIONED = {"ChangelogNormalize", "TemporalJoin"}
_NUMBER = re.compile(r"\[\d+\]:?")
_SOURCE = re.compile(r"table=\[\[(\w+), (\w+), (\w+)")
_SINK = re.compile(r"Sink\(table=\[(\w+)\.(\w+)\.(\w+)")


@dataclass(frozen=True)
class Operator:
    """One step of a job.

    kind: `Calc`, `Source`, `WindowAggregate` …; description: the planner's, without its numbers. inputs: positions in the same list.
    tables: of the sources it is fed from, in order. owner: whose alone those are, empty if nobody's. layout: types of the rows it reads.
    """

    kind: str
    description: str
    inputs: tuple[int, ...]
    tables: tuple[str, ...]
    owner: str
    uid: str
    layout: str
    table: str = ""
    physical: bool = True

    @property
    def stateful(self) -> bool:
        """Whether a savepoint holds anything of it; in doubt, yes."""
        return self.physical and self.kind not in _STATELESS

    @property
    def shape(self) -> str:
        """Digest of the types its state is made of: found under the same uid with another shape, the state could not be read."""
        kept_by_itself = self.kind in ("Source", "Sink", "ProcessTableFunction")  # offsets, transactions, the function's own types
        return _digest("" if kept_by_itself else self.layout)


class AmbiguousOperatorsError(Exception):
    """Two operators that keep state cannot be told apart: their state could be swapped."""

    def __init__(self, uids: Sequence[str]) -> None:
        super().__init__(f"operators that keep state have one uid: {', '.join(uids)}")
        self.uids = tuple(uids)


def name_all(transformations: Iterable[Any], prefix: str) -> list[Operator]:
    """Gives every operator under these Java transformations its uid, `<prefix>/…`. Returns: the operators, inputs before their readers.

    Raises: AmbiguousOperatorsError when two that keep state would get the same.
    """
    found = _in_order(transformations)
    positions = {java.getId(): position for position, java in enumerate(found)}
    operators: list[Operator] = []
    for java in found:
        operators.append(_operator(java, tuple(positions[one.getId()] for one in java.getInputs()), operators))
    named = _named(operators, prefix)
    for java, operator in zip(found, named, strict=True):
        if operator.physical:
            java.setUid(operator.uid)
    return named


def fingerprint(operators: Iterable[Operator]) -> str:
    """Digest of all a job does, whatever the order it was said in: two jobs with one fingerprint do the same. 64 hex digits."""
    lines = sorted(f"{one.uid} {one.shape} {one.description}" for one in operators if one.physical)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _in_order(roots: Iterable[Any]) -> list[Any]:
    """Depth first, by the order of the inputs: the same job gives the same order."""
    found: dict[int, Any] = {}

    def visit(java: Any) -> None:
        if java.getId() not in found:
            for one in java.getInputs():
                visit(one)
            found[java.getId()] = java

    for root in roots:
        visit(root)
    return list(found.values())


def _operator(java: Any, inputs: tuple[int, ...], before: Sequence[Operator]) -> Operator:
    kind, description = _NUMBER.sub("", java.getName()), _NUMBER.sub("", java.getDescription() or java.getName(), count=1)
    feeding = [before[one] for one in inputs]
    owners, tables = {one.owner for one in feeding}, tuple(dict.fromkeys(table for one in feeding for table in one.tables))
    database, table = COMMON, ""
    if not inputs:
        match = _SOURCE.search(description)
        database, table = (match[2], match[3]) if match else (COMMON, kind)
        kind, tables, owners = "Source", (table,), {"" if database == COMMON else database}
    elif match := _SINK.match(description):
        kind, table = "Sink", match[3]
    return Operator(
        kind=kind,
        description=description,
        inputs=inputs,
        tables=tables,
        owner=owners.pop() if len(owners) == 1 else "",
        uid=java.getUid() or "",
        layout=" + ".join(str(one.getOutputType()) for one in java.getInputs()),
        table=table,
        # the others only say how rows get from one to the next
        physical=bool(table) or type_name(java) not in _ROUTES,
    )


def type_name(java: Any) -> str:
    """Simple name of a Java object's class."""
    return str(java.getClass().getSimpleName())


def _named(operators: Sequence[Operator], prefix: str) -> list[Operator]:
    kept = {owner: _digest_of_state(operators, owner) for owner in {one.owner for one in operators if one.owner}}
    digests: list[str] = []
    named: list[Operator] = []
    taken: Counter[str] = Counter()
    for operator in operators:
        digest = _digest(operator.table or operator.description, *(digests[one] for one in operator.inputs))
        # a function inside an owner's tables has a uid of its own, but its state is part of what the owner keeps
        if operator.uid and not operator.uid.startswith(PLANNED) and not operator.owner:
            uid, digest = operator.uid, _digest(operator.uid)
        else:
            name, fixed = _role(operator, operators, kept)
            uid = f"{prefix}/{name}" if fixed else f"{prefix}/{operator.owner or 'common'}/{operator.kind}/{digest}"
            if fixed and not operator.owner:
                digest = _digest(name)  # what reads it is named by its role too, whatever lies before it
        taken[uid] += operator.physical
        if taken[uid] > 1 and not operator.stateful:
            uid = f"{uid}-{taken[uid]}"
        digests.append(digest)
        named.append(replace(operator, uid=uid))
    twice = [uid for uid, count in Counter(one.uid for one in named if one.physical).items() if count > 1]
    if twice:
        raise AmbiguousOperatorsError(twice)
    return named


def _role(operator: Operator, operators: Sequence[Operator], kept: dict[str, str]) -> tuple[str, bool]:
    """(name, True) where the name follows from what the operator is for, ('', False) where only its content can tell."""
    if operator.owner:
        mine = [one for one in operators if one.owner == operator.owner and one.stateful]
        place = next((number for number, one in enumerate(mine, 1) if one is operator), 0)
        return (f"{operator.owner}/{kept[operator.owner]}/{operator.kind}-{place}", True) if place else ("", False)
    if operator.kind in ("Source", "Sink"):
        return f"{operator.kind.lower()}/{operator.table}", True
    if operator.kind in _VERSIONED:  # of a join the right side is the versioned one
        return f"{operator.kind}/{'-'.join(operators[operator.inputs[-1]].tables)}", True
    return "", False


def _digest_of_state(operators: Sequence[Operator], owner: str) -> str:
    """Of all that `owner` keeps and of what feeds it; not of the filters and projections above."""
    below: set[int] = set()
    for position in reversed(range(len(operators))):
        if operators[position].owner == owner and (operators[position].stateful or position in below):
            below |= {position, *operators[position].inputs}
    places = {position: str(rank) for rank, position in enumerate(sorted(below))}
    # a source by its table: a column more in it changes nothing for who does not read it
    return _digest(*(f"{_line(operators[one])} <- {' '.join(places[two] for two in operators[one].inputs)}" for one in sorted(below)))


def _line(operator: Operator) -> str:
    return operator.table or operator.description


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
