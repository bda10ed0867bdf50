"""A trigger's SELECT taken apart without Flink: which table it reads, under which conditions, one by one.

No SQL parser: the planner has passed the file, and all that is needed is words, strings and brackets. What it cannot take apart it says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

_TOKEN = re.compile(
    r"(?P<skip>\s+|--[^\n]*|/\*.*?\*/)|(?P<string>'(?:[^']|'')*')|(?P<quoted>`[^`]*`)|(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)"
    r"|(?P<word>[A-Za-z_]\w*)|(?P<sign><=|>=|<>|!=|\|\||=>|.)",
    re.DOTALL,
)
_CLAUSES = {"SELECT", "FROM", "WHERE", "GROUP", "HAVING", "ORDER", "LIMIT", "UNION", "INTERSECT", "EXCEPT", "QUALIFY", "WINDOW"}
_WINDOWS = {"SESSION", "TUMBLE", "HOP", "CUMULATE"}
_JOINS = {"JOIN", "LEFT", "RIGHT", "INNER", "FULL", "CROSS", "FOR"}
_UNITS = {"SECOND": 1000, "MINUTE": 60_000, "HOUR": 3_600_000, "DAY": 86_400_000}


class Token(NamedTuple):
    """kind: string, quoted, number, word or sign. name: a word in capitals, the text of a quoted name, else the sign."""

    kind: str
    text: str
    start: int
    end: int

    @property
    def name(self) -> str:
        return self.text.upper() if self.kind == "word" else self.text.strip("`") if self.kind == "quoted" else self.text


@dataclass(frozen=True)
class Select:
    """One SELECT. table: what it reads, a published table or a name of WITH; None when that is no plain name. alias: what it is called.

    conditions: of WHERE, to be met all. having: of HAVING. window: kind of a window over the table. gap_ms: of a session.
    joined: it reads more tables. grouped: its rows are made of several.
    """

    table: str | None
    alias: str | None
    conditions: tuple[str, ...]
    having: tuple[str, ...] = ()
    window: str | None = None
    gap_ms: int | None = None
    joined: bool = False
    grouped: bool = False


@dataclass(frozen=True)
class Query:
    """selects: branches of a UNION. named: queries of WITH, each as its text and its SELECTs."""

    selects: tuple[Select, ...]
    named: dict[str, tuple[str, tuple[Select, ...]]] = field(default_factory=dict)

    def chain(self, select: Select) -> list[Select] | None:
        """From the SELECT over the published table up to this one; None when a step reads no plain name or a UNION."""
        steps, current = [select], select
        while current.table in self.named:
            inner = self.named[current.table][1]
            if len(inner) != 1 or len(steps) > len(self.named):
                return None
            current = inner[0]
            steps.append(current)
        return None if current.table is None else steps[::-1]


def tokens(sql: str) -> list[Token]:
    """Words, strings, numbers and signs; comments and blanks left out."""
    return [Token(str(one.lastgroup), one[0], one.start(), one.end()) for one in _TOKEN.finditer(sql) if one.lastgroup != "skip"]


def take_apart(sql: str) -> Query:
    """sql: the SELECT with parameters filled in."""
    found = tokens(sql)
    named: dict[str, tuple[str, tuple[Select, ...]]] = {}
    place = 0
    if found and found[0].name == "WITH":
        place = 1
        while place < len(found):
            name, opened = found[place].name.lower() if found[place].kind == "word" else found[place].name, place
            while found[opened].text != "(" or found[opened - 1].name != "AS":
                opened += 1
                if opened >= len(found):
                    return Query(())
            closed = _closing(found, opened)
            inner = found[opened + 1 : closed]
            named[name] = (sql[found[opened].end : found[closed].start], tuple(_selects(sql, inner)))
            place = closed + 1
            if place < len(found) and found[place].text == ",":
                place += 1
                continue
            break
    return Query(tuple(_selects(sql, found[place:])), named)


def _selects(sql: str, found: Sequence[Token]) -> Iterator[Select]:
    start = 0
    for place in _outside(found):
        if found[place].name in ("UNION", "INTERSECT", "EXCEPT"):
            yield _select(sql, found[start:place])
            start = place + 2 if place + 1 < len(found) and found[place + 1].name in ("ALL", "DISTINCT") else place + 1
    yield _select(sql, found[start:])


def _select(sql: str, found: Sequence[Token]) -> Select:
    clauses: dict[str, list[Token]] = {}
    current: list[Token] = []
    outside = set(_outside(found))
    for place, token in enumerate(found):
        if place in outside and token.kind == "word" and token.name in _CLAUSES:
            current = clauses.setdefault(token.name, [])
        else:
            current.append(token)
    source = clauses.get("FROM", [])
    table, alias, window = _source(source)
    gap = _gap(source) if window == "SESSION" else None
    joined = any(source[place].name in _JOINS or source[place].text == "," for place in _outside(source))
    return Select(
        table, alias, tuple(_split(sql, clauses.get("WHERE", []))), tuple(_split(sql, clauses.get("HAVING", []))), window, gap, joined,
        "GROUP" in clauses,
    )  # fmt: skip


def _source(found: Sequence[Token]) -> tuple[str | None, str | None, str | None]:
    """(table, alias, kind of window) of a FROM."""
    if not found or found[0].kind not in ("word", "quoted"):
        return None, None, None
    if found[0].name in _WINDOWS and len(found) > 1 and found[1].text == "(":
        inner = next((place for place, token in enumerate(found) if token.name == "TABLE"), None)
        named = inner is not None and inner + 1 < len(found) and found[inner + 1].kind in ("word", "quoted")
        return (found[inner + 1].text.strip("`") if inner is not None and named else None), None, found[0].name
    rest = found[2:] if len(found) > 1 and found[1].name == "AS" else found[1:]
    alias = rest[0].text.strip("`") if rest and rest[0].kind in ("word", "quoted") and rest[0].name not in _JOINS else None
    return found[0].text.strip("`"), alias, None


def _gap(found: Sequence[Token]) -> int | None:
    """The last INTERVAL of a session window."""
    gap = None
    for place, token in enumerate(found[:-2]):
        if token.name == "INTERVAL" and found[place + 1].kind == "string":
            number, unit = found[place + 1].text.strip("'"), found[place + 2].name.removesuffix("S")
            gap = int(number) * _UNITS[unit] if number.isdecimal() and unit in _UNITS else None
    return gap


def _split(sql: str, found: Sequence[Token]) -> Iterator[str]:
    """A condition at its outermost ANDs, but those of BETWEEN and inside CASE."""
    start, cases, betweens = 0, 0, 0
    for place in _outside(found):
        name = found[place].name if found[place].kind == "word" else ""
        cases += (name == "CASE") - (name == "END")
        if cases == 0 and name == "BETWEEN":
            betweens += 1
        elif cases == 0 and name == "AND":
            if betweens:
                betweens -= 1
            else:
                yield _text(sql, found[start:place])
                start = place + 1
    if start < len(found):
        yield _text(sql, found[start:])


def _text(sql: str, found: Sequence[Token]) -> str:
    """As written, but on one line and without comments."""
    pieces = []
    for place, token in enumerate(found):
        gap = place > 0 and found[place - 1].end < token.start
        pieces.append((" " if gap else "") + token.text)
    return "".join(pieces)


def _outside(found: Sequence[Token]) -> Iterator[int]:
    """Places that are in no bracket."""
    depth = 0
    for place, token in enumerate(found):
        depth -= token.text == ")"
        if depth == 0:
            yield place
        depth += token.text == "("


def _closing(found: Sequence[Token], opened: int) -> int:
    depth = 0
    for place in range(opened, len(found)):
        depth += (found[place].text == "(") - (found[place].text == ")")
        if depth == 0:
            return place
    return len(found) - 1
