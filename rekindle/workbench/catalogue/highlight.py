"""SQL as HTML, its words told apart by class: key words, strings, numbers, parameters, comments."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from jobs.definitions.reserved import WORDS
from jobs.definitions.tokens import tokens

_CLASSES = {"string": "s", "number": "n", "quoted": "q"}


def sql(text: str) -> str:
    """Every character of the text, escaped, in spans where it is something."""
    return "".join(_pieces(text))


def _pieces(text: str) -> Iterator[str]:
    done, colon = 0, False
    for token in tokens(text):
        gap = text[done : token.start]
        if gap:
            yield _span("c", gap) if gap.strip() else escape(gap)
        done = token.end
        if token.text == ":":  # a parameter's: it belongs to the word after it
            colon = True
            continue
        word = (":" if colon else "") + token.text
        if colon:
            yield _span("p", word)
        elif token.kind == "word" and token.text.upper() in WORDS:
            yield _span("k", word)
        elif token.kind in _CLASSES:
            yield _span(_CLASSES[token.kind], word)
        else:
            yield escape(word)
        colon = False
    rest = text[done:]
    yield _span("c", rest) if rest.strip() else escape(rest)


def _span(kind: str, text: str) -> str:
    return f'<span class="{kind}">{escape(text)}</span>'
