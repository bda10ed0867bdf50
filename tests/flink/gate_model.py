"""What the gate's Java should give for a history, computed from all of it at once: docs/gate.md again, in plain Python."""

from __future__ import annotations

import random
from collections import defaultdict
from itertools import combinations
from typing import Any, NamedTuple

from tests.flink.gate_log import WINDOW, GateLog
from tests.oracle.samples import HOUR

WAIT = 2 * HOUR


class Fact(NamedTuple):
    """kind: candidate, cancel, pair, profile, control. who: device or person. what: the other person, the address (None: erased), a value."""

    t: int
    kind: str
    who: str
    what: Any = None


class Given(NamedTuple):
    """A history and the log it arrives as."""

    facts: list[Fact]
    log: GateLog


def history(seed: int, people: int = 12, devices: int = 16, count: int = 400, hours: int = 14) -> Given:
    """A history in which everybody has to do with everybody. Rows between two heartbeats come in any order."""
    rng = random.Random(seed)
    persons, visitors = [f"p{n}" for n in range(people)], [f"d{n}" for n in range(devices)]
    times = rng.sample(range(1, hours * HOUR), count)
    facts = [_fact(rng, t, persons, visitors) for t in times]
    log, before = GateLog().clock(0), 0
    for clock in (*range(HOUR // 2, hours * HOUR, HOUR // 2), hours * HOUR, 100 * HOUR):
        rows = [fact for fact in facts if before < fact.t <= clock]
        rng.shuffle(rows)
        for fact in rows + rng.sample(rows, min(2, len(rows))):  # some come twice
            _write(log, fact)
        log.clock(clock)
        before = clock
    return Given(sorted(facts), log)


def _fact(rng: random.Random, t: int, persons: list[str], visitors: list[str]) -> Fact:
    kind = rng.choices(("candidate", "cancel", "pair", "profile", "control"), (6, 3, 5, 8, 1))[0]
    if kind == "profile":
        return Fact(t, kind, rng.choice(persons), rng.choice((None, *(f"{n}@example.com" for n in range(9)))))
    if kind == "control":
        return Fact(t, kind, rng.choice(("trigger:x", "pack:core")), rng.random() < 0.5)
    if kind == "pair":
        return Fact(t, kind, rng.choice(visitors + persons[:3]), rng.choice(persons))
    return Fact(t, kind, rng.choice(visitors + persons))


def _write(log: GateLog, fact: Fact) -> None:
    t, kind, who, what = fact
    if kind == "candidate":
        log.candidate(who, t, who if who.startswith("d") else "else", max_age=max_age(fact))
    elif kind == "cancel":
        log.event(who if who.startswith("d") else "else", t, None if who.startswith("d") else who)
    elif kind == "pair":
        log.pair(who, what, t)
    elif kind == "control":
        log.control(who, t, on=what)
    elif what is None:
        log.erased(who, t)
    else:
        log.profile(who, t, what)


def max_age(fact: Fact) -> int:
    """Some expire before anybody logs in."""
    return (HOUR, 6 * HOUR)[fact.t % 2]


class Expected:
    """The answers, as sets of tuples."""

    def __init__(self, facts: list[Fact]) -> None:
        self._pairs: dict[str, list[Fact]] = defaultdict(list)
        self._profiles: dict[str, list[Fact]] = defaultdict(list)
        self._facts = facts
        for fact in facts:
            if fact.kind == "pair":
                self._pairs[fact.who].append(fact)
            elif fact.kind == "profile":
                self._profiles[fact.who].append(fact)

    def candidates(self) -> dict[int, tuple[str, int, int | None]]:
        """T → person, D, known_at."""
        found: dict[int, tuple[str, int, int | None]] = {}
        for fact in self._facts:
            if fact.kind == "candidate":
                found[fact.t] = self._who(fact) if fact.who.startswith("d") else (fact.who, fact.t + WINDOW, None)
        return found

    def _who(self, fact: Fact) -> tuple[str, int, int | None]:
        decide = fact.t + WINDOW
        deadline = min(max(fact.t + WAIT, decide), fact.t + max_age(fact))
        pair = next((one for one in self._pairs[fact.who] if fact.t < one.t <= deadline), None)
        return (fact.who, max(decide, deadline), None) if pair is None else (pair.what, max(decide, pair.t + WINDOW), pair.t)

    def cancels(self) -> set[tuple[str, int, int | None]]:
        """Person, t, known_at."""
        found: set[tuple[str, int, int | None]] = set()
        for fact in self._facts:
            if fact.kind == "cancel":
                known = [one for one in self._pairs[fact.who] if one.t <= fact.t] if fact.who.startswith("d") else []
                found.add((known[-1].what if known else fact.who, fact.t, None))
                first = next((one for one in self._pairs[fact.who] if one.t > fact.t), None)
                if first and not known and fact.who.startswith("d"):
                    found.add((first.what, fact.t, first.t))
        return found

    def merges(self) -> set[tuple[str, tuple[str, ...], int]]:
        """Side, (old, new), at; a pair that says again what the one before said is none."""
        found: set[tuple[str, tuple[str, ...], int]] = set()
        for old, pairs in self._pairs.items():
            since = self._profiles[old][0].t if self._profiles[old] else 1 << 62
            for place, pair in enumerate(pairs):
                again = place > 0 and pairs[place - 1].what == pair.what and pairs[place - 1].t >= since
                if pair.t >= since and pair.what != old and not again:
                    found |= {(side, (old, pair.what), pair.t) for side in (old, pair.what)}
        return found

    def shared(self) -> set[tuple[str, tuple[str, ...], int]]:
        """Side, both, since when both have had one address; of several addresses each."""
        first: dict[tuple[str, str], int] = {}
        for person, versions in self._profiles.items():
            for version in versions:
                if version.what is not None:
                    first.setdefault((version.what, person), version.t)
        found: set[tuple[str, tuple[str, ...], int]] = set()
        for (address, one), (other_address, other) in combinations(sorted(first), 2):
            if address == other_address:
                at = max(first[address, one], first[address, other])
                found |= {(side, (one, other), at) for side in (one, other)}
        return found

    def profile(self, person: str, since: int, until: int) -> set[tuple[int, str | None]]:
        """Versions with which every question of `since` to `until` can be answered: time, address."""
        versions = self._profiles[person]
        first = max((one.t for one in versions if one.t <= since), default=since)
        return {(one.t, one.what) for one in versions if first <= one.t <= until}

    def control(self, since: int, until: int) -> set[tuple[int, str, bool]]:
        """The same of control rows."""
        rows = [fact for fact in self._facts if fact.kind == "control"]
        found: set[tuple[int, str, bool]] = set()
        for key in {fact.who for fact in rows}:
            first = max((one.t for one in rows if one.who == key and one.t <= since), default=since)
            found |= {(one.t, key, one.what) for one in rows if one.who == key and first <= one.t <= until}
        return found
