"""The gate over a finished history: the same machine as on Flink, without Flink around it."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from jobs.gate.decisions import Decision
from jobs.gate.errors import ContractError
from jobs.gate.inbox import Input
from jobs.gate.machine import Machine
from jobs.gate.people import Everybody, People
from jobs.gate.retention import GateSettings

_BEFORE_ALL = -(1 << 63)


class Broken(NamedTuple):
    """An input that breaks its contract, and how; never what is in it."""

    person_id: str
    kind: str
    detail: str


def decide(inputs: Iterable[Input], settings: GateSettings) -> Iterator[Decision | Broken]:
    """Decisions of all people, in order of D. inputs: in any order.

    All inputs are taken in before the first decision: facts keep their times, so it makes no difference.
    """
    machine, everybody = Machine(settings), Everybody()
    timers: dict[int, set[str]] = defaultdict(set)
    people = People(everybody.__getitem__)
    for row in sorted(inputs, key=_order):
        try:
            times, decisions = machine.receive(people, row, _BEFORE_ALL)
        except ContractError as error:
            yield Broken(row.person_id, row.kind, str(error))
            continue
        yield from decisions
        for person, at in times:
            timers[at].add(person)
    instants = list(timers)
    heapq.heapify(instants)
    while instants:
        at = heapq.heappop(instants)
        persons = timers.pop(at, None)
        if persons is None:
            continue
        people = People(everybody.__getitem__)
        yield from machine.due(people, persons, at)
        for person, state in people.touched.items():
            following = state.next_due()
            if following is not None and person not in timers.get(following, ()):
                timers[following].add(person)
                heapq.heappush(instants, following)


def _order(row: Input) -> tuple[int, str, str, str]:
    return row.at, row.kind, row.person_id, row.body
