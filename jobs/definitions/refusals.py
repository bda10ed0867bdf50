"""What Flink's planner says of a SELECT → a finding in the author's words, at the author's place."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from jobs.definitions import refused_names, refused_syntax, refused_types
from jobs.definitions.findings import Finding
from jobs.definitions.places import Place, Rendered, offset_of
from jobs.definitions.refusal import Refusal, Said
from jobs.definitions.trigger import Query

_FROM = re.compile(r"(?:From )?line (\d+), column (\d+)(?: (?:to|through) line (\d+), column (\d+))?:?\s*", re.IGNORECASE)
_PREFIX = re.compile(
    r"^(?:org\.apache\.[\w.$]+(?:Exception|Error): )*(?:SQL validation failed\. |SQL parse failed\. )?(?:At |From )?(?=.)", re.DOTALL
)
_KINDS: tuple[Callable[[Refusal], Said | None], ...] = (refused_syntax.said, refused_names.said, refused_types.said)


@dataclass(frozen=True)
class _Positioned:
    text: str
    place: Place | None
    start: int | None


def finding(query: Query, rendered: Rendered, message: str) -> Finding:
    """message: of the planner's exception, stack trace and all. rendered: the SELECT it was given."""
    told = _positioned(query, rendered, message)
    refusal = Refusal(told.text, message, query, rendered, told.place, told.start)
    said = next((one for kind in _KINDS if (one := kind(refusal)) is not None), None)
    if said is None:
        internal = "ClassCastException" in message or "cannot be cast to class" in told.text or "NullPointer" in message
        fact = (
            "an error of its own, while comparing or casting"
            if internal
            else told.text.splitlines()[0].strip().rstrip(".")
            if told.text.strip()
            else "Flink cannot plan this SELECT"
        )
        said = Said("T018", f"Flink refuses it: {fact}", "see docs/triggers.md, or take it apart: which part makes the difference?")
    place = said.place or told.place or query.select_place()
    return Finding(said.code, query.path, *place, said.message, said.hint, label=said.label)


def _positioned(query: Query, rendered: Rendered, message: str) -> _Positioned:
    head = message.partition("\n\tat ")[0].partition("\nWas expecting")[0].strip()
    match = _FROM.search(head)
    text = _PREFIX.sub("", head, count=1)
    if match is None:
        return _Positioned(text, None, None)
    numbers = [int(one) if one else None for one in match.groups()]
    at = (numbers[0] or 1, numbers[1] or 1)
    to = (numbers[2], numbers[3]) if numbers[2] and numbers[3] else None
    text = _FROM.sub("", text, count=1).replace(" at .", "").removesuffix(" at").strip()
    place = query.planned_place(rendered, at, to)
    return _Positioned(text, place, rendered.origin(offset_of(rendered.text, *at)))
