"""The funnel as a picture: a bar per step and trigger. Plain SVG, no library, no script."""

from __future__ import annotations

from xml.sax.saxutils import escape

from rekindle.workbench.report.document import Document, percent
from rekindle.workbench.report.funnel import STEPS

_WIDTH, _LEFT, _RIGHT, _BAR, _GAP, _HEAD = 720, 150, 130, 18, 6, 34
_STYLE = (
    "<style>text{font:12px system-ui,sans-serif;fill:#444}.t{font-weight:600}.sent{fill:#1f6feb}.not{fill:#b8bec6}"
    "@media(prefers-color-scheme:dark){text{fill:#bbb}.not{fill:#6e7681}}</style>"
)


def funnel(document: Document) -> str:
    """Candidates and reasons in grey, what was sent and what came of it in blue; bars of a trigger have one scale."""
    parts: list[str] = []
    y = 8
    for one in document["triggers"]:
        bars: list[tuple[str, int, str, int | None]] = [("candidates", one["candidates"], "not", None)]
        bars += [(reason, number, "not", one["candidates"]) for reason, number in one["reasons"].items()]
        bars += [(step, one[step], "sent", one["candidates"] if step == "sent" else one["sent"]) for step in STEPS]
        y += _HEAD
        parts.append(f'<text class="t" x="8" y="{y - 12}">{escape(one["trigger"])}</text>')
        highest = max(one["candidates"], one["sent"], 1)
        for name, number, kind, whole in bars:
            width = (_WIDTH - _LEFT - _RIGHT) * number / highest
            told = f"{number:,}" + (f" ({percent(number / whole)})" if whole else "")
            parts.append(f'<text x="{_LEFT - 8}" y="{y + 13}" text-anchor="end">{escape(name)}</text>')
            parts.append(f'<rect class="{kind}" x="{_LEFT}" y="{y}" width="{width:.1f}" height="{_BAR}"/>')
            parts.append(f'<text x="{_LEFT + width + 6:.1f}" y="{y + 13}">{told}</text>')
            y += _BAR + _GAP
    title = escape(f"Funnel from {document['from']} to {document['to']}")
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {y + 12}" role="img"><title>{title}</title>'
    return "\n".join([head, _STYLE, *parts, "</svg>", ""])
