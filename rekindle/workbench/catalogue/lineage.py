"""The way of one trigger as a picture: topics, tables, the trigger, the gate, the template. Inline SVG, colours from the page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from jobs.definitions.header import Header
from jobs.definitions.published import MADE_OF
from rekindle.workbench.catalogue.words import duration

_WIDTH, _GAP, _LINE, _PAD, _BETWEEN = 176, 44, 17, 10, 14
_LETTERS = 22  # of a line in a box


@dataclass(frozen=True)
class _Box:
    """kind: its class. lines: the first is its title."""

    kind: str
    lines: tuple[str, ...]

    @property
    def height(self) -> int:
        return _LINE * len(self.lines) + 2 * _PAD


def picture(name: str, header: Header, reads: Sequence[str]) -> str:
    """An `<svg>` element with a description for who cannot see it."""
    topics = list(dict.fromkeys(topic for table in reads for topic in MADE_OF.get(table, ())))
    columns = [[_Box("topic", (topic,)) for topic in topics]] if topics else []
    columns.append([_Box("table", (table,)) for table in reads])
    columns += [
        [_Box("trigger", tuple(_broken(name, "_")))],
        [_Box("gate", ("gate", *_gate(header)))],
        [_Box("template", (*_broken(header.template, "_"), *_broken(f"at {header.destination}", " ")))],
    ]
    height = max(sum(box.height + _BETWEEN for box in column) for column in columns) + 2
    width = len(columns) * (_WIDTH + _GAP) - _GAP + 2
    places = [_placed(column, number * (_WIDTH + _GAP) + 1, height) for number, column in enumerate(columns)]
    arrows = [
        _arrow(left, right)
        for before, after in pairwise(places)
        for left in before
        for right in after
        if not (left[0].kind == "topic" and left[0].lines[0] not in MADE_OF.get(right[0].lines[0], ()))
    ]
    sources = " and ".join(dict.fromkeys([*topics, *reads]))
    told = f"{sources} feed {name}; the gate decides; template {header.template}"
    return (
        f'<svg class="lineage" viewBox="0 0 {width} {height}" role="img" aria-label="{escape(told)}">'
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0 0L8 4L0 8z"/></marker></defs>'
        f"{''.join(arrows)}{''.join(_drawn(*place) for column in places for place in column)}</svg>"
    )


def _gate(header: Header) -> Iterable[str]:
    if header.send_after:
        yield f"waits {duration(header.send_after)}"
    for event in header.cancel_on:
        yield from _broken(f"no {event}", " ")
    yield from _broken("transactional" if header.purpose == "transactional" else f"consent {header.purpose}", " ")
    if header.cooldown:
        yield f"once in {duration(header.cooldown)}"


def _broken(text: str, at: str) -> list[str]:
    """Lines no longer than a box is wide, broken behind `at`."""
    lines = [""]
    for piece in text.split(at):
        joined = f"{lines[-1]}{at if lines[-1] else ''}{piece}"
        if len(joined) <= _LETTERS or not lines[-1]:
            lines[-1] = joined
        else:
            lines[-1] += at.strip()
            lines.append(piece)
    return lines


_Place = tuple[_Box, int, int]


def _placed(column: Sequence[_Box], x: int, height: int) -> list[_Place]:
    """Boxes of a column with (x, y), in the middle of the height."""
    y = (height - sum(box.height for box in column) - _BETWEEN * (len(column) - 1)) // 2
    found = []
    for box in column:
        found.append((box, x, y))
        y += box.height + _BETWEEN
    return found


def _arrow(left: _Place, right: _Place) -> str:
    x1, y1 = left[1] + _WIDTH, left[2] + left[0].height / 2
    x2, y2 = right[1] - 2, right[2] + right[0].height / 2
    middle = (x1 + x2) / 2
    return f'<path class="arrow" d="M{x1} {y1:g}C{middle:g} {y1:g} {middle:g} {y2:g} {x2} {y2:g}" marker-end="url(#tip)"/>'


def _drawn(box: _Box, x: int, y: int) -> str:
    texts = "".join(
        f'<text x="{x + _WIDTH // 2}" y="{y + _PAD + 13 + number * _LINE}"{" class=title" if number == 0 else ""}>{escape(line)}</text>'
        for number, line in enumerate(box.lines)
    )
    return f'<g class="{box.kind}"><rect x="{x}" y="{y}" width="{_WIDTH}" height="{box.height}" rx="8"/>{texts}</g>'
