"""Test files: what they say, and every mistake at its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from rekindle.workbench.cases import files
from rekindle.workbench.cases.files import CaseFile

GOOD = """\
fires once:
  clock: "2026-03-01 10:31:00"
  given:
    carts: [{device_id: d1, ended_at: "2026-03-01 10:30:00", item_count: 1}]
  expect: [{device_id: d1}]
"""


def read(folder: Path, text: str | bytes) -> CaseFile:
    path = folder / "cart_abandoned.test.yaml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return files.read(path, "x.test.yaml", "cart_abandoned")


def test_a_case_has_its_rows_clock_and_expectation(tmp_path: Path) -> None:
    found = read(tmp_path, GOOD)
    assert found.findings == []
    (case,) = found.cases
    (step,) = case.steps
    assert (case.sentence, case.line) == ("fires once", 1)
    assert step.clock == 1_772_361_060_000
    assert step.given == {"carts": ({"device_id": "d1", "ended_at": "2026-03-01 10:30:00", "item_count": 1},)}
    assert step.expect == {"candidates": ({"device_id": "d1"},)}


def test_a_broken_case_does_not_hide_the_others(tmp_path: Path) -> None:
    found = read(tmp_path, GOOD + "stays quiet:\n  clock: yesterday\n  expect: []\n" + GOOD.replace("fires once", "fires again"))
    assert [case.sentence for case in found.cases] == ["fires once", "fires again"]
    assert [str(one) for one in found.findings] == [
        'x.test.yaml:7:3: clock: is no time\n  = a time is UTC text in quotes, like "2026-03-01 10:30:00"'
    ]


@pytest.mark.parametrize(
    ("before", "after", "place", "says"),
    [
        ("item_count", "item_cuont", "4:62", "unknown column 'item_cuont' of carts"),
        ("carts", "cart", "4:5", "unknown table 'cart'"),
        ("given", "givn", "3:3", "unknown key 'givn'"),
        ('ended_at: "2026-03-01 10:30:00", ', "", "4:13", "a row of carts needs its time, ended_at"),
        ('ended_at: "2026-03-01 10:30:00"', "ended_at: 2026-03-01", "4:29", "ended_at: is no time"),
        ("expect: [{device_id: d1}]", "expect: [{decice_id: d1}]", "5:13", "unknown column 'decice_id' of candidates"),
        ("  expect: [{device_id: d1}]\n", "", "2:3", "expect is missing"),
        ("expect: [{device_id: d1}]", "expect: {sends: []}", "5:12", "unknown kind 'sends'"),
        ("expect: [{device_id: d1}]", "expect: nothing", "5:3", "expected a list of rows"),
    ],
)
def test_each_mistake_is_one_finding_at_its_place(tmp_path: Path, before: str, after: str, place: str, says: str) -> None:
    (finding,) = read(tmp_path, GOOD.replace(before, after)).findings
    assert finding.place == f"x.test.yaml:{place}"
    assert says in finding.message


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"\xff\xfe", "is not UTF-8"),
        ("a: [", "not valid YAML"),
        ("", "holds no cases"),
        ("- 1\n", "holds no cases"),
        ("a sentence: 3\n", "expected clock, given and expect"),
        ("a: {steps: []}\n", "expected a list"),
        ('a: {steps: [{clock: "2026-03-01 10:00:00", expect: []}], clock: "2026-03-01 10:00:00"}\n', "not both"),
        ('a: {steps: [{clock: "2026-03-01 10:00:00", expect: []}, {clock: "2026-03-01 09:00:00", expect: []}]}\n', "does not move on"),
    ],
)
def test_what_is_no_test_file_is_said_in_one_finding(tmp_path: Path, text: str | bytes, says: str) -> None:
    (finding,) = read(tmp_path, text).findings
    assert says in finding.message
