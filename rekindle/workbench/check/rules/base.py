"""What a rule is, and what it looks at."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

from jobs.definitions import published
from jobs.definitions.findings import Finding, Severity
from jobs.definitions.header import Header
from jobs.definitions.lock import Entry
from jobs.definitions.places import Place, Rendered
from jobs.definitions.published import Table
from jobs.definitions.trigger import Draft, Query
from jobs.settings import Settings
from rekindle.workbench.check import tree
from rekindle.workbench.check.outcome import Outcome
from rekindle.workbench.check.tree import Item, Node, Source


@dataclass(frozen=True)
class Subject:
    """One trigger file. header: None when it is broken. locked: its entry in the pack's pack.lock, if it has one."""

    draft: Draft
    settings: Settings
    outcome: Outcome | None = None
    rendered: Rendered | None = None
    locked: Entry | None = None

    @property
    def header(self) -> Header | None:
        return self.draft.read.header

    @property
    def query(self) -> Query:
        assert self.draft.query is not None  # noqa: S101 - rules over the SELECT run only where there is one
        return self.draft.query

    @property
    def root(self) -> Node:
        """The SELECT as parsed."""
        assert self.outcome is not None and self.outcome.tree is not None  # noqa: S101, PT018 - as above
        return self.outcome.tree

    @cached_property
    def nodes(self) -> list[Node]:
        return list(self.root.walk())

    @cached_property
    def ctes(self) -> dict[str, Node]:
        return tree.ctes(self.root)

    @cached_property
    def sources(self) -> list[Source]:
        """Whatever any SELECT of the statement reads, without its own CTEs."""
        found = [source for node in self.nodes if node.kind == "SELECT" for source in tree.sources(node)]
        return [source for source in {id(one.node): one for one in found}.values() if source.query is None and source.name not in self.ctes]

    @cached_property
    def tables(self) -> list[Table]:
        """Published tables that are read."""
        known = published.tables()
        return list({one.name: known[one.name] for one in self.sources if one.name in known}.values())

    def output(self, name: str) -> list[Item]:
        """The items that give an output column: one per branch of a UNION ALL."""
        return [item for select in tree.selects(self.root) for item in tree.items(select) if item.alias == name]

    def at(self, node: Node) -> Place:
        """Place of a node in the file."""
        assert self.rendered is not None  # noqa: S101 - as above
        return self.query.planned_place(self.rendered, *node.place())

    def at_select(self) -> Place:
        """The first word of the SELECT whose rows come out."""
        node = next(tree.selects(self.root), self.root)
        assert self.rendered is not None  # noqa: S101 - as above
        line, column = node.place()[0]
        return self.query.planned_place(self.rendered, (line, column), (line, column + 5))

    def at_key(self, key: str) -> Place:
        """Place of a header key's value; where it is not given, of the header's first line."""
        first = next(iter(self.draft.read.keys.values()), Place(1, 1))
        return self.draft.read.values.get(key) or self.draft.read.values.get("name") or first


@dataclass(frozen=True)
class Example:
    """Part of a trigger file. header: keys that differ from a plain one, None = left out. select: a SELECT; '' = a plain one.

    test: the test file's text. lock: text of the pack's pack.lock. files: whole files by path, where the rule is about files.
    prose: words instead, for what no text can show.
    """

    select: str = ""
    header: Mapping[str, str | None] | None = None
    test: str = ""
    lock: str = ""
    files: Mapping[str, str] | None = None
    prose: str = ""


class Rule:
    """One way a trigger can be wrong. The class's docstring says why it matters; `docs/rules.md` is made of it."""

    code: ClassVar[str]
    sentence: ClassVar[str]
    severity: ClassVar[Severity] = "error"
    bad: ClassVar[Example]
    good: ClassVar[Example]

    def header(self, subject: Subject, header: Header) -> Iterator[Finding]:
        """Findings in a header that is right in its form."""
        return iter(())

    def select(self, subject: Subject) -> Iterator[Finding]:
        """Findings in a SELECT that parses."""
        return iter(())

    def planned(self, subject: Subject, outcome: Outcome) -> Iterator[Finding]:
        """Findings in a SELECT that Flink can plan."""
        return iter(())

    @classmethod
    def why(cls) -> str:
        """The docstring, unfolded."""
        return " ".join((inspect.getdoc(cls) or "").split())

    def found(self, subject: Subject, place: Place, message: str, hint: str = "", label: str = "") -> Finding:
        """A finding of this rule."""
        return Finding(self.code, subject.draft.path, *place, message, hint, self.severity, label)


def listed(words: Iterable[str]) -> str:
    """`a, b or c`."""
    every = list(words)
    return every[0] if len(every) == 1 else f"{', '.join(every[:-1])} or {every[-1]}"
