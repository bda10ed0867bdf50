"""Places in a file: offsets, lines and columns, and back from the planner's to the author's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Place(NamedTuple):
    """line, column: from 1. length: characters."""

    line: int
    column: int
    length: int = 1


def clean(text: str) -> str:
    """As some editors save it, without what differs: byte order mark and line ends."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def place_of(text: str, start: int, end: int | None = None) -> Place:
    """Place of text[start:end], cut at the line's end."""
    line_start = text.rfind("\n", 0, start) + 1
    line_end = text.find("\n", start)
    stop = min(start + 1 if end is None else end, len(text) if line_end < 0 else line_end)
    return Place(1 + text.count("\n", 0, start), 1 + start - line_start, max(1, stop - start))


def offset_of(text: str, line: int, column: int) -> int:
    """Offset of a Java parser's position: lines and columns from 1, columns in UTF-16 units. Beyond the end: the end."""
    start = 0
    for _ in range(line - 1):
        following = text.find("\n", start)
        if following < 0:
            return len(text)
        start = following + 1
    units = column - 1
    while units > 0 and start < len(text) and text[start] != "\n":
        units -= 2 if ord(text[start]) > 0xFFFF else 1
        start += 1
    return start


@dataclass(frozen=True)
class Rendered:
    """Text with some pieces replaced. pieces: (start, end) in `text` and (start, end) in the original of each, rising."""

    text: str
    pieces: tuple[tuple[int, int, int, int], ...] = ()

    def origin(self, offset: int) -> int:
        """Where an offset of `text` was in the original; inside a replaced piece: its start."""
        shift = 0
        for start, end, original_start, original_end in self.pieces:
            if offset < start:
                break
            if offset < end:
                return original_start
            shift = original_end - end
        return offset + shift

    def origin_end(self, offset: int) -> int:
        """The same for the end of a stretch: inside a replaced piece, its end."""
        for start, end, _, original_end in self.pieces:
            if start < offset <= end:
                return original_end
        return self.origin(offset)
