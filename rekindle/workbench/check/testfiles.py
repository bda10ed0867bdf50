"""`NAME.test.yaml` beside `NAME.sql`: is it there, is it YAML, does it name tables and columns that exist? Running it is `rekindle
test`'s."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from functools import cache
from importlib import resources
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from jobs.definitions import files, output, published
from jobs.definitions.findings import Finding, did_you_mean
from jobs.definitions.places import clean

_CASE = ("clock", "given", "expect", "steps")
_STEP = ("clock", "given", "expect")
_KINDS = ("candidates", "decisions", "triggers")
_CLOCK = re.compile(r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?Z?")
_TIMESTAMP = "tag:yaml.org,2002:timestamp"
_UNCHECKED = "events.raw"
"""Lines as producers send them: any key may be in one."""


def check(trigger: Path, shown: str) -> tuple[list[Finding], dict[str, str]]:
    """Findings, and the test file's text by its shown path. trigger: the `.sql` file. shown: its path in messages."""
    name = trigger.name.removesuffix(".sql")
    path, place = trigger.with_name(f"{name}.test.yaml"), shown.removesuffix(".sql") + ".test.yaml"
    if not path.exists() and not path.is_symlink():
        hint = f"write {name}.test.yaml beside it: one case that fires, one that stays quiet"
        return [Finding("T060", shown, 0, 0, 1, "has no test file", hint)], {}
    text = files.text_of(path, place)
    if isinstance(text, Finding):
        return [text], {}
    text = clean(text)
    return _Reader(place, text).findings(), {place: text}


class _Reader:
    """Walks the YAML's nodes, which know their places."""

    def __init__(self, path: str, text: str) -> None:
        self.path, self.text = path, text
        self._twice: list[Finding] = []

    def findings(self) -> list[Finding]:
        try:
            root = YAML(typ="safe", pure=True).compose(self.text)
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
            return [Finding("T061", self.path, line, column, 1, f"the test is not valid YAML: {error.problem}", _yaml_hint(error.problem))]
        except (YAMLError, RecursionError) as error:
            return [Finding("T061", self.path, 1, 1, 1, f"the test is not valid YAML: {str(error).splitlines()[0]}")]
        if _is_circular(root):
            return [Finding("T061", self.path, 1, 1, 1, "the test refers to itself without end", "write the value out instead of *name")]
        if not isinstance(root, MappingNode) or not root.value:
            return [Finding("T061", self.path, 1, 1, 1, "the test has no cases", "a case is a sentence: clock, given, expect")]
        found = [one for sentence, case in self._pairs(root) for one in self._case(sentence, case)]
        found += self._twice
        return found or self._balance(root)

    def _pairs(self, node: MappingNode) -> Iterator[tuple[Node, Node]]:
        seen: set[str] = set()
        for key, value in node.value:
            if str(key.value) in seen:
                self._twice.append(self._at("T061", key, f"'{key.value}' is given twice", "keep one of the two"))
            seen.add(str(key.value))
            yield key, value

    def _case(self, sentence: Node, case: Node) -> Iterator[Finding]:
        if not isinstance(case, MappingNode):
            yield self._at("T061", sentence, "a case has clock, given and expect", "or steps: a list of them")
            return
        keys = {str(key.value): value for key, value in self._pairs(case)}
        yield from self._unknown(case, _CASE, "T061", "key")
        if "steps" in keys:
            steps = keys["steps"]
            if not isinstance(steps, SequenceNode) or not steps.value:
                yield self._at("T061", steps, "steps is a list of {clock, given, expect}")
                return
            for step in steps.value:
                if isinstance(step, MappingNode):
                    yield from self._unknown(step, _STEP, "T061", "key")
                    yield from self._step(step, {str(key.value): value for key, value in self._pairs(step)})
                else:
                    yield self._at("T061", step, "a step has clock, given and expect")
            return
        yield from self._step(sentence, keys)

    def _step(self, whole: Node, keys: dict[str, Node]) -> Iterator[Finding]:
        if "clock" not in keys:
            yield self._at("T061", whole, "clock is missing", 'the watermark at the end: clock: "2026-03-01 10:31:00"')
        else:
            yield from self._times(keys["clock"], clock=True)
        if "expect" not in keys and not isinstance(whole, MappingNode):
            yield self._at("T061", whole, "expect is missing", "expect: [] says that nothing comes out")
        if "given" in keys:
            yield from self._given(keys["given"])
        if "expect" in keys:
            yield from self._expect(keys["expect"])

    def _given(self, node: Node) -> Iterator[Finding]:
        if not isinstance(node, MappingNode):
            yield self._at("T061", node, "given maps tables to rows", "given: {carts: [{device_id: d1}]}")
            return
        tables = known_tables()
        for key, rows in self._pairs(node):
            name = str(key.value)
            if name not in tables:
                hint = did_you_mean(name, tables) or f"tables: {', '.join(tables)}"
                yield self._at("T062", key, f"unknown table '{name}'", hint)
            else:
                yield from self._rows(rows, tables[name], f"not a column of {name}")

    def _expect(self, node: Node) -> Iterator[Finding]:
        if isinstance(node, MappingNode):
            yield from self._unknown(node, _KINDS, "T062", "kind of rows")
            for key, rows in self._pairs(node):
                if str(key.value) in _KINDS:
                    yield from self._rows(rows, expected_columns(str(key.value)), f"not a column of {key.value}")
        else:
            yield from self._rows(node, expected_columns("candidates"), "not a column of the SELECT")

    def _rows(self, node: Node, columns: Sequence[str] | None, label: str) -> Iterator[Finding]:
        if not isinstance(node, SequenceNode):
            yield self._at("T061", node, "expected a list of rows", "[{device_id: d1}], or [] for none")
            return
        for row in node.value:
            if not isinstance(row, MappingNode):
                yield self._at("T061", row, "a row maps columns to values", "{device_id: d1, user_id: ana}")
                continue
            for key, value in self._pairs(row):
                if columns is not None and str(key.value) not in columns:
                    hint = did_you_mean(str(key.value), columns) or f"columns: {', '.join(columns)}"
                    yield self._at("T062", key, f"unknown column '{key.value}'", hint, label)
                yield from self._times(value)

    def _times(self, node: Node, clock: bool = False) -> Iterator[Finding]:
        """Bare times are read differently by different parsers, so they are quoted."""
        if isinstance(node, ScalarNode):
            if node.tag == _TIMESTAMP:
                yield self._at("T061", node, "a time without quotes", f'write "{node.value}"')
            elif clock and not _CLOCK.fullmatch(str(node.value)):
                yield self._at("T061", node, f"clock '{node.value}' is no time", 'UTC, as text: clock: "2026-03-01 10:31:00"')
        elif clock:
            yield self._at("T061", node, "clock is one time", 'clock: "2026-03-01 10:31:00"')

    def _unknown(self, node: MappingNode, known: Sequence[str], code: str, kind: str) -> Iterator[Finding]:
        for key, _ in node.value:
            if str(key.value) not in known:
                hint = did_you_mean(str(key.value), known) or f"known: {', '.join(known)}"
                yield self._at(code, key, f"unknown {kind} '{key.value}'", hint)

    def _balance(self, root: MappingNode) -> list[Finding]:
        """A test in which something fires and something does not."""
        quiet = loud = False
        for _, case in root.value:
            lists = [rows for expect in _all(case, "expect") for rows in _lists(expect)]
            loud = loud or any(rows.value for rows in lists)
            quiet = quiet or not all(rows.value for rows in lists)
        if loud and quiet:
            return []
        missing = "stays quiet" if loud else "fires"
        return [Finding("T063", self.path, 1, 1, 1, f"no case that {missing}", "one that fires, one that stays quiet", "warning")]

    def _at(self, code: str, node: Node, message: str, hint: str = "", label: str = "") -> Finding:
        start, end = node.start_mark, node.end_mark
        length = end.column - start.column if start.line == end.line else 1
        return Finding(code, self.path, start.line + 1, start.column + 1, max(1, length), message, hint, label=label)


@cache
def known_tables() -> dict[str, tuple[str, ...] | None]:
    """Tables of `given` with their columns; None where any key may be."""
    tables: dict[str, tuple[str, ...] | None] = {_UNCHECKED: None}
    for table in published.tables().values():
        more = ("updated_at",) if table.kind == "versioned" else ()
        tables[table.name] = (*(column.name for column in table.columns), *more)
    tables["identities"] = ("device_id", "person_id", "valid_from", "at", "tombstone")
    return tables


@cache
def expected_columns(kind: str) -> tuple[str, ...]:
    """Columns of `expect`. kind: candidates, decisions or triggers."""
    topic = {"candidates": "trigger_candidates", "decisions": "trigger_decisions", "triggers": "triggers"}[kind]
    schema = json.loads((resources.files("sql") / "schemas" / f"{topic}.schema.json").read_text(encoding="utf-8"))
    row = schema.get("$defs", {}).get("row", schema)
    own = (*output.REQUIRED, output.OPTIONAL) if kind == "candidates" else ()
    return tuple(dict.fromkeys((*own, *row["properties"])))


def _all(node: Node, name: str) -> Iterator[Node]:
    if isinstance(node, MappingNode):
        for key, value in node.value:
            if key.value == name:
                yield value
            elif key.value == "steps":
                yield from _all(value, name)
    elif isinstance(node, SequenceNode):
        for one in node.value:
            yield from _all(one, name)


def _lists(node: Node) -> list[Node]:
    return [value for _, value in node.value] if isinstance(node, MappingNode) else [node]


def _is_circular(root: Node | None) -> bool:
    """Whether an alias leads back to itself, or aliases of aliases make it huge."""
    size = 0

    def walk(node: Node, above: frozenset[int]) -> bool:
        nonlocal size
        size += 1
        if id(node) in above or size > 100_000:
            return True
        below = above | {id(node)}
        if isinstance(node, MappingNode):
            return any(walk(part, below) for pair in node.value for part in pair)
        return isinstance(node, SequenceNode) and any(walk(one, below) for one in node.value)

    return root is not None and walk(root, frozenset())


def _yaml_hint(problem: str | None) -> str:
    return (
        "put the sentence into quotes when it holds ': '"
        if problem and "mapping values" in problem
        else "a case is a sentence, then clock, given, expect"
    )
