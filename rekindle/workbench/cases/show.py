"""Results for people: a line a case, and for each that fails a table of what differs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from jobs.gate.instants import to_text
from rekindle.workbench.cases.match import Difference
from rekindle.workbench.cases.run import Result

_WIDEST = 60


def lines(results: Sequence[Result]) -> Iterator[str]:
    """One line a case, grouped by trigger; failures with their tables below them."""
    trigger = ""
    for result in results:
        if result.case.trigger != trigger:
            trigger = result.case.trigger
            yield trigger
        yield f"  {'ok  ' if result.passed else 'FAIL'}  {result.case.sentence}"
        if not result.passed:
            yield from (f"        {line}" for line in failure(result))


def failure(result: Result) -> Iterator[str]:
    """What is wrong with one case."""
    case = result.case
    yield f"--> {case.path}:{case.line}"
    if result.error:
        yield from result.error.splitlines()
    for number, kind in dict.fromkeys((number, kind) for number, kind, _ in result.failures):
        step = f" of step {number + 1}" if len(case.steps) > 1 else ""
        yield f"{kind}{step}, by {to_text(case.steps[number].clock)}:"
        found = [one for at, which, one in result.failures if (at, which) == (number, kind)]
        yield from (f"  {line}" for line in table(found))


def table(found: Sequence[Difference]) -> Iterator[str]:
    """One row a difference; columns that only one of them names are empty in the others."""
    columns = list(dict.fromkeys(name for one in found for name in _shown(one)))
    rows = [["", *columns]]
    for one in found:
        kind = "different" if one.missing and one.unexpected else "missing" if one.missing else "unexpected"
        rows.append([kind, *(_cell(one, name) for name in columns)])
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _shown(one: Difference) -> list[str]:
    if one.missing is not None:
        return list(one.missing)
    row = one.unexpected or {}
    telling = ("device_id", "person_id", "occasion", "fired_at", "verdict", "reason", "payload")
    return [name for name in telling if name in row] or list(row)


def _cell(one: Difference, name: str) -> str:
    if one.missing is not None and name in one.missing:
        expected = _text(one.missing[name])
        return f"{expected} <> {_text((one.unexpected or {}).get(name))}" if name in one.columns else expected
    return _text(one.unexpected[name]) if one.missing is None and one.unexpected and name in one.unexpected else ""


def _text(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…"
