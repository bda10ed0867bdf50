"""Single values of a line: each function gives what it could read, or None when the value cannot be used."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from typing import Any

from tests.oracle.json_text import Number, write

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
END_OF_TIME = 253_402_300_800_000  # ms of 10000-01-01: the first instant no column can hold
ID_LENGTH = 256
TEXT_LENGTH = 2048
CENT = Decimal("0.01")
EXACT = Context(prec=1000)  # the default 28 digits would round a long fraction up before it is cut
_TIME = re.compile(r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(?:Z|([+-])(\d\d):?(\d\d))?", re.ASCII)
_PLAIN = re.compile(r"\d+(\.\d+)?", re.ASCII)
_INTEGER = re.compile(r"-?\d+", re.ASCII)


def identifier(value: Any) -> str | None:
    """A non-blank string, stripped, or an integer as decimal text; at most 256 characters."""
    if isinstance(value, Number) and _INTEGER.fullmatch(value.text):
        value = value.text
    if not isinstance(value, str) or not 0 < len(value.strip()) <= ID_LENGTH:
        return None
    return value.strip()


def time(value: Any) -> int | None:
    """ISO text or epoch number → epoch ms, fractions cut."""
    if isinstance(value, Number):
        number = _exact(value)
        if number is None:
            return None
        scaled = number if number >= 10**11 else EXACT.multiply(number, Decimal(1000))
        return int(scaled) if 0 <= scaled < END_OF_TIME else None
    match = _TIME.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(match[group] or 0) for group in range(1, 7))
    offset = timedelta(hours=int(match[9] or 0), minutes=int(match[10] or 0))
    if int(match[9] or 0) > 23 or int(match[10] or 0) > 59:
        return None
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:  # 30 February, 25 o'clock, a leap second
        return None
    millis = (moment - EPOCH) // timedelta(milliseconds=1) + int(f"{match[7] or '':0<3}"[:3])
    millis -= (offset if match[8] == "+" else -offset) // timedelta(milliseconds=1)
    return millis if 0 <= millis < END_OF_TIME else None


def amount(value: Any) -> Decimal | None:
    """A number, or text of a plain decimal, 0 or more, rounded half up to cents; at most 16 digits before the point."""
    number = _decimal(value)
    if number is None or number < 0 or number >= 10**17:
        return None
    cents = number.copy_abs().quantize(CENT, ROUND_HALF_UP)  # abs() would round to 28 digits first
    return cents if cents < 10**16 else None


def quantity(value: Any) -> int | None:
    """A whole number in 1 … 1,000,000, as a number or as text."""
    number = _decimal(value)
    return int(number) if number is not None and 1 <= number <= 1_000_000 and number == int(number) else None


def text(value: Any) -> str | None:
    """A string, number or boolean as text, cut at 2048 characters."""
    if isinstance(value, dict | list):
        return None
    return (value if isinstance(value, str) else write(value))[:TEXT_LENGTH]


def json(value: Any) -> str | None:
    """An object or array as JSON text."""
    return write(value) if isinstance(value, dict | list) else None


def _decimal(value: Any) -> Decimal | None:
    if isinstance(value, Number):
        return _exact(value)
    plain = isinstance(value, str) and _PLAIN.fullmatch(value.strip())
    return _exact(Number(value.strip())) if plain else None


def _exact(number: Number) -> Decimal | None:
    """None when it takes more than 1000 characters or has more than 400 places on either side: a quantity of nothing."""
    if len(number.text) > 1000:
        return None
    try:
        found = Decimal(number.text)
    except InvalidOperation:  # an exponent of twenty digits
        return None
    return found if abs(int(found.as_tuple().exponent)) <= 400 else None


READERS = {"text": text, "amount": amount, "quantity": quantity, "json": json}
