"""From a person id, a device id or an address to everything the index holds of that person."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import orjson

from rekindle.workbench.index import rows
from rekindle.workbench.index.rows import Kind
from rekindle.workbench.index.store import Index, Stored

_MOST_IDS = 500
"""A shared device or a broken shop can link any number of people: a look-up ends there."""
Body = dict[str, Any]


@dataclass(frozen=True)
class Fact:
    """A row about the person. body: its content. about: the device or former id it came by; None = the person's own."""

    kind: Kind
    at: int
    name: str | None
    word: str | None
    variant: str | None
    ref: str | None
    body: Body
    about: str | None = None


@dataclass(frozen=True)
class Person:
    """person_id: who it is now; None for a device nobody owns yet. devices: id → from when to when (epoch ms) it was theirs.

    former: ids that became one with person_id. others: people with the same address, or who own the asked device too.
    """

    person_id: str | None
    devices: dict[str, tuple[int, int]] = field(default_factory=dict)
    former: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()
    erased_at: int | None = None

    @property
    def known(self) -> bool:
        """Whether anything is known."""
        return bool(self.facts) or self.erased_at is not None


_EVER = (-(2**62), 2**62)


def find(index: Index, given: str, until: int) -> Person:
    """given: person id, device id or e-mail address. until: facts up to then, epoch ms."""
    if "@" in given and (people := index.people_at(given)):
        found, others = _owner(index, people[0], until), people[1:]
    else:
        found, others = _owner(index, given, until), []
    if found is None:  # a device that is nobody's
        facts = _facts(index, given, None, {given: _EVER}, (given,), until)
        return Person(None, {given: _EVER}, facts=facts, erased_at=index.erased_at(rows.device(given)))
    former, devices = _belongings(index, found, until)
    facts = _facts(index, found, found, devices, former, until)
    named = tuple(one for one in others if one != found and one not in former)
    return Person(found, devices, former, named, facts, index.erased_at(rows.person(found)))


def _owner(index: Index, given: str, until: int) -> str | None:
    """The person an id is now: itself, or whom identity pairs make of it. None: no person and no pair names it."""
    seen, name = set[str](), given
    while name not in seen and len(seen) < _MOST_IDS:
        seen.add(name)
        pairs = _pairs(index, rows.device(name), until)
        if not pairs or pairs[-1][1] == name:
            break
        name = pairs[-1][1]
    if name != given or index.of([rows.person(name)], (Kind.PROFILE, Kind.IDENTITY, Kind.EVENT)):
        return name
    decided = index.of([rows.person(name)], (Kind.DECISION, Kind.CANDIDATE))
    as_device = any(orjson.loads(row.body).get("device_id") == name for row in decided)  # decided as the device: nobody came
    return name if (decided and not as_device) or index.erased_at(rows.person(name)) is not None else None


def _pairs(index: Index, who: int, until: int) -> list[tuple[str, str, int]]:
    """(device, person, from when) of identity rows, by time."""
    bodies = [(row.at, orjson.loads(row.body)) for row in index.of([who], (Kind.IDENTITY,)) if row.at <= until]
    return [(body["device_id"], body["person_id"], at) for at, body in sorted(bodies, key=lambda one: one[0])]


def _belongings(index: Index, person_id: str, until: int) -> tuple[tuple[str, ...], dict[str, tuple[int, int]]]:
    """Former ids, and devices with the time in which they were this person's."""
    ids, devices, waiting = [person_id], dict[str, tuple[int, int]](), [person_id]
    while waiting and len(devices) < _MOST_IDS:
        for device, _, _ in _pairs(index, rows.person(waiting.pop()), until):
            if device in devices or device in ids:
                continue
            if index.of([rows.person(device)], (Kind.PROFILE,)):  # a person merged into this one: for good
                ids.append(device)
                waiting.append(device)
            else:
                devices[device] = _theirs(_pairs(index, rows.device(device), until), ids)
    # events that carry a user id and no device stand under a device made of it
    return tuple(ids[1:]), devices | {f"user:{one}": _EVER for one in ids}


def _theirs(pairs: list[tuple[str, str, int]], ids: list[str]) -> tuple[int, int]:
    """From the last time another person's pair came before theirs, to the next one of another's."""
    first = next((place for place, pair in enumerate(pairs) if pair[1] in ids), 0)
    start = _EVER[0] if first == 0 else pairs[first][2]
    return start, next((pair[2] for pair in pairs[first + 1 :] if pair[1] not in ids), _EVER[1])


def _facts(
    index: Index, shown: str, person_id: str | None, devices: dict[str, tuple[int, int]], former: Iterable[str], until: int
) -> tuple[Fact, ...]:
    """In the order of time."""
    whos = {rows.person(one): (None if one == person_id else one, _EVER) for one in (*former, person_id or shown)}
    for device, times in devices.items():
        whos |= {rows.device(device): (device, times), rows.person(device): (device, times)}  # not yet known: decided as the device
    found = {}
    for row in index.of(whos):
        about, (start, end) = whos[row.who]
        if start <= row.at < end and row.at <= until:
            fact = _fact(row, about)
            found[fact.kind, fact.at, row.body if fact.kind is Kind.IDENTITY else (row.who, row.body)] = fact
    return tuple(sorted(found.values(), key=lambda fact: (fact.at, _ORDER.index(fact.kind))))


_ORDER = (
    Kind.CONTROL, Kind.IDENTITY, Kind.PROFILE, Kind.EVENT, Kind.SESSION, Kind.CART, Kind.CANDIDATE, Kind.DECISION, Kind.SEND, Kind.OUTCOME,
)  # fmt: skip
"""What comes first of two things at the same instant: causes before effects."""


def body_of(row: Stored) -> Body:
    """Its content."""
    body: Body = orjson.loads(row.body)
    return body


def _fact(row: Stored, about: str | None) -> Fact:
    return Fact(Kind(row.kind), row.at, row.name, row.word, row.variant, row.ref, body_of(row), about)
