"""A report as tables of texts: one funnel per trigger, its variants, its days."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from rekindle.workbench.report.document import RATES, Document, percent, points
from rekindle.workbench.report.funnel import STEPS


class Grid(NamedTuple):
    """A table with a title."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[object]]


def grids(document: Document) -> list[Grid]:
    """All tables, in the order they are shown."""
    found = []
    for one in document["triggers"]:
        found.append(_funnel(one))
        if one["variants"]:
            found.append(_variants(one))
        if one["holdout"]:
            found.append(_holdout(one))
        found.append(_days(one))
    return found


def _funnel(one: dict[str, Any]) -> Grid:
    rows: list[tuple[object, ...]] = [("candidates", one["candidates"], "")]
    rows += [(f"  not sent: {reason}", number, _of(number, one["candidates"])) for reason, number in one["reasons"].items()]
    rows.append(("sent", one["sent"], _of(one["sent"], one["candidates"])))
    rows += [(step, one[step], _of(one[step], one["sent"])) for step in STEPS[1:]]
    rows += [(name, one[key], "") for name, key in _NOTES if one[key]]
    return Grid(f"{one['trigger']}: funnel", ("", "number", "of those above"), rows)


_NOTES = (("held over night", "held"), ("called back after sent", "called_back"), ("sent, orders may still come", "running"))


def _variants(one: dict[str, Any]) -> Grid:
    columns = ["variant", "sent"]
    for name in RATES:
        columns += [name, "lift"]
    rows = []
    for variant in one["variants"]:
        row: list[object] = [variant["variant"], variant["sent"]]
        for name in RATES:
            row += [percent(variant["rates"][name]["rate"]), points(variant["lift"][name]) if variant["lift"] else "base"]
        rows.append(row)
    return Grid(f"{one['trigger']}: variants", columns, rows)


def _holdout(one: dict[str, Any]) -> Grid:
    held = one["holdout"]
    rows = [
        ("holdout (no mail)", held["people"], percent(held["rate"]), "base"),
        ("sent", one["sent"], _of(one["ordered"], one["sent"]), points(held["lift"]["ordered"])),
    ]
    return Grid(f"{one['trigger']}: against the holdout", ("", "people", "ordered", "lift"), rows)


def _days(one: dict[str, Any]) -> Grid:
    columns = ("day", "candidates", "not sent", *STEPS)
    rows = [(day["day"], day["candidates"], sum(day["reasons"].values()), *(day[step] for step in STEPS)) for day in one["days"]]
    return Grid(f"{one['trigger']}: days", columns, rows)


def _of(number: int, whole: int) -> str:
    return percent(number / whole if whole else None)
