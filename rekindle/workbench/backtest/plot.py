"""Sends per day as a picture: plain SVG, no library, readable as a file of its own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from xml.sax.saxutils import escape

_WIDTH, _HEIGHT, _LEFT, _BOTTOM, _TOP = 720, 240, 48, 36, 28
_LABELS = 8  # dates under the axis
_STYLE = (
    "<style>text{font:12px system-ui,sans-serif;fill:#444}.new{fill:#1f6feb}.old{fill:#b8bec6}line{stroke:#ccc}"
    "@media(prefers-color-scheme:dark){text{fill:#bbb}line{stroke:#444}.old{fill:#6e7681}}</style>"
)


def per_day(title: str, after: Mapping[str, int], before: Mapping[str, int] | None = None) -> str:
    """Bars by UTC day (`YYYY-MM-DD` → sends); with `before` two a day. Days without sends have their place."""
    days = _days([*after, *(before or {})])
    highest = max([*after.values(), *(before or {}).values(), 1])
    plot_width, plot_height = _WIDTH - _LEFT - 8, _HEIGHT - _BOTTOM - _TOP
    slot = plot_width / max(len(days), 1)
    series = [("old", before), ("new", after)] if before is not None else [("new", after)]
    bar = max(slot * 0.8 / len(series), 0.5)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(title)}">',
        _STYLE,
        f'<text x="{_LEFT}" y="16">{escape(title)}</text>',
    ]
    for share in (0, 0.5, 1):
        y = _TOP + plot_height * (1 - share)
        parts.append(f'<line x1="{_LEFT}" x2="{_WIDTH - 8}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{highest * share:g}</text>')
    for place, day in enumerate(days):
        for number, (kind, counts) in enumerate(series):
            height = plot_height * (counts or {}).get(day, 0) / highest
            x = _LEFT + place * slot + slot * 0.1 + number * bar
            parts.append(
                f'<rect class="{kind}" x="{x:.1f}" y="{_TOP + plot_height - height:.1f}" width="{bar:.1f}" height="{height:.1f}">'
                f"<title>{day}: {(counts or {}).get(day, 0)}{' before' if kind == 'old' else ''}</title></rect>"
            )
        if place % max(1, -(-len(days) // _LABELS)) == 0:
            parts.append(f'<text x="{_LEFT + place * slot + slot / 2:.1f}" y="{_HEIGHT - 14}" text-anchor="middle">{day[5:]}</text>')
    return "\n".join([*parts, "</svg>", ""])


def _days(found: list[str]) -> list[str]:
    """Every day from the first to the last."""
    if not found:
        return []
    first, last = date.fromisoformat(min(found)), date.fromisoformat(max(found))
    return [(first + timedelta(days=day)).isoformat() for day in range((last - first).days + 1)]
