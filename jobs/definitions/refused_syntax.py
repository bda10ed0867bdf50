"""Text that is no SELECT: a comma too few, a word that is reserved, a quote left open."""

from __future__ import annotations

import difflib
import re

from jobs.definitions.refusal import Refusal, Said
from jobs.definitions.reserved import STRUCTURE, WORDS
from jobs.definitions.tokens import Token

_UNITS = {"DAY", "HOUR", "MINUTE", "SECOND"}
_USEFUL = ("FROM", ",", ")", "(", "AS", "ON", "BY", "WHERE", "AND", "END", "THEN", "WHEN", "]")
_SPELLED = ("SELECT", "FROM", "WHERE", "GROUP", "HAVING", "BETWEEN", "AND", "JOIN", "LEFT", "UNION", "DISTINCT")
_WORDS = {"<EOF>": "the end"}


def said(refusal: Refusal) -> Said | None:
    """What to say of a syntax error; None when it is something else."""
    if refusal.text.startswith("Expecting alias"):
        return _text_as_name(refusal)
    if refusal.text.startswith("String literal continued on same line"):
        return Said("T015", "one text after another", "a comma between them, or || to join them")
    if not re.match(r"Encountered |Incorrect syntax near|Lexical error", refusal.text):
        return None
    token = None if "<EOF>" in refusal.text else refusal.token_at(refusal.start)
    if '"= ="' in refusal.text and token is not None:
        return Said("T015", "'==' is not expected here", "equal is one sign: =", place=refusal.query.place(token.start, token.end + 1))
    if token is not None and token.text.upper() in refusal.expected:  # the parser stumbles over the pair: the second is what is wrong
        token = next(iter(refusal.tokens[refusal.tokens.index(token) + 1 :]), token)
    kinds = (_quote, _interval, _typing_error, _reserved, _comma)
    return next((one for kind in kinds if (one := kind(refusal, token)) is not None), None) or _other(refusal, token)


def _text_as_name(refusal: Refusal) -> Said:
    """`product_id 'id'`: Flink does not say where."""
    pairs = zip(refusal.tokens, refusal.tokens[1:], strict=False)
    found = next((b for a, b in pairs if b.kind == "string" and (a.kind in ("word", "quoted", "string", "number") or a.text == ")")
                  and (a.is_word("AS") or a.text.upper() not in WORDS)), None)  # fmt: skip
    hint = "a name stands bare or in backticks; if it is a value of its own, a comma is missing before it"
    return Said("T015", "text where a name is expected", hint, place=refusal.place_of(found) if found else None)


def _quote(refusal: Refusal, token: Token | None) -> Said | None:
    """An open quote, or text in double quotes: the tokens' own rule finds the quote that stands alone."""
    alone = next((one for one in refusal.tokens if one.kind == "sign" and one.text in "'\"`"), None)
    if alone is None or (token is not None and alone.start > token.end + 1):
        return None
    if alone.text == '"':
        return Said("T015", "text in double quotes", "text stands in single quotes: 'like this'", place=refusal.place_of(alone))
    return Said("T015", f"a quote {alone.text} that is not closed", f"close it with {alone.text}", place=refusal.place_of(alone))


def _interval(refusal: Refusal, token: Token | None) -> Said | None:
    before = refusal.before(token)
    opening = refusal.before(before) if before else None
    if before is None or opening is None or not opening.is_word("INTERVAL") or not _UNITS & set(refusal.expected):
        return None
    hint = "number in quotes, unit outside: INTERVAL '5' MINUTE, INTERVAL '1' HOUR, INTERVAL '2' DAY"
    return Said("T019", f"{opening.text} {before.text} has no unit", hint, place=refusal.query.place(opening.start, before.end))


def _typing_error(refusal: Refusal, token: Token | None) -> Said | None:
    """`FORM sessions`, `WHER adds`, `ANDD`: a word that is nearly one of those that hold a SELECT together."""
    columns = {column.name for table in refusal.tables() for column in table.columns}
    for one in (refusal.before(token), token):
        if one is not None and one.kind == "word" and one.text.upper() not in WORDS and one.text not in columns:
            meant = difflib.get_close_matches(one.text.upper(), _SPELLED, n=1, cutoff=0.75)
            if meant:
                return Said("T015", f"'{one.text}' is not expected here", f"did you mean: {meant[0]}", place=refusal.place_of(one))
    return None


def _reserved(refusal: Refusal, token: Token | None) -> Said | None:
    if token is None or token.kind != "word" or token.text.upper() not in WORDS - STRUCTURE:
        before = refusal.before(token)  # `WHERE date > 1`: the word itself was taken for the beginning of something
        if before is None or before.kind != "word" or before.text.upper() not in WORDS - STRUCTURE - {"INTERVAL", "END"}:
            return None
        if token is not None and token.text == "(":
            return None
        token = before
    following = refusal.tokens[refusal.tokens.index(token) + 1 :][:1]
    if following and following[0].text == "(":
        return None  # called as a function: a name it is not
    hint = f"write `{token.text}` with backticks, or another name"
    return Said("T021", f"'{token.text}' is a reserved word", hint, place=refusal.place_of(token))


def _comma(refusal: Refusal, token: Token | None) -> Said | None:
    before = refusal.before(token)
    if token is not None and token.text == ",":
        before, token = token, next(iter(refusal.tokens[refusal.tokens.index(token) + 1 :]), None)
    if token is not None and before is not None and before.text == "," and token.is_word("FROM", "WHERE", "GROUP", "ORDER", "HAVING"):
        return Said("T015", f"a comma before {token.text.upper()}", "remove it", place=refusal.place_of(before))
    starts_something = token is not None and (token.kind in ("word", "quoted", "string", "number") and not token.is_word(*STRUCTURE))
    if token is None or before is None or "," not in refusal.expected or not starts_something or before.text in ",(":
        return None
    return Said("T015", f"a comma is missing before {_named(token)}", f"write: {before.text}, {token.text}", place=refusal.place_of(token))


def _other(refusal: Refusal, token: Token | None) -> Said:
    useful = [_WORDS.get(one, one) for one in _USEFUL if one in refusal.expected]
    hint = f"expected here: {' or '.join(useful[:4])}" if 0 < len(useful) <= 4 else ""
    if token is None:
        last = refusal.before(None)
        place = refusal.place_of(last) if last else None
        after = f" after {_named(last)}" if last else ""
        return Said(
            "T015",
            f"the SELECT ends too early{after}",
            hint or "something is missing at the end: a bracket, a value, a condition",
            place=place,
        )
    return Said("T015", f"{_named(token)} is not expected here", hint or "look at what stands before it", place=refusal.place_of(token))


def _named(token: Token) -> str:
    """In quotes, if it has none of its own."""
    return token.text if token.kind in ("string", "quoted") else f"'{token.text}'"
