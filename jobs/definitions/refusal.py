"""One refusal of the planner, and what is said of it instead."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from jobs.definitions import published
from jobs.definitions.places import Place, Rendered
from jobs.definitions.published import Table
from jobs.definitions.tokens import Token, tokens
from jobs.definitions.trigger import Query


@dataclass(frozen=True)
class Said:
    """What the author is told. place: where it differs from the planner's."""

    code: str
    message: str
    hint: str = ""
    label: str = ""
    place: Place | None = None


@dataclass(frozen=True)
class Refusal:
    """text: the planner's sentence without position. message: all it said. start: offset in the author's SELECT, if it gave one."""

    text: str
    message: str
    query: Query
    rendered: Rendered
    place: Place | None
    start: int | None

    @cached_property
    def tokens(self) -> list[Token]:
        """Of the SELECT as the author wrote it."""
        return list(tokens(self.query.sql))

    @cached_property
    def expected(self) -> list[str]:
        """Tokens the parser would have taken, without their quotes."""
        listed = self.message.partition("\nWas expecting")[2].partition("\n\tat ")[0]
        return re.findall(r'^\s*["<]([^">]+)[">]', listed, re.MULTILINE)

    def token_at(self, offset: int | None) -> Token | None:
        """The token at or after an offset of the SELECT."""
        return None if offset is None else next((one for one in self.tokens if one.end > offset), None)

    def before(self, token: Token | None) -> Token | None:
        """The token before one; the last one before the end."""
        index = self.tokens.index(token) if token else len(self.tokens)
        return self.tokens[index - 1] if index else None

    def place_of(self, token: Token) -> Place:
        return self.query.place(token.start, token.end)

    def tables(self) -> list[Table]:
        """Published tables whose names are in the SELECT, in their order there."""
        known = published.tables()
        return list({one.text: known[one.text] for one in self.tokens if one.kind in ("word", "quoted") and one.text in known}.values())

    def table_called(self, alias: str) -> Table | None:
        """The published table an alias stands for."""
        known = published.tables()
        if alias in known:
            return known[alias]
        names = "|".join(known)
        match = re.search(
            rf"\b({names})\b(?:\s+FOR\s+SYSTEM_TIME\s+AS\s+OF\s+[\w.`]+)?\s+(?:AS\s+)?`?{re.escape(alias)}`?(?!\w)", self.query.sql, re.I
        )
        return known.get(match[1]) if match else None
