"""Files of history a person gives: which rows they hold, and which of their lines are none."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from jobs.errors import SettingsError
from rekindle.workbench.history.logs import Record

_KEPT = 5
"""Places of bad lines that are named."""


@dataclass
class Garbage:
    """Lines of one file that could not be used. counts: by reason. places: (line number, reason) of the first few."""

    path: str
    counts: dict[str, int] = field(default_factory=dict)
    places: list[tuple[int, str]] = field(default_factory=list)

    def add(self, line: int, reason: str) -> None:
        """line: from 1."""
        self.counts[reason] = self.counts.get(reason, 0) + 1
        if len(self.places) < _KEPT:
            self.places.append((line, reason))

    def __bool__(self) -> bool:
        return bool(self.counts)


def files(given: Path) -> list[Path]:
    """A file, or those of a folder by name. Raises: SettingsError when there is nothing to read."""
    if given.is_dir():
        found = sorted(path for path in given.iterdir() if path.is_file() and not path.name.startswith("."))
        if not found:
            raise SettingsError(f"{given}: the folder is empty", "give JSON lines, one raw event a line")
        return found
    if not given.is_file():
        raise SettingsError(f"{given}: no such file")
    return [given]


def lines(path: Path) -> Iterator[tuple[int, bytes | None]]:
    """(number from 1, text) of every line that is not empty; None for the rest of a compressed file that is cut off."""
    number = 0
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        try:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield number, line.rstrip(b"\r\n")
        except (EOFError, OSError, zlib.error):
            yield number + 1, None


def versions(path: Path, key: str, time: str) -> tuple[list[Record], Garbage]:
    """Rows of a compacted topic, in the order they count: by `time`, then as they stand.

    A row with `"erased": true` (or `"tombstone": true`) erases its key.
    """
    garbage, found = Garbage(path.name), list[Record]()
    for part in files(path):
        for number, line in lines(part):
            reason = _version(line, key, time, found.append)
            if reason:
                garbage.add(number, reason)
    found.sort(key=lambda record: record.at)
    return found, garbage


def _version(line: bytes | None, key: str, time: str, add: Callable[[Record], None]) -> str | None:
    if line is None:
        return "cut_off"
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError:
        return "not_json"
    if not isinstance(row, dict):
        return "not_object"
    if not isinstance(row.get(key), str) or not row[key]:
        return f"no_{key}"
    at = epoch_ms(row.get(time))
    if at is None:
        return f"no_{time}"
    add(Record(at, row[key].encode(), None if True in (row.get("erased"), row.get("tombstone")) else line))
    return None


def epoch_ms(value: Any) -> int | None:
    """ISO-8601 text (no zone = UTC) or epoch milliseconds → epoch ms, or None."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value if value >= 0 else None
    if not isinstance(value, str):
        return None
    try:
        instant = datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    instant = instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant
    return round(instant.timestamp() * 1000) if instant.year >= 1970 else None
