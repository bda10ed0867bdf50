"""Topics as folders: what connector `rekindle-log` reads and writes (udfs/java, package log)."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

_HEAD = struct.Struct(">qi")
_LENGTH = struct.Struct(">i")
GIVEN = "0-given.log"
"""Read before what a job wrote beside it: names of jobs' files are hex digits that never start with a lone 0 and a dash."""


class Record(NamedTuple):
    """One record. at: its time in epoch ms. A value of None is a tombstone."""

    at: int
    key: bytes | None
    value: bytes | None


def write(topic: Path, records: Iterable[Record], name: str = GIVEN) -> None:
    """Writes one file of a topic's folder, in this order."""
    topic.mkdir(parents=True, exist_ok=True)
    with (topic / name).open("wb") as file:
        for at, key, value in records:
            file.write(_HEAD.pack(at, -1 if key is None else len(key)) + (key or b""))
            file.write(_LENGTH.pack(-1 if value is None else len(value)) + (value or b""))


def read(topic: Path) -> Iterator[Record]:
    """All records of a topic's folder, file by file; none of a folder that is not there."""
    for path in sorted(topic.glob("*.log")):
        with path.open("rb", buffering=1 << 20) as file:
            while head := file.read(_HEAD.size):
                at, length = _HEAD.unpack(head)
                key = None if length < 0 else file.read(length)
                (length,) = _LENGTH.unpack(file.read(_LENGTH.size))
                yield Record(at, key, None if length < 0 else file.read(length))
