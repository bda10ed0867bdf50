"""Which send a receipt is about: `trigger_id` and `person_id`, wherever a platform hands back what our adapters sent along."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from connectors.collector.receipts.reading import mapping, text

_TRIGGER_ID = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}")
"""semantics.md, section 9: 26 Crockford base32 characters."""
_PAIR = re.compile(r"\b([A-Za-z_-]*(?:trigger|person)[_-]id)\s*[:=]\s*\"?([^\s|;,&\"]+)", re.IGNORECASE)
_DEEPEST = 4
_LONGEST = 2000


def trigger_id(*places: object) -> str | None:
    """The first well-formed id under the key `trigger_id`. places: objects, JSON texts, lists of {name, value}, `key:value` tags."""
    return next((found for found in _values("trigger_id", places) if is_trigger_id(found)), None)


def person_id(*places: object) -> str | None:
    """The first value under the key `person_id`."""
    return next((found for found in _values("person_id", places) if len(found) <= 256), None)


def is_trigger_id(written: object) -> bool:
    """Whether it has the form of a trigger_id."""
    return isinstance(written, str) and _TRIGGER_ID.fullmatch(written) is not None


def _values(key: str, places: object, depth: int = 0) -> Iterator[str]:
    if depth > _DEEPEST:
        return
    if isinstance(places, list | tuple):
        for place in places:
            yield from _values(key, place, depth + 1)
    elif isinstance(places, Mapping):
        if isinstance(places.get("name"), str) and "value" in places:  # a header or tag as a pair
            places = {places["name"]: places["value"]}
        for name, value in places.items():
            if isinstance(name, str) and _plain(name) == key:
                for one in value if isinstance(value, list) else [value]:
                    written = text(one)
                    if written:
                        yield written
            elif (
                (isinstance(value, str) and "_id" in value and "://" not in value)
                or isinstance(value, Mapping)
                or _plain(str(name)) == "x_mailgun_variables"
            ):
                yield from _values(key, value, depth + 1)
    elif isinstance(places, str):
        inside = mapping(places)
        if inside:
            yield from _values(key, inside, depth + 1)
        else:
            yield from (match[2] for match in _PAIR.finditer(places[:_LONGEST]) if _plain(match[1]) == key)


def _plain(name: str) -> str:
    """`X-Trigger-Id`, `trigger-id`, `TRIGGER_ID` → `trigger_id`."""
    return name.lower().replace("-", "_").removeprefix("x_").removeprefix("rekindle_")
