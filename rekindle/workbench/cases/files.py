"""`NAME.test.yaml` → cases. Everything wrong in a file is found at once, each with its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from jobs.definitions import files as texts
from jobs.definitions.findings import Finding, did_you_mean
from rekindle.workbench.cases import tables
from rekindle.workbench.cases.case import KINDS, Case, Row, Step
from rekindle.workbench.history.given import epoch_ms

CODE = "T061"
"""Of everything that is wrong with a test file."""
_CASE_KEYS, _STEP_KEYS = {"clock", "given", "expect", "steps"}, {"clock", "given", "expect"}
_FORM = 'a time is UTC text in quotes, like "2026-03-01 10:30:00"'


@dataclass
class CaseFile:
    """What a test file holds, as far as it can be read."""

    path: str
    cases: list[Case] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    text: str = ""


def read(file: Traversable | Path, path: str, trigger: str) -> CaseFile:
    """path: for messages. trigger: whose cases they are. Never raises."""
    found = CaseFile(path)
    text = texts.text_of(file, path)
    if isinstance(text, Finding):
        found.findings.append(text)
        return found
    found.text = text
    reader = _Reader(found, trigger)
    tree: Any
    try:
        tree = YAML(typ="rt").load(text)  # round trip: it knows the line of each key
    except MarkedYAMLError as error:
        mark = error.problem_mark
        reader.wrong(mark.line if mark else 0, mark.column if mark else 0, f"not valid YAML: {error.problem}", "")
        return found
    except (YAMLError, ValueError) as error:
        reader.wrong(0, 0, f"not valid YAML: {str(error).splitlines()[0]}", "")
        return found
    if not isinstance(tree, Mapping) or not tree:
        reader.wrong(0, 0, "holds no cases", "a case is a sentence with clock, given and expect")
        return found
    try:
        reader.read(tree)
    except RecursionError:
        reader.wrong(0, 0, "refers to itself without end", "write the value out instead of *name")
    return found


def plain(value: Any) -> Any:
    """ruamel's own kinds of numbers, texts, lists and mappings as Python's."""
    if isinstance(value, Mapping):
        return {str(name): plain(one) for name, one in value.items()}
    if isinstance(value, list):
        return [plain(one) for one in value]
    kinds: tuple[type, ...] = (bool, int, float, str)
    return next((kind(value) for kind in kinds if isinstance(value, kind)), value)


@dataclass
class _Reader:
    found: CaseFile
    trigger: str

    def wrong(self, line: int, column: int, message: str, hint: str, length: int = 1) -> None:
        """line, column: from 0, as ruamel counts."""
        self.found.findings.append(Finding(CODE, self.found.path, line + 1, column + 1, length, message, hint))

    def at(self, owner: Any, key: Any, message: str, hint: str = "") -> None:
        """A finding where `key` stands in a mapping or list."""
        marks: Any = getattr(owner, "lc", None)
        try:
            line, column = marks.key(key) if isinstance(owner, Mapping) else marks.item(key)
        except (AttributeError, KeyError, TypeError):
            line, column = getattr(marks, "line", 0) or 0, 0
        self.wrong(line, column, message, hint, len(str(key)) if isinstance(owner, Mapping) else 1)

    def read(self, tree: Any) -> None:
        for sentence, body in tree.items():
            before = len(self.found.findings)
            line = tree.lc.key(sentence)[0] + 1
            steps = tuple(self._steps(tree, sentence, body))
            if len(self.found.findings) == before:
                self.found.cases.append(Case(self.trigger, str(sentence), self.found.path, line, steps))

    def _steps(self, tree: Any, sentence: Any, body: Any) -> Iterator[Step]:
        if not isinstance(body, Mapping):
            self.at(tree, sentence, "expected clock, given and expect", "a case is a sentence and what belongs to it")
            return
        self._known(body, _CASE_KEYS)
        parts = body.get("steps")
        if parts is None:
            parts = [body]
        elif not isinstance(parts, list) or not all(isinstance(part, Mapping) for part in parts) or not parts:
            self.at(body, "steps", "steps: expected a list of clock, given and expect")
            return
        elif set(body) != {"steps"}:
            self.at(body, "steps", "a case has steps, or clock, given and expect of its own, not both")
        last = -1
        for part in parts:
            if part is not body:
                self._known(part, _STEP_KEYS)
            clock = self._time(part, "clock")
            if clock is not None and clock <= last:
                self.at(part, "clock", "clock: does not move on from the step before")
            last = clock or last
            given, expect = self._given(part), self._expect(part)
            yield Step(clock or 0, given, expect)

    def _known(self, body: Any, keys: set[str]) -> None:
        for key in body:
            if key not in keys:
                self.at(body, key, f"unknown key '{key}'", did_you_mean(str(key), keys) or f"keys: {', '.join(sorted(keys))}")

    def _time(self, body: Any, key: str) -> int | None:
        if key not in body:
            self.wrong(body.lc.line, body.lc.col, f"{key} is missing", _FORM)
            return None
        at = epoch_ms(body[key]) if isinstance(body[key], str) else None
        if at is None:
            self.at(body, key, f"{key}: is no time", _FORM)
        return at

    def _given(self, body: Any) -> dict[str, tuple[Row, ...]]:
        given = body.get("given") or {}
        if not isinstance(given, Mapping):
            self.at(body, "given", "given: expected rows by table")
            return {}
        found: dict[str, tuple[Row, ...]] = {}
        for name, rows in given.items():
            if name not in tables.names():
                hint = did_you_mean(str(name), tables.names()) or f"tables: {', '.join(tables.names())}"
                self.at(given, name, f"unknown table '{name}'", hint)
            elif not self._are_rows(given, name, rows):
                continue
            else:
                found[str(name)] = tuple(self._row(str(name), row) for row in rows)
        return found

    def _row(self, table: str, row: Any) -> Any:
        columns = tables.columns(table)
        for name, value in row.items():
            if columns is None:
                continue
            if name not in columns:
                self.at(row, name, f"unknown column '{name}' of {table}", did_you_mean(str(name), columns))
            elif columns[name].startswith("TIMESTAMP") and value is not None and (not isinstance(value, str) or epoch_ms(value) is None):
                self.at(row, name, f"{name}: is no time", _FORM)
        needed = tables.time_column(table)
        if needed is not None and needed not in row:
            self.wrong(row.lc.line, row.lc.col, f"a row of {table} needs its time, {needed}", _FORM)
        return plain(row)

    def _expect(self, body: Any) -> dict[str, tuple[Row, ...]]:
        if "expect" not in body:
            self.wrong(body.lc.line, body.lc.col, "expect is missing", "expect: [] when nothing may come out")
            return {}
        expect = body["expect"]
        kinds = expect if isinstance(expect, Mapping) else {"candidates": expect}
        found: dict[str, tuple[Row, ...]] = {}
        for kind, rows in kinds.items():
            owner, key = (expect, kind) if isinstance(expect, Mapping) else (body, "expect")
            if kind not in KINDS:
                self.at(owner, key, f"expect: unknown kind '{kind}'", f"one of {', '.join(KINDS)}")
            elif self._are_rows(owner, key, rows):
                found[str(kind)] = tuple(plain(row) for row in rows)
                for row in rows:
                    for name in row:
                        if name not in tables.outputs(kind):
                            hint = did_you_mean(str(name), tables.outputs(kind)) or f"columns: {', '.join(sorted(tables.outputs(kind)))}"
                            self.at(row, name, f"unknown column '{name}' of {kind}", hint)
        return found

    def _are_rows(self, owner: Any, key: Any, rows: Any) -> bool:
        if isinstance(rows, list) and all(isinstance(row, Mapping) for row in rows):
            return True
        self.at(owner, key, f"{key}: expected a list of rows", "[{device_id: d1, …}], or [] for none")
        return False
