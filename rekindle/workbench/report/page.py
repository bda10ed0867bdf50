"""The report as a page that opens from a file: no script, nothing from elsewhere."""

from __future__ import annotations

from html import escape

from rekindle.workbench.report import picture
from rekindle.workbench.report.document import Document
from rekindle.workbench.report.tables import Grid, grids

NOTE = (
    "Rates are shares of the sends. Ordered: any order of the person within {days} days of the send. Acts of scanners and proxies are left "
    "out. Lift is the difference in percentage points with a 95 % interval (Newcombe 1998, method 10); an interval with zero in it proves "
    "no difference. Each day is in UTC."
)
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"><title>{title}</title><style>
:root{{color-scheme:light dark}}body{{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}}
table{{border-collapse:collapse;margin:1rem 0}}
th,td{{text-align:left;padding:.2rem 1rem .2rem 0;border-bottom:1px solid #8884;white-space:pre}}
td.n{{text-align:right;font-variant-numeric:tabular-nums}}caption{{text-align:left;font-weight:600}}</style></head><body>
<h1>{title}</h1>{body}<p>{note}</p></body></html>
"""


def page(document: Document) -> str:
    """All of the report as HTML."""
    body = picture.funnel(document) + "".join(_table(grid) for grid in grids(document))
    title = escape(f"Report from {document['from']} to {document['to']}")
    return _PAGE.format(title=title, body=body, note=escape(NOTE.format(days=document["window_days"])))


def _table(grid: Grid) -> str:
    head = "".join(f"<th>{escape(one)}</th>" for one in grid.columns)
    rows = "".join(f"<tr>{''.join(_cell(value) for value in row)}</tr>" for row in grid.rows)
    return f"<table><caption>{escape(grid.title)}</caption><tr>{head}</tr>{rows}</table>"


def _cell(value: object) -> str:
    return f'<td class="n">{value:,}</td>' if isinstance(value, int) else f"<td>{escape(str(value))}</td>"
