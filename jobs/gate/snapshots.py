"""One person's state as bytes: a version byte, then JSON of the layout of that version.

JSON by measurement (bench/gate_core.py): reads and writes faster than pickle and, unlike marshal and pickle, says the same in every
Python release, runs no code when read, and can be read by eye in a savepoint.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson

from jobs.definitions.header import class_of
from jobs.gate.errors import SnapshotError
from jobs.gate.hashing import repeat_key

VERSION = 3
Layout = Any
"""Version 1: [cancels, sends, decided, pending]. Version 2: an object of what is there, see state.py. Version 3: `open` also says what a
recheck asks for."""


def to_2(layout: Layout) -> Layout:
    """Version 1 kept with a candidate what was known of the person as of T and D; version 2 keeps versions of the profile."""
    cancels, sends, decided, pending = layout
    profiles: dict[str, dict[int, Any]] = {}
    for row in pending:
        person, purpose, fired_at, decide_at = row[3], row[8], row[11], row[13]
        at_fire = {"consent": {purpose: _consent(row[20:24])}} if row[19] else None
        at_decision = {"email": row[25], "suppressed": row[30], "consent": {purpose: _consent(row[26:30])}} if row[24] else None
        versions = profiles.setdefault(person, {})
        versions.setdefault(fired_at, at_fire if at_fire is None or at_decision is None else at_decision | at_fire)
        versions[decide_at] = at_decision
    new = {
        "cancels": cancels,
        "sends": sends,
        "decided": [[repeat_key(source_id, fired_at), decided_at] for source_id, fired_at, decided_at in decided],
        "pending": [[*row[:19], "", class_of(row[8]), "email", None, None, row[0], None, None, False] for row in pending],
        "profiles": {person: sorted([at, facts] for at, facts in versions.items()) for person, versions in profiles.items()},
    }
    return {name: value for name, value in new.items() if value}


def to_3(layout: Layout) -> Layout:
    """Version 2 did not keep of a send what a recheck asks for: no cooldown refuses such a one, and no muted pack."""
    if "open" in layout:
        layout["open"] = [[*row, 0, "", None, 0] for row in layout["open"]]
    return layout


def _consent(row: Layout) -> Layout:
    granted, version, source, at = row
    return {"granted": granted, "version": version, "source": source, "at": at}


MIGRATIONS: Mapping[int, Callable[[Layout], Layout]] = {1: to_2, 2: to_3}
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
