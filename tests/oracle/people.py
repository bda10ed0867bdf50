"""Who stands behind a device, and what the CRM said of a person, as of a time."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from tests.oracle.decode import Row


class AsOf:
    """Values per key, each valid from its time until the next one of that key."""

    def __init__(self) -> None:
        self._times: dict[str, list[int]] = defaultdict(list)
        self._values: dict[str, list[Any]] = defaultdict(list)

    def put(self, key: str, at: int, value: Any) -> None:
        """Times of a key rise; of two at the same time the later put counts."""
        assert not self._times[key] or at >= self._times[key][-1]
        self._times[key].append(at)
        self._values[key].append(value)

    def get(self, key: str, at: int) -> Any:
        """The value in force at `at` (its own time included), or None."""
        place = bisect_right(self._times.get(key, []), at)
        return self._values[key][place - 1] if place else None


def identities(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Each change of a device's person, in event time; `at` in epoch ms."""
    current: dict[str, str] = {}
    changes = []
    for row in sorted((row for row in rows if row.pairs), key=lambda row: row.place):
        for device, person in row.pairs:
            if current.get(device) != person:
                current[device] = person
                changes.append({"device_id": device, "person_id": person, "at": row.t})
    return changes


class People:
    """Maps a row or an event to its person."""

    def __init__(self, changes: Iterable[dict[str, Any]]) -> None:
        self._persons = AsOf()
        for change in changes:
            self._persons.put(change["device_id"], change["at"], change["person_id"])

    def person(self, device: str, user: str | None, at: int) -> str:
        """The user who is named, else the device's person as of `at`, else the device itself."""
        return user or self._persons.get(device, at) or device
