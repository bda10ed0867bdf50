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
    """Versions and control rows with a time in (after, until] leave on their own for this person."""

    person: str
    after: int
    until: int


def assembled(history: History, rules: Rules, rng: Random) -> list[Assembled]:
    """All rows, in no order that matters."""
    world = World(history, rules)
    rows: list[Assembled] = []
    watches: list[Watch] = []
    for row in history.candidates:
        made, watch = _candidate(world, row, rng)
        rows.append(made)
        watches.append(watch)
    for made, watch in _links(world, rng):
        rows.append(made)
        watches.append(watch)
    rows += [made for act in world.acts for made in _cancels(world, act)]
    rows += [Assembled("outcome", row["person_id"], _text(row), at, leaves=at) for at, row in world.outcomes]
    rows += dict.fromkeys(made for watch in watches for made in _changes(world, watch))
    return rows


def _candidate(world: World, row: Row, rng: Random) -> tuple[Assembled, Watch]:
    one = h.candidate(row)
    pair, d = world.identified(one), world.first_instant(one)
    person = world.said(one, d)
    came = pair.at if pair is not None else world.deadline(one) if one.nobodys else one.fired_at
    cut = _cut(rng, came)
    body = {name: h.millis(row[name]) if name in TIMES and row[name] is not None else row[name] for name in COLUMNS}
    body |= {"decide_at": d, "cancel_on": None if row["cancel_on"] is None else json.dumps(row["cancel_on"])}
    control = [
        [at, change["key"], change["value"]]
        for at, change in world.control
        if at <= cut and not any(change["key"] == later["key"] and at < time <= one.fired_at for time, later in world.control)
    ]
    facts = {"profile": _profile(world, person, one.fired_at, cut), "control": control}
    made = Assembled("candidate", person, _text(body), d, None if pair is None else pair.at, _text(facts), came)
    return made, Watch(person, cut, max(d, one.expires_at))


def _cancels(world: World, act: h.Act) -> Iterator[Assembled]:
    body = _text({"event_id": act.event_id, "event": act.event, "at": act.t})
    pairs = [pair for pair in world.pairs if pair.left == act.device]
    before = [pair.right for pair in pairs if pair.at <= act.t]
    known = None if act.known == act.t else act.known
    yield Assembled("cancel", act.user or (before or [act.device])[-1], body, act.t, known, leaves=act.known)
    if act.user is None and not before and pairs:
        later = max(act.known, pairs[0].at)
        yield Assembled("cancel", pairs[0].right, body, act.t, later, leaves=later)


def _links(world: World, rng: Random) -> Iterator[tuple[Assembled, Watch]]:
    for pair in world.merges:
        for person in (pair.left, pair.right):
            yield _link(world, person, {"how": "alias", "ids": [pair.left, pair.right]}, pair.at, rng)
    seen: dict[str, dict[str, int]] = {}
    for at, person, value in world.profiles:
        address = normal((value or {}).get("email"))
        if address:
            seen.setdefault(address, {}).setdefault(person, at)
    for people in seen.values():
        for one, other in permutations(people, 2):
            yield _link(world, one, {"how": "address", "ids": sorted((one, other))}, max(people[one], people[other]), rng)


def _link(world: World, person: str, body: dict[str, Any], at: int, rng: Random) -> tuple[Assembled, Watch]:
    cut = _cut(rng, at)
    profile = _profile(world, person, 0, cut)
    facts = _text({"profile": profile}) if profile else None
    return Assembled("link", person, _text(body), at, None, facts, at), Watch(person, cut, FOREVER)


def _changes(world: World, watch: Watch) -> Iterator[Assembled]:
    for at, person, value in world.profiles:
        if person == watch.person and watch.after < at <= watch.until:
            yield Assembled("profile", person, _text(_facts(value)), at, leaves=at)
    for at, change in world.control:
        if watch.after < at <= watch.until:
            yield Assembled("control", watch.person, _text({"key": change["key"], "value": change["value"]}), at, leaves=at)


def _profile(world: World, person: str, since: int, until: int) -> list[list[Any]]:
    """Versions as of `since` and later, up to `until`."""
    versions = [[at, _facts(value)] for at, who, value in world.profiles if who == person and at <= until]
    older = [version for version in versions if version[0] <= since]
    return older[-1:] + versions[len(older) :]


def _facts(value: Row | None) -> Row | None:
    return None if value is None else {name: value.get(name) for name in FACTS}


def _cut(rng: Random, at: int) -> int:
    """Up to when everything is known, for a row that comes at `at` or later."""
    return rng.choice([at, at + 1, at + rng.randrange(HOUR), FOREVER])


def _text(value: Any) -> str:
    return json.dumps(value)
