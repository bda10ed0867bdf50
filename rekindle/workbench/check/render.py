"""Findings as people read them: place, source line, caret, hint. Colours are for terminals; click drops them where output is piped."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from jobs.definitions.findings import Finding

if TYPE_CHECKING:
    from rekindle.workbench.check.checker import Report

_COLOUR = {"error": "red", "warning": "yellow"}


def finding(one: Finding, text: str | None) -> str:
    """text: of the file the finding is about, if it could be read."""
    colour = _COLOUR[one.severity]
    lines = [click.style(f"{one.severity}[{one.code}]", fg=colour, bold=True) + click.style(f": {one.message}", bold=True)]
    source = (text or "").split("\n")
    shown = one.line and one.line <= len(source)
    gutter = " " * len(str(one.line)) if shown else " "
    bar = click.style(f"{gutter} |", fg="blue")
    lines.append(click.style(f"{gutter}--> ", fg="blue") + one.place)
    if shown:
        line = source[one.line - 1]
        before = "".join("\t" if letter == "\t" else " " * _width(letter) for letter in line[: one.column - 1])
        carets = "^" * max(1, sum(_width(letter) for letter in line[one.column - 1 : one.column - 1 + one.length]))
        label = f" {one.label}" if one.label else ""
        lines += [
            bar,
            click.style(f"{one.line} | ", fg="blue") + line.rstrip(),
            f"{bar} {before}" + click.style(f"{carets}{label}", fg=colour),
        ]
    if one.hint:
        lines.append(f"{gutter} " + click.style("= ", fg="blue") + one.hint)
    return "\n".join(lines)


def report(of: Report, texts: Mapping[str, str]) -> str:
    """All findings and the summary line."""
    blocks = [finding(one, texts.get(one.path)) for one in of.findings]
    return "\n\n".join([*blocks, summary(of)])


def summary(of: Report) -> str:
    """`12 files, 3 errors, 1 warning`."""
    colour = "red" if of.errors else "yellow" if of.warnings else "green"
    text = f"{_count(of.files, 'file')}, {_count(of.errors, 'error')}, {_count(of.warnings, 'warning')}"
    return click.style(text, fg=colour)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _width(letter: str) -> int:
    """Columns of a terminal a character takes."""
    if unicodedata.combining(letter):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1
