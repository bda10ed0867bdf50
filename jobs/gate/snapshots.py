"""One person's state as bytes: a version byte, then JSON of the layout of that version.

JSON by measurement (bench/gate_core.py): reads and writes faster than pickle and, unlike marshal and pickle, says the same in every
Python release, runs no code when read, and can be read by eye in a savepoint.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson

from jobs.gate.errors import SnapshotError

VERSION = 1
Layout = list[Any]
"""Version 1: [cancels, sends, decided, pending], see state.py."""

MIGRATIONS: Mapping[int, Callable[[Layout], Layout]] = {}
"""Version n → the function that turns its layout into that of n + 1. Never taken out: savepoints live long."""


def pack(layout: Layout) -> bytes:
    """The bytes of a layout of the current version."""
    return bytes((VERSION,)) + orjson.dumps(layout)


def unpack(data: bytes, version: int = VERSION, migrations: Mapping[int, Callable[[Layout], Layout]] = MIGRATIONS) -> Layout:
    """The layout of `version`, whichever version wrote the bytes.

    Raises: SnapshotError if a newer release wrote them, a migration is missing or they are damaged.
    """
    if not data:
        raise SnapshotError(0, "is empty")
    written = data[0]
    if written > version:
        raise SnapshotError(written, f"was written by a newer release; this one reads up to version {version}")
    try:
        layout: Layout = orjson.loads(data[1:])
    except orjson.JSONDecodeError:
        raise SnapshotError(written, "is damaged") from None
    for step in range(written, version):
        if step not in migrations:
            raise SnapshotError(written, f"no migration from version {step}")
        layout = migrations[step](layout)
    return layout
