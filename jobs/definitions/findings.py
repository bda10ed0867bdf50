"""Findings: what is wrong with a trigger file, as data. The command line renders them; jobs raise them."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from jobs.errors import DefinitionError

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Finding:
    """One mistake. line, column: counted from 1; line 0 = the file as a whole. length: characters the caret underlines.

    code: a stable id of docs/rules.md. label: what the underlined text is. hint: what to write instead.
    """

    code: str
    path: str
    line: int
    column: int
    length: int
    message: str
    hint: str = ""
    severity: Severity = "error"
    label: str = ""

    @property
    def place(self) -> str:
        """`path:line:column`, as editors and terminals make a link of it."""
        return f"{self.path}:{self.line}:{self.column}" if self.line else self.path

    def __str__(self) -> str:
        fact = self.message + (f": {self.label}" if self.label else "")
        return f"{self.place}: {fact}" + (f"\n  = {self.hint}" if self.hint else "")

    def as_json(self) -> dict[str, Any]:
        """All fields; empty texts too."""
        return asdict(self)


class FindingsError(DefinitionError):
    """Trigger files that cannot be used, with everything that was found. The message is all findings, one or two lines each."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("\n".join(str(finding) for finding in self.findings))
        self.args = (self.findings,)  # or it cannot be unpickled


def by_place(findings: Iterable[Finding]) -> list[Finding]:
    """In the order a reader meets them, each once."""
    return sorted(set(findings), key=lambda one: (one.path, one.line, one.column, one.code, one.message))


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`did you mean: searches` for the nearest known words, else empty. Known words of another case count as near."""
    choices = list(known)
    near = [one for one in choices if one.lower() == word.lower()] or difflib.get_close_matches(word, choices, n=2, cutoff=0.6)
    return f"did you mean: {', '.join(near)}" if near else ""
