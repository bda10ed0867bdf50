"""Values out of JSON that others wrote: what is not of the expected kind is absent, never an error."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from email.utils import parseaddr, parsedate_to_datetime

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECONDS_FROM = Decimal(10) ** 11
"""Epoch numbers from here on are milliseconds: as seconds they lie after the year 5100."""
_LAST = Decimal(253_402_300_799_999)
_LONGEST = 2000


def mapping(value: object) -> Mapping[str, object]:
    """An object, or the object inside a JSON text; else empty."""
    if isinstance(value, str) and value.lstrip().startswith("{"):
        value = json_or_none(value)
    return value if isinstance(value, Mapping) else {}


def at(value: object, *path: str) -> object:
    """What lies at a path of object keys; None where it ends early."""
    for key in path:
        value = mapping(value).get(key)
    return value


def text(value: object) -> str | None:
    """Text or a number as text, trimmed; None when empty. Lone surrogates are replaced: such text cannot be written anywhere."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        written = value.strip() if isinstance(value, str) else str(value)
    except ValueError:  # an integer of thousands of digits
        return None
    written = written.encode("utf-8", "replace").decode("utf-8")
    return written[:_LONGEST] or None


def first(*values: object) -> str | None:
    """The first that is text."""
    return next((found for found in map(text, values) if found is not None), None)


def word(value: object) -> str:
    """A provider's name of something, comparable: lower case, `_` for blanks and hyphens."""
    return (text(value) or "").lower().replace(" ", "_").replace("-", "_")


def address(value: object) -> str | None:
    """`Ana <a@example.com>` or `a@example.com` → the address, as it was written."""
    written = text(value)
    if written is None:
        return None
    return parseaddr(written)[1] or (written if "@" in written else None)


def addresses(value: object) -> Iterator[str]:
    """Addresses of a list, or of one text."""
    for one in value if isinstance(value, list) else [value]:
        found = address(one)
        if found is not None:
            yield found


def truth(value: object) -> bool:
    """true, 1, "true", "1", "yes"."""
    return value is True or word(value) in {"true", "1", "yes"}


def instant(*values: object) -> str | None:
    """The first that is a time, as ISO-8601 UTC with milliseconds (cut, not rounded): epoch seconds or milliseconds, ISO with or without
    zone (none = UTC), or a mail date."""
    for value in values:
        found = _moment(value)
        if found is not None:
            return found.strftime("%Y-%m-%dT%H:%M:%S.") + f"{found.microsecond // 1000:03d}Z"
    return None


def _moment(value: object) -> datetime | None:
    written = text(value)
    if written is None:
        return None
    try:
        return _of_epoch(Decimal(written))
    except InvalidOperation:
        pass
    try:
        try:
            found = datetime.fromisoformat(written)
        except ValueError:
            found = parsedate_to_datetime(written)
        found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return found if found >= _EPOCH else None


def _of_epoch(number: Decimal) -> datetime | None:
    if not number.is_finite() or number <= 0:
        return None
    millis = number if number >= _MILLISECONDS_FROM else number * 1000
    return _EPOCH + timedelta(milliseconds=int(millis)) if millis <= _LAST else None


def json_or_none(written: str | bytes) -> object:
    """JSON → its value; None when it is none. NaN and Infinity are no JSON."""
    try:
        return json.loads(written, parse_constant=_refused)
    except (ValueError, RecursionError):
        return None


def _refused(name: str) -> object:
    raise ValueError(name)
