"""SQL files of the package `sql`: reading, filling in, cutting into statements."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib import resources
from string import Template

_LEADING_COMMENTS = re.compile(r"\A(?:\s*--[^\n]*(?:\n|\Z))*")
_END = re.compile(r";[ \t]*(?:--[^\n]*)?(?:\n|$)")


def read(path: str) -> str:
    """Text of `sql/<path>`."""
    return resources.files("sql").joinpath(path).read_text(encoding="utf-8")


def statements(path: str, values: Mapping[str, str]) -> list[str]:
    """The statements of `sql/<path>`, each ended by `;` at a line's end, with `${name}` filled in.

    values: SQL text by name. Raises: KeyError for a name without value (ours to mend: the files ship with the suite).
    """
    filled = Template(read(path)).substitute(values)
    pieces = (_LEADING_COMMENTS.sub("", piece).strip() for piece in _END.split(filled))
    return [piece for piece in pieces if piece]
