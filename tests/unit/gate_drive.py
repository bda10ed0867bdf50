"""The machine as Flink drives it: rows one by one, watermarks in steps, states as bytes between any two calls."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from random import Random

from jobs.gate.decisions import Decision
from jobs.gate.inbox import Input
from jobs.gate.machine import Machine
from jobs.gate.people import People
from jobs.gate.retention import GateSettings
from jobs.gate.state import PersonState

BEFORE_ALL = -(1 << 63)


class Drive:
    """One run. Nothing but bytes and timers outlives a call, as if a restart lay between any two."""

    def __init__(self, settings: GateSettings) -> None:
        self._machine = Machine(settings)
        self._stored: dict[str, bytes] = {}
        self._timers: dict[int, set[str]] = {}

    def run(self, arrivals: Iterable[tuple[int, Input]], rng: Random) -> Iterator[Decision]:
        """arrivals: (latest watermark before which it comes, row), in order of arrival."""
        rows, watermark = list(arrivals), BEFORE_ALL
        for place, (before, row) in enumerate(rows):
            assert watermark < before
            yield from self._receive(row, watermark)
            ahead = min((later for later, _ in rows[place + 1 :]), default=1 << 62) - 1
            if rng.random() < 0.5 and ahead > watermark:
                watermark = rng.choice([ahead, max(watermark, ahead - rng.randrange(10_000))])
                yield from self._advance(watermark)
        yield from self._advance(1 << 62)

    def _receive(self, row: Input, watermark: int) -> Iterator[Decision]:
        people = self._people()
        times, decisions = self._machine.receive(people, row, watermark)
        for person, at in times:
            self._timers.setdefault(at, set()).add(person)
        self._store(people)
        yield from decisions

    def _advance(self, watermark: int) -> Iterator[Decision]:
        while self._timers and (at := min(self._timers)) <= watermark:
            people = self._people()
            yield from self._machine.due(people, self._timers.pop(at), at)
            self._store(people)

    def _people(self) -> People:
        return People(lambda person: PersonState.from_bytes(self._stored.get(person)))

    def _store(self, people: People) -> None:
        for person, state in people.touched.items():
            self._stored[person] = state.to_bytes()
            following = state.next_due()
            if following is not None:
                self._timers.setdefault(following, set()).add(person)


def arrivals(rows: Iterable[tuple[Input, int]], rng: Random) -> list[tuple[int, Input]]:
    """An order the operators in front may bring about. rows: each with the instant at which it is due to leave them.

    A version that comes together with a candidate is among its facts, and was told before; cancel events and outcomes may come early.
    """
    found = []
    for row, at in rows:
        told = row.kind in ("profile", "control")
        early = row.kind in ("cancel", "outcome") and rng.random() < 0.5
        leaves = at - rng.randrange(3_600_000) if early else at
        found.append(((leaves, not told, row.at if told else rng.random()), row))
    return [(place[0], row) for place, row in sorted(found, key=lambda one: one[0])]
