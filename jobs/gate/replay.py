"""The gate over a finished history: the same machine as on Flink, without Flink around it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from jobs.gate import contract
from jobs.gate.decisions import Decision
from jobs.gate.errors import ContractError
from jobs.gate.machine import Machine
from jobs.gate.retention import GateSettings
from jobs.gate.state import PersonState


class Input(NamedTuple):
    """One row of `gate_inputs`. at: D of a candidate, t of a cancel event, epoch ms."""

    at: int
    kind: str
    person_id: str
    body: str
    known_at: int | None = None
    facts: str | None = None


class Broken(NamedTuple):
    """An input that breaks its contract, and how; never what is in it."""

    person_id: str
    kind: str
    detail: str


def decide(inputs: Iterable[Input], settings: GateSettings) -> Iterator[Decision | Broken]:
    """Decisions of all people, person by person, each in the order of D. inputs: in any order.

    As the operator sees it: an input comes when the watermark reaches its time; timers up to before it have fired, those of its own time
    have not, so a decision knows all facts with t ≤ D.
    """
    people: dict[str, list[Input]] = defaultdict(list)
    candidates: set[str] = set()
    for row in inputs:
        people[row.person_id].append(row)
        if row.kind == "candidate":
            candidates.add(row.person_id)
    machine = Machine(settings)
    for person in sorted(candidates):
        yield from _person(machine, sorted(people[person]))


def _person(machine: Machine, inputs: Iterable[Input]) -> Iterator[Decision | Broken]:
    state, due = PersonState(), set[int]()
    for row in inputs:
        for at in sorted(at for at in due if at < row.at):
            due.discard(at)
            yield from machine.on_timer(state, at)
        try:
            if row.kind == "candidate":
                due.update(machine.on_candidate(state, contract.read_candidate(row.body), row.at - 1))
            else:
                machine.on_cancel(state, contract.read_cancel(row.body), row.at - 1)
        except ContractError as error:
            yield Broken(row.person_id, row.kind, str(error))
    for at in sorted(due):
        yield from machine.on_timer(state, at)
