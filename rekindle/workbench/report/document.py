"""A funnel as a document: what a machine reads, and what table, page and picture are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

from rekindle.workbench.report.funnel import HOLDOUT, STEPS, Funnel, Group, Line
from rekindle.workbench.report.intervals import difference, share, wilson

Document = dict[str, Any]
RATES = ("opened", "clicked", "ordered")
_EPOCH = date(1970, 1, 1)


def day_text(day: int) -> str:
    """Days since 1970 → `2026-03-01`."""
    return (_EPOCH + timedelta(days=day)).isoformat()


def document(funnel: Funnel) -> Document:
    """Rates are shares of the sends; lift is told against the variant `control`, else the first by name, and against the holdout."""
    return {
        "from": day_text(funnel.first),
        "to": day_text(funnel.last),
        "window_days": 7,
        "triggers": [
            {
                "trigger": name,
                **_line(line),
                "variants": _variants(line),
                "holdout": _holdout(line),
                "days": [{"day": day_text(day), **_line(one)} for (of, day), one in funnel.days.items() if of == name],
            }
            for name, line in funnel.triggers.items()
        ],
    }


def _line(line: Line) -> Document:
    total = line.total()
    return {
        "candidates": line.candidates,
        "reasons": dict(sorted(line.reasons.items(), key=lambda one: (-one[1], one[0]))),
        "held": line.held,
        **{step: getattr(total, step) for step in STEPS},
        "called_back": line.called_back,
        "running": total.running,
    }


def _variants(line: Line) -> list[Document]:
    groups = {str(name): group for name, group in line.groups.items() if name not in (None, HOLDOUT)}
    if not groups:
        return []
    names = sorted(groups)
    base = "control" if "control" in groups else names[0]
    return [
        {
            "variant": name,
            **asdict(groups[name]),
            "rates": _rates(groups[name]),
            "lift": None if name == base else _lift(groups[name], groups[base]),
        }
        for name in sorted(names, key=lambda name: (name != base, name))
    ]


def _holdout(line: Line) -> Document | None:
    """Those who would have got it and did not; lift: what the mail did to the others' orders."""
    if HOLDOUT not in line.groups:
        return None
    held, sent = line.groups[HOLDOUT], line.total()
    return {
        "people": held.sent,
        "ordered": held.ordered,
        "running": held.running,
        "rate": share(held.ordered, held.sent),
        "interval": list(wilson(held.ordered, held.sent)),
        "lift": {"ordered": _compared(sent.ordered, sent.sent, held.ordered, held.sent)},
    }


def _rates(group: Group) -> Document:
    return {
        name: {"rate": share(getattr(group, name), group.sent), "interval": list(wilson(getattr(group, name), group.sent))}
        for name in RATES
    }


def _lift(group: Group, base: Group) -> Document:
    return {name: _compared(getattr(group, name), group.sent, getattr(base, name), base.sent) for name in RATES}


def _compared(hits: int, of: int, base_hits: int, base_of: int) -> Document | None:
    """difference: in shares, with its interval. relative: by how much more, of the base's share. certain: the interval leaves out zero."""
    interval = difference(hits, of, base_hits, base_of)
    if interval is None:
        return None
    own, base = hits / of, base_hits / base_of
    return {
        "difference": own - base,
        "interval": list(interval),
        "relative": own / base - 1 if base else None,
        "certain": interval.low > 0 or interval.high < 0,
    }


def percent(value: float | None, signed: bool = False) -> str:
    """`12.3 %`; nothing has no share."""
    return "-" if value is None else f"{value * 100:{'+' if signed else ''}.1f} %"


def points(lift: Mapping[str, Any] | None) -> str:
    """`+2.1 (-0.4 to +4.6) points`."""
    if lift is None:
        return "-"
    low, high = lift["interval"]
    return f"{lift['difference'] * 100:+.1f} ({low * 100:+.1f} to {high * 100:+.1f}) points"
