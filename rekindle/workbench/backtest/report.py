"""The report of a backtest: one JSON document, and the same as a page that opens from a file."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from html import escape
from pathlib import Path
from typing import Any

from jobs.definitions.trigger import Trigger
from rekindle.workbench.backtest.comparison import Comparison
from rekindle.workbench.backtest.figures import Figures
from rekindle.workbench.backtest.plot import per_day
from rekindle.workbench.history.given import Garbage

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title><style>
:root{{color-scheme:light dark}}body{{font:16px/1.5 system-ui,sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem}}
table{{border-collapse:collapse;margin:1rem 0}}th,td{{text-align:left;padding:.2rem 1rem .2rem 0;border-bottom:1px solid #8884}}
td.n{{text-align:right;font-variant-numeric:tabular-nums}}caption{{text-align:left;font-weight:600}}</style></head><body>
<h1>{title}</h1><p>{description}</p>{body}</body></html>
"""


def document(
    trigger: Trigger, figures: Figures, lines: int, garbage: Sequence[Garbage], against: tuple[Trigger, Figures, Comparison] | None
) -> dict[str, Any]:
    """What a machine reads. against: the version before, its figures, what differs."""
    found: dict[str, Any] = {
        "trigger": trigger.name,
        "version": trigger.header.version,
        "description": trigger.header.description,
        "lines": lines,
        "garbage": [{"file": one.path, "counts": one.counts} for one in garbage],
        **asdict(figures),
        "against": None,
    }
    if against is not None:
        before, its_figures, comparison = against
        found["against"] = {"path": before.path, "version": before.header.version, **asdict(its_figures), **asdict(comparison)}
    return found


def write(folder: Path, found: Mapping[str, Any]) -> None:
    """`report.json`, `report.html`, `sends.svg`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.json").write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    (folder / "sends.svg").write_text(_plot(found), encoding="utf-8")
    (folder / "report.html").write_text(page(found), encoding="utf-8")


def page(found: Mapping[str, Any]) -> str:
    """The document as HTML: no script, nothing from elsewhere."""
    before = found["against"]
    columns = [found] if before is None else [before, found]
    heads = [""] if before is None else ["", f"before (version {before['version']})", f"after (version {found['version']})"]
    reasons = sorted({reason for one in columns for reason in one["reasons"]})
    rows = [("candidates", [one["candidates"] for one in columns]), ("sent", [one["sends"] for one in columns])]
    rows += [(f"not sent: {reason}", [one["reasons"].get(reason, 0) for one in columns]) for reason in reasons]
    rows += [("people who got one", [one["people"] for one in columns])]
    rows += [(f"sends to one person: {name}", [one["pressure"][name] for one in columns]) for name in found["pressure"]]
    body = _plot(found) + _table("What would have happened", heads, rows)
    if before is not None:
        counts = [(name, [before[name]]) for name in ("more", "fewer", "moved", "same")]
        body += _table("Sends, version against version", ["", ""], counts)
        examples = [[one[key] for key in ("change", "person_id", "occasion", "before", "after")] for one in before["examples"]]
        body += _table("Examples", ["", "person", "occasion", "before", "after"], [(one[0], one[1:]) for one in examples])
    bad = [(one["file"], [", ".join(f"{count} {reason}" for reason, count in one["counts"].items())]) for one in found["garbage"]]
    body += _table("Lines that could not be used", ["file", ""], bad) if bad else ""
    return _PAGE.format(title=escape(f"Backtest of {found['trigger']}"), description=escape(found["description"]), body=body)


def _plot(found: Mapping[str, Any]) -> str:
    before = found["against"]
    return per_day(f"{found['trigger']}: sends per day", found["days"], before["days"] if before is not None else None)


def _table(caption: str, heads: Sequence[str], rows: Sequence[tuple[str, Sequence[Any]]]) -> str:
    head = f"<tr>{''.join(f'<th>{escape(one)}</th>' for one in heads)}</tr>" if any(heads) else ""
    body = "".join(f"<tr><td>{escape(name)}</td>{''.join(_cell(value) for value in values)}</tr>" for name, values in rows)
    return f"<table><caption>{escape(caption)}</caption>{head}{body}</table>"


def _cell(value: Any) -> str:
    return f'<td class="n">{value:,}</td>' if isinstance(value, int) else f"<td>{escape(str(value))}</td>"
