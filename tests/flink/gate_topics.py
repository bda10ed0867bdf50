"""A batch of random histories as the topics the gate reads, and settings to read them with."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import orjson

from jobs.definitions.trigger import parse
from jobs.settings import Gate, Settings, load
from rekindle.workbench.history import logs
from rekindle.workbench.history.environment import offline_settings
from rekindle.workbench.history.logs import Record
from tests.oracle.gate_history import DAY, History, millis
from tests.oracle.histories import EVENTS, PACK, Batch
from tests.unit.gate_machine_settings import gate_settings

TRIGGER_TEXT = (
    "/* ---\nname: any\ndescription: d\nowner: o\ntemplate: t\npurpose: marketing_email\nmax_age: 2 d\nsend_after: 9 h\ncooldown: 24 h\n"
    f"cancel_on: [{', '.join(EVENTS)}]\n--- */\n"
    "SELECT device_id, user_id, event_id AS occasion, event_time AS fired_at, '{}' AS payload FROM events\n"
)
TRIGGER = parse(TRIGGER_TEXT, "any.sql")
"""Names what cancels one of the histories' triggers, and the longest wait; their headers are in the rows."""
Arrival = tuple[int, Record]
"""(when it comes, record): what is late comes after its own time."""


def settings(shared: Batch, parallelism: int = 1) -> Settings:
    """Those of a run over history."""
    return offline_settings(with_rules(load(environ={}), shared), parallelism)


def with_rules(general: Settings, shared: Batch) -> Settings:
    """The same settings with a batch's rules."""
    rules = shared.rules
    times = general.times.model_copy(update={"arbitration": timedelta(milliseconds=rules.arbitration)})
    gate = Gate.model_validate(gate_settings(rules))
    return general.model_copy(update={"tenant": rules.tenant, "epoch": rules.epoch, "times": times, "gate": gate})


class Step(NamedTuple):
    """What comes before a beat and after the one before it: topic → records in the order they come."""

    beat: int
    records: dict[str, list[Record]]


def steps(found: Iterable[History], shared: Batch, rng: Random, instants: Iterable[int] = ()) -> list[Step]:
    """All topics cut by the beats of one clock, which are the same for all; in a step a topic's rows have no order but that of their key.

    instants: beats beside those that chance makes.
    """
    topics: dict[str, list[Arrival]] = {name: [] for name in logs_of(History([], [], [], []))}
    for history in found:
        for topic, records in logs_of(history).items():
            topics[topic] += records
    topics["control"] = list(dict.fromkeys(topics["control"]))  # what a batch shares is in each history
    start = shared.start
    chance = [start - 3_600_000 + rng.randrange(3 * DAY) for _ in range(150)]
    clock = sorted({start - 11 * DAY, *chance, *instants, start + 40 * DAY})
    cut = [Step(beat, {topic: [] for topic in topics}) for beat in clock]
    for topic, arrivals in topics.items():
        for at, record in _shuffled(arrivals, clock, rng):
            cut[bisect_right(clock, at)].records[topic].append(record)
    return cut


def write(folder: Path, found: Iterable[History], shared: Batch, rng: Random) -> None:
    """One file a topic, a heartbeat of it at the end of each step."""
    cut = steps(found, shared, rng)
    for topic in cut[0].records:
        logs.write(folder / topic, (record for step in cut for record in [*step.records[topic], heartbeat(step.beat)]))


def heartbeat(beat: int, key: str = "$hb-0-0") -> Record:
    """As any topic has them: what has the beat's very time may still follow."""
    return Record(beat - 1, key.encode(), orjson.dumps({"event": "$heartbeat", "pack": PACK}))


def logs_of(history: History) -> dict[str, list[Arrival]]:
    """Topic → its records."""
    return {
        "trigger_candidates": [_at(millis(row["fired_at"]), row["person_id"], _written(row)) for row in history.candidates],
        "events": [
            (
                millis(row["received_at"]) if row["flags"] else millis(row["event_time"]),
                _record(millis(row["event_time"]), row["device_id"], row),
            )
            for row in history.events
        ],
        "profiles": [_at(at, person, row) for at, person, row in history.profiles],
        "identities": [_at(millis(row["at"]), row["device_id"], row) for row in history.identities],
        "control": [_at(at, row["key"], row) for at, row in history.control],
        "delivery_outcomes": [_at(at, row["person_id"], row) for at, row in history.outcomes],
    }


def _shuffled(arrivals: list[Arrival], clock: list[int], rng: Random) -> Iterator[Arrival]:
    chances = [((sum(beat <= at for beat in clock), record.key), rng.random(), (at, record)) for at, record in arrivals]
    chances.sort(key=lambda chance: (chance[0][0], chance[1]))
    of_key: dict[tuple[int, bytes | None], list[Arrival]] = defaultdict(list)
    for place, _, arrival in sorted(chances, key=lambda chance: chance[2][0]):
        of_key[place].append(arrival)
    following = {place: iter(mine) for place, mine in of_key.items()}
    for place, _, _ in chances:
        yield next(following[place])


def _at(at: int, key: str, row: dict[str, Any] | None) -> Arrival:
    return at, _record(at, key, row)


def _record(at: int, key: str, row: dict[str, Any] | None) -> Record:
    return Record(at, key.encode(), None if row is None else orjson.dumps(row))


def _written(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if value is not None}  # as SQL writes it
