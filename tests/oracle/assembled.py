"""A history as rows of `gate_inputs`: what the operators in front of the gate's Python mean, said plainly.

How much is known when a row passes is left to chance: what its facts do not hold comes as a row of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import permutations
from random import Random
from typing import Any, NamedTuple

from tests.oracle import gate_history as h
from tests.oracle.gate_history import HOUR, History, Row, Rules
from tests.oracle.gate_world import World, normal

FOREVER = 1 << 60
COLUMNS = (
    *("trigger_id", "trigger", "version", "person_id", "device_id", "occasion", "destination", "template", "purpose", "priority"),
    *("payload", "fired_at", "since", "decide_at", "expires_at", "max_age_ms", "cooldown_ms", "send_after_ms", "cancel_on"),
    *("needs_address", "pack", "class", "channel", "variants", "timezone"),
)
TIMES = {"fired_at", "since", "decide_at", "expires_at"}
FACTS = ("email", "timezone", "country", "suppressed", "consent")


class Assembled(NamedTuple):
    """A row between the Java part and the Python part. at, known_at: epoch ms; body, facts: JSON text."""

    kind: str
    person_id: str
    body: str
    at: int
    known_at: int | None = None
    facts: str | None = None
    leaves: int = 0
    """Not a column: the event time at which it comes out of the operators."""


class Watch(NamedTuple):
    """What arrives after `since` and counts from `until` at the latest leaves on its own for this person."""

    person: str
    since: int
    until: int


def assembled(history: History, rules: Rules, rng: Random) -> list[Assembled]:
    """All rows, in no order that matters but for `leaves`."""
    return _Operators(World(history, rules), rng).rows()


class _Operators:
    def __init__(self, world: World, rng: Random) -> None:
        self.world = world
        # a version may arrive before its time, for the watermark lags, but not before an older one of its key
        arrived: dict[str, int] = {}

        def arrival(key: str, at: int) -> int:
            arrived[key] = max(arrived.get(key, 0), at - _early(rng))
            return arrived[key]

        self.profiles = [(arrival(person, at), at, person, value) for at, person, value in world.profiles]
        self.control = [(arrival(row["key"], at), at, row["key"], row["value"]) for at, row in world.control]

    def rows(self) -> list[Assembled]:
        pairs = [*map(self.candidate, self.world.history.candidates), *self.links()]
        rows = [made for made, _ in pairs]
        rows += [made for act in self.world.acts for made in self.cancels(act)]
        rows += [Assembled("outcome", row["person_id"], _text(row), at, leaves=at) for at, row in self.world.outcomes]
        return rows + list(dict.fromkeys(made for _, watch in pairs for made in self.changes(watch)))

    def candidate(self, row: Row) -> tuple[Assembled, Watch]:
        one = h.candidate(row)
        pair, d = self.world.identified(one), self.world.first_instant(one)
        person = self.world.said(one, d)
        leaves = pair.at if pair is not None else self.world.deadline(one) if self.world.nobodys(one) else one.fired_at
        body = {name: h.millis(row[name]) if name in TIMES and row[name] is not None else row[name] for name in COLUMNS}
        body |= {"decide_at": d, "cancel_on": None if row["cancel_on"] is None else json.dumps(row["cancel_on"])}
        known = [(at, key, value) for arrived, at, key, value in self.control if arrived <= leaves]
        control = [
            [at, key, value]
            for at, key, value in known
            if not any(key == other and at < later <= one.fired_at for later, other, _ in known)
        ]
        facts = {"profile": self.profile(person, one.fired_at, leaves), "control": control}
        made = Assembled("candidate", person, _text(body), d, None if pair is None else pair.at, _text(facts), leaves)
        return made, Watch(person, leaves, max(d, one.expires_at))

    def cancels(self, act: h.Act) -> Iterator[Assembled]:
        body = _text({"event_id": act.event_id, "event": act.event, "at": act.t})
        pairs = [pair for pair in self.world.pairs if pair.left == act.device]
        before = [pair.right for pair in pairs if pair.at <= act.t]
        known = None if act.known == act.t else act.known
        yield Assembled("cancel", act.user or (before or [act.device])[-1], body, act.t, known, leaves=act.known)
        if act.user is None and not before and pairs:
            later = max(act.known, pairs[0].at)
            yield Assembled("cancel", pairs[0].right, body, act.t, later, leaves=later)

    def links(self) -> Iterator[tuple[Assembled, Watch]]:
        for pair in self.world.merges:
            for person in (pair.left, pair.right):
                yield self.link(person, {"how": "alias", "ids": [pair.left, pair.right]}, pair.at)
        seen: dict[str, dict[str, int]] = {}
        for at, person, value in self.world.profiles:
            address = normal((value or {}).get("email"))
            if address:
                seen.setdefault(address, {}).setdefault(person, at)
        for people in seen.values():
            for one, other in permutations(people, 2):
                yield self.link(one, {"how": "address", "ids": sorted((one, other))}, max(people[one], people[other]))

    def link(self, person: str, body: dict[str, Any], at: int) -> tuple[Assembled, Watch]:
        profile = self.profile(person, 0, at)
        facts = _text({"profile": profile}) if profile else None
        return Assembled("link", person, _text(body), at, None, facts, at), Watch(person, at, FOREVER)

    def changes(self, watch: Watch) -> Iterator[Assembled]:
        for arrived, at, person, value in self.profiles:
            if person == watch.person and watch.since < arrived and at <= watch.until:
                yield Assembled("profile", person, _text(_facts(value)), at, leaves=arrived)
        for arrived, at, key, value in self.control:
            if watch.since < arrived and at <= watch.until:
                yield Assembled("control", watch.person, _text({"key": key, "value": value}), at, leaves=arrived)

    def profile(self, person: str, since: int, leaves: int) -> list[list[Any]]:
        """Versions as of `since` and later, of those that have arrived."""
        known = [(at, value) for arrived, at, who, value in self.profiles if who == person and arrived <= leaves]
        older = sum(at <= since for at, _ in known)
        return [[at, _facts(value)] for at, value in known[max(older - 1, 0) :]]


def _facts(value: Row | None) -> Row | None:
    return None if value is None else {name: value.get(name) for name in FACTS}


def _early(rng: Random) -> int:
    return rng.choice([0, 0, 1, 1000, rng.randrange(HOUR)])


def _text(value: Any) -> str:
    return json.dumps(value)
