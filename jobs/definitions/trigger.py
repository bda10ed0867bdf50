"""A trigger file: a header between `/* ---` and `--- */`, then one SELECT."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePath

from jobs.definitions import reading_header
from jobs.definitions.findings import Finding, FindingsError, did_you_mean
from jobs.definitions.header import Header, Param
from jobs.definitions.places import Place, Rendered, clean, offset_of, place_of
from jobs.definitions.reading_header import HeaderRead

_FILE = re.compile(r"\s*/\*\s*---[ \t]*\n(?P<header>.*?)\n[ \t]*---\s*\*/(?P<query>.*)", re.DOTALL)
_OPENED = re.compile(r"\s*/\*\s*---")
_SKIPPED = r"'(?:[^']|'')*'|`[^`]*`|--[^\n]*|/\*.*?\*/"
"""Strings, quoted names and comments: nothing in them is a parameter or an end of the statement."""
_BEFORE = r"(?:\s|--[^\n]*\n|/\*(?>.*?\*/))*+"
_SELECT = re.compile(_BEFORE + r"(?:select|with)\b", re.DOTALL | re.IGNORECASE)
_FIRST = re.compile(_BEFORE + r"(?P<word>\S\w*)", re.DOTALL)
_NOTHING = re.compile(r"(?:\s|;|--[^\n]*|/\*(?>.*?\*/))*+", re.DOTALL)
_PARAM = re.compile(rf"({_SKIPPED})|(?<![:\w]):([a-z_][a-z0-9_]*)", re.DOTALL)
_STATEMENT_END = re.compile(rf"({_SKIPPED})|;", re.DOTALL)


@dataclass(frozen=True)
class Query:
    """The SELECT of a file as written, with its `:params`. text: the whole file. start: offset of the SELECT in it."""

    path: str
    text: str
    sql: str
    start: int

    def rendered(self, params: Mapping[str, Param]) -> Rendered:
        """The SELECT with parameters as SQL literals. Raises: FindingsError for those the header does not name."""
        pieces, unknown, out, done = [], [], "", 0
        for match in _PARAM.finditer(self.sql):
            if match[1] is not None:
                continue
            if match[2] not in params:
                hint = did_you_mean(match[2], params) or f"params there: {', '.join(params) or 'none'}"
                unknown.append(self.finding("T008", f"parameter ':{match[2]}' is not in the header", match.start(), match.end(), hint))
                continue
            out += self.sql[done : match.start()]
            literal = _literal(params[match[2]])
            pieces.append((len(out), len(out) + len(literal), match.start(), match.end()))
            out, done = out + literal, match.end()
        if unknown:
            raise FindingsError(unknown)
        return Rendered(out + self.sql[done:], tuple(pieces))

    def parameters(self) -> set[str]:
        """Names of the parameters it uses."""
        return {match[2] for match in _PARAM.finditer(self.sql) if match[1] is None}

    def place(self, start: int, end: int | None = None) -> Place:
        """Place in the file of sql[start:end]."""
        return place_of(self.text, self.start + start, None if end is None else self.start + end)

    def select_place(self) -> Place:
        """Place of its first word, behind comments: where what concerns the whole is told."""
        first = _FIRST.match(self.sql)
        return self.place(first.start("word"), first.end("word")) if first else self.place(0)

    def planned_place(self, rendered: Rendered, at: tuple[int, int], to: tuple[int, int] | None = None) -> Place:
        """Place in the file of what the planner calls (line, column), inclusive, of the rendered SELECT."""
        start = offset_of(rendered.text, *at)
        end = offset_of(rendered.text, *(to or at)) + 1
        return self.place(rendered.origin(start), max(rendered.origin_end(end), rendered.origin(start) + 1))

    def finding(self, code: str, message: str, start: int = 0, end: int | None = None, hint: str = "") -> Finding:
        """A finding at sql[start:end]."""
        place = self.place(start, end)
        return Finding(code, self.path, place.line, place.column, place.length, message, hint)


@dataclass(frozen=True)
class Draft:
    """A file as far as it can be read. query: None when there is no SELECT. findings: what is wrong, all of it."""

    path: str
    text: str
    read: HeaderRead = field(default_factory=lambda: HeaderRead(None))
    query: Query | None = None
    findings: tuple[Finding, ...] = ()

    def trigger(self) -> Trigger:
        """The trigger it is. Raises: FindingsError when something is wrong with its form."""
        if self.read.header is None or self.query is None or self.findings:
            raise FindingsError(self.findings)
        return Trigger(self.path, self.read.header, self.query.sql, self.query.place(0).line, self.query)


@dataclass(frozen=True)
class Trigger:
    """One trigger as written. path: for messages. query: the SELECT with its `:params`; query_line: its first line in the file.

    source: the same query with the file around it, for places in messages.
    """

    path: str
    header: Header
    query: str
    query_line: int
    source: Query

    @property
    def name(self) -> str:
        return self.header.name

    def select(self) -> str:
        """The SELECT with parameters as SQL literals. Raises: FindingsError for a parameter the header does not name."""
        return self.source.rendered(self.header.params).text


def parse(text: str, path: str | PurePath) -> Trigger:
    """Text of a trigger file → Trigger. path: only for messages. Raises: FindingsError with everything wrong in the file's form."""
    return read(text, path).trigger()


def read(text: str, path: str | PurePath) -> Draft:
    """Text of a trigger file, as far as it goes: a broken header hides nothing that is wrong with the SELECT. Never raises."""
    text, path = clean(text), str(path)
    match = _FILE.fullmatch(text)
    if match is None:
        opened = _OPENED.match(text)
        message = "the header has no end" if opened else "no header"
        place = place_of(text, text.index("/*"), opened.end()) if opened else Place(1, 1)
        hint = "a trigger file starts with /* --- and its header ends with --- */"
        return Draft(path, text, findings=(Finding("T002", path, *place, message, hint),))
    header = reading_header.read(match["header"], path, 1 + text.count("\n", 0, match.start("header")))
    query, wrong = _query(path, text, match.start("query"))
    return Draft(path, text, header, query, (*header.findings, *wrong))


def _query(path: str, text: str, start: int) -> tuple[Query | None, list[Finding]]:
    rest = text[start:]
    start += len(rest) - len(rest.lstrip())
    whole = Query(path, text, rest.strip(), start)
    sql = whole.sql
    ends = [found for found in _STATEMENT_END.finditer(sql) if found[1] is None]
    if ends and not _NOTHING.fullmatch(sql, ends[0].end()):
        second = _FIRST.match(sql, ends[0].end())
        at = second.start("word") if second else ends[0].start()
        hint = "a trigger is exactly one SELECT"
        return None, [whole.finding("T007", "more than one statement", at, second.end("word") if second else None, hint)]
    sql = sql[: ends[0].start()] if ends else sql
    if not _SELECT.match(sql):
        first = _FIRST.match(sql)
        hint = "no INSERT, DDL or SET: the runner adds what it needs"
        at, end = (first.start("word"), first.end("word")) if first else (0, None)
        return None, [whole.finding("T007", "expected one SELECT after the header", at, end, hint)]
    return Query(path, text, sql, start), []


def _literal(param: Param) -> str:
    if isinstance(param.default, str):
        return "'" + param.default.replace("'", "''") + "'"
    text = str(param.default).upper()
    return f"({text})" if text.startswith("-") else text  # `5 -:n` must not become a comment
