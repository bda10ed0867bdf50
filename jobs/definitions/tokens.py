"""SQL text → tokens with their places: for what must be said of text that no parser accepts, and for comparing two texts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from jobs.definitions.reserved import WORDS

Kind = Literal["space", "comment", "string", "quoted", "word", "number", "sign"]
_TOKEN = re.compile(
    r"(?P<space>\s+)|(?P<comment>--[^\n]*|/\*.*?\*/)|(?P<string>'(?:[^']|'')*')|(?P<quoted>`(?:[^`]|``)*`)"
    r"|(?P<word>[^\W\d]\w*)|(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(?P<sign><>|<=|>=|!=|\|\||=>|.)",
    re.DOTALL,
)


class Token(NamedTuple):
    """sql[start:end] is `text`."""

    kind: Kind
    text: str
    start: int
    end: int

    def is_word(self, *words: str) -> bool:
        """Whether it is one of these words, which are upper case."""
        return self.kind == "word" and self.text.upper() in words


def tokens(sql: str) -> Iterator[Token]:
    """All tokens but spaces and comments."""
    for match in _TOKEN.finditer(sql):
        kind: Kind = match.lastgroup  # type: ignore[assignment]
        if kind not in ("space", "comment"):
            yield Token(kind, match[0], match.start(), match.end())


def normalised(sql: str) -> str:
    """One text for all ways to lay out a SELECT: no comments, single spaces, key words in upper case."""
    return " ".join(one.text.upper() if one.kind == "word" and one.text.upper() in WORDS else one.text for one in tokens(sql))
