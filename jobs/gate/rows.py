"""Input rows: typed columns in a fixed order, checked once at the door so that no rule has to doubt a type."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from types import NoneType
from typing import NamedTuple

import orjson

from jobs.gate.errors import ContractError
from jobs.gate.instants import LAST_MS


class Field(NamedTuple):
    """A column of an input row. type: str, int or bool."""

    name: str
    type: type
    nullable: bool = False


class RowType:
    """The columns of a kind of row, in order."""

    def __init__(self, fields: Sequence[Field]) -> None:
        self._fields = tuple(fields)
        self._seen: set[tuple[type, ...]] = set()  # type patterns found right: at most 2 to the number of nullable columns

    def check(self, values: Sequence[object]) -> None:
        """Raises: ContractError naming the first column of a wrong type, or the row if its length is wrong or it cannot be stored."""
        types = tuple(map(type, values))
        if types not in self._seen:
            self._check_types(types)
            self._seen.add(types)
        try:
            orjson.dumps(values)
        except TypeError:  # half a surrogate pair, or more than 64 bits: would fail later, in the checkpoint
            raise ContractError("", "holds a text that is not Unicode or a number beyond 64 bits") from None

    def _check_types(self, types: tuple[type, ...]) -> None:
        if len(types) != len(self._fields):
            raise ContractError("", f"expected {len(self._fields)} columns, got {len(types)}")
        for field, found in zip(self._fields, types, strict=True):
            if found is not field.type and not (field.nullable and found is NoneType):  # exact: a bool would pass for an int
                expected = f"{field.type.__name__} or null" if field.nullable else field.type.__name__
                raise ContractError(field.name, f"expected {expected}, got {'null' if found is NoneType else found.__name__}")


def check_instants(**instants: int) -> None:
    """Raises: ContractError naming the first that is no epoch ms within the years 1970 to 9999."""
    for name, at_ms in instants.items():
        if not 0 <= at_ms <= LAST_MS:
            raise ContractError(name, "is not an epoch time in milliseconds between 1970 and 9999")


def event_names(value: object) -> tuple[str, ...]:
    """An array of event names, or its JSON text, or null → names. Raises: ContractError."""
    if value is None:
        return ()
    return _parsed_names(value) if isinstance(value, str) else _checked_names(value)


@lru_cache(maxsize=4096)  # one entry per trigger
def _parsed_names(text: str) -> tuple[str, ...]:
    try:
        return _checked_names(orjson.loads(text))
    except orjson.JSONDecodeError:
        raise ContractError("cancel_on", "is not JSON") from None


def _checked_names(names: object) -> tuple[str, ...]:
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) and name for name in names):
        raise ContractError("cancel_on", "expected an array of event names")
    return tuple(names)
