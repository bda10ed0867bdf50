"""What the gate's pure core costs: µs of CPU per candidate and per cancel event, bytes of state per person.

`python -m bench.gate_core`. Each input pays for everything but Flink: JSON text → input, state from bytes, the machine, state to bytes,
rows as JSON text.
"""

from __future__ import annotations

import marshal
import pickle
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import fmean
from typing import Any

import orjson

from jobs.gate.candidates import CANDIDATE_FIELDS
from jobs.gate.contract import decision_row, trigger_row
from jobs.gate.inbox import Input
from jobs.gate.machine import Machine
from jobs.gate.people import People
from jobs.gate.pruning import prune
from jobs.gate.retention import DAY_MS, GateSettings
from jobs.gate.state import PersonState

START = 1_772_366_400_000  # noon
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
HEX = "0123456789abcdef"
PAYLOAD = orjson.dumps(
    {"items": [{"product_id": f"{n}23456", "name": "Blue running shoe", "quantity": 1, "price": 12.5} for n in range(3)], "total": 37.5}
).decode()
ROUNDS, BATCH = 5, 200
PERSON = "1234567"


def characters(random_: random.Random, alphabet: str, length: int) -> str:
    return "".join(random_.choices(alphabet, k=length))


def candidate_row(random_: random.Random, fired_at: int, consent: bool = True) -> Input:
    """As the gate's Java part sends it."""
    yes = {"marketing_email": {"granted": consent, "version": 3, "source": "preference-centre", "at": "2026-02-01T08:00:00.000Z"}}
    profile = {"email": "someone@example.com", "timezone": "Europe/Paris", "country": "FR", "suppressed": None, "consent": yes}
    values = (
        characters(random_, CROCKFORD, 26), "cart_abandoned", 1, PERSON, characters(random_, HEX, 36), characters(random_, HEX, 64),
        "default", "cart_reminder", "marketing_email", 60, PAYLOAD, fired_at, fired_at - 600_000, fired_at + 30_000, fired_at + 21_600_000,
        21_600_000, DAY_MS, '["Order Completed"]', False, "core", "marketing", "email", None, None,
    )  # fmt: skip
    body = orjson.dumps({field.name: value for field, value in zip(CANDIDATE_FIELDS, values, strict=True)}).decode()
    facts = orjson.dumps({"profile": [[fired_at - 86_400_000, profile]], "control": []}).decode()
    return Input("candidate", PERSON, body, fired_at + 30_000, None, facts)


@dataclass
class Person:
    """A person's stored bytes between two inputs, and the machine's way from one to the next."""

    machine: Machine
    data: bytes | None = None
    rows: int = 0

    def receive(self, row: Input) -> None:
        state = PersonState.from_bytes(self.data)
        timers, _ = self.machine.receive(People(lambda _: state), row, row.at - 40_000)
        self.data = state.to_bytes()
        for _, at_ms in timers:
            self.timer(at_ms)

    def timer(self, at_ms: int) -> None:
        state = PersonState.from_bytes(self.data)
        for decision in self.machine.due(People(lambda _: state), [PERSON], at_ms):
            decision_row(decision)
            if decision.sent:
                trigger_row(decision)
            self.rows += 1
        self.data = state.to_bytes()


def order_row(random_: random.Random, at: int) -> Input:
    body = orjson.dumps({"event_id": characters(random_, HEX, 36), "event": "Order Completed", "at": at}).decode()
    return Input("cancel", PERSON, body, at)


def live(random_: random.Random, weeks: int) -> tuple[Person, list[int]]:
    """A person with one send, one refusal and half an order a week. Returns: the person, its bytes at the end of each day after week 6."""
    person, sizes = Person(Machine(GateSettings())), []
    for day in range(weeks * 7):
        at = START + day * DAY_MS
        if day % 7 == 1:
            person.receive(candidate_row(random_, at))
        if day % 7 == 4:
            person.receive(candidate_row(random_, at, consent=False))
        if day % 14 == 9:
            person.receive(order_row(random_, at))
        if day >= 42:
            state = PersonState.from_bytes(person.data)
            prune(state, GateSettings(), at)  # a person nobody looks at keeps more, until the next input
            sizes.append(len(state.to_bytes()))
    return person, sizes


def cost(act: Callable[[Any], object], items: list[Any]) -> float:
    """CPU µs per item: the best of many short rounds, because others use this machine too."""
    best = float("inf")
    for _ in range(ROUNDS):
        for place in range(0, len(items), BATCH):
            batch = items[place : place + BATCH]
            start = time.process_time()
            for item in batch:
                act(item)
            best = min(best, (time.process_time() - start) / len(batch))
    return best * 1e6


def main() -> None:
    random_ = random.Random(7)
    person, sizes = live(random_, weeks=20)
    base, at = person.data, START + 140 * DAY_MS
    rows = [candidate_row(random_, at) for _ in range(4000)]
    refused = [candidate_row(random_, at, consent=False) for _ in range(4000)]
    orders = [order_row(random_, at) for _ in range(4000)]

    def each(act: Callable[[Person, Any], None]) -> Callable[[Any], None]:
        def one(item: Any) -> None:
            person.data = base  # every input meets the same typical person
            act(person, item)

        return one

    print(f"candidate, sent (in, timer, two rows)    {cost(each(Person.receive), rows):6.1f} µs")
    print(f"candidate, refused (in, timer, one row)  {cost(each(Person.receive), refused):6.1f} µs")
    print(f"cancel event                             {cost(each(Person.receive), orders):6.1f} µs")
    print(f"state, one send a week                   {fmean(sizes):6.0f} B mean, {max(sizes)} B most, before versions and keys of Flink")
    compare(PersonState.from_bytes(base).to_bytes())


def compare(data: bytes) -> None:
    """The same layout in other encodings."""
    layout = orjson.loads(data[1:])
    encodings: dict[str, tuple[Callable[[Any], bytes], Callable[[bytes], Any]]] = {
        "orjson": (orjson.dumps, orjson.loads),
        "pickle": (lambda value: pickle.dumps(value, 5), pickle.loads),
        "marshal": (marshal.dumps, marshal.loads),
    }
    for name, (dumps, loads) in encodings.items():
        packed = dumps(layout)
        write, read = cost(dumps, [layout] * 20_000), cost(loads, [packed] * 20_000)
        print(f"the same state by {name:8}               {len(packed):6} B, written in {write:.2f} µs, read in {read:.2f} µs")


if __name__ == "__main__":
    main()
