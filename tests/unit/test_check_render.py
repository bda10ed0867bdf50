"""How findings look: the source line with a caret, whatever is in it; plain without a terminal."""

from __future__ import annotations

from dataclasses import replace

import click
import pytest

from jobs.definitions.findings import Finding
from rekindle.workbench.check.checker import Report
from rekindle.workbench.check.render import finding, report, summary

ONE = Finding("T012", "p/a.sql", 2, 7, 3, "unknown column 'abc'", "did you mean: abd", label="not a column of t")


def shown(one: Finding, text: str | None) -> list[str]:
    return click.unstyle(finding(one, text)).split("\n")


def test_a_finding_is_place_line_caret_and_hint() -> None:
    assert shown(ONE, "SELECT\nWHERE abc = 1\n") == [
        "error[T012]: unknown column 'abc'",
        " --> p/a.sql:2:7",
        "  |",
        "2 | WHERE abc = 1",
        "  |       ^^^ not a column of t",
        "  = did you mean: abd",
    ]


@pytest.mark.parametrize(
    ("line", "column", "length", "caret"),
    [
        ("\t\tabc", 3, 3, "  | \t\t^^^ not a column of t"),
        ("'été' abc", 7, 3, "  |       ^^^ not a column of t"),
        ("'日本' abc", 6, 3, "  |        ^^^ not a column of t"),
        ("ab", 3, 1, "  |   ^ not a column of t"),  # behind the end: something is missing there
    ],
)
def test_the_caret_stands_under_its_word(line: str, column: int, length: int, caret: str) -> None:
    assert shown(replace(ONE, column=column, length=length), f"x\n{line}")[4] == caret


def test_the_gutter_is_as_wide_as_the_line_number() -> None:
    lines = shown(replace(ONE, line=100), "\n" * 98 + "x\nWHERE abc")
    assert lines[1:5] == ["   --> p/a.sql:100:7", "    |", "100 | WHERE abc", "    |       ^^^ not a column of t"]


def test_a_finding_about_a_whole_file_has_no_line() -> None:
    assert shown(replace(ONE, line=0, column=0, label=""), None) == [
        "error[T012]: unknown column 'abc'",
        " --> p/a.sql",
        "  = did you mean: abd",
    ]


def test_the_last_line_counts() -> None:
    found = Report(12, (ONE, ONE, replace(ONE, severity="warning")), {})
    assert click.unstyle(summary(found)) == "12 files, 2 errors, 1 warning"
    assert click.unstyle(report(Report(1, ()), {})) == "1 file, 0 errors, 0 warnings"
    assert click.unstyle(report(found, {})).count("\n\n") == 3
