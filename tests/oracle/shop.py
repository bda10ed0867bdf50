"""A whole shop: raw records and profiles in, every row of every topic out."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from tests.oracle import activity, gate, rows, vocabulary
from tests.oracle.decode import MINUTE, Raw, decode
from tests.oracle.decode import Row as Clean
from tests.oracle.dedupe import dedupe
from tests.oracle.gate_history import History, Row, Rules
from tests.oracle.gate_world import normal
from tests.oracle.people import People, identities
from tests.oracle.triggers import BROWSE_ABANDONED, CART_ABANDONED, Trigger, candidates

Profile = tuple[int, str, dict[str, Any] | None]
"""(Kafka record time in epoch ms, person_id, value or None for a tombstone)."""


@dataclass(frozen=True)
class Result:
    """Rows as the contracts write them (`rows.py`), each list in the order the oracle came upon them."""

    events: list[dict[str, Any]]
    dead_letters: list[dict[str, Any]]
    identities: list[dict[str, Any]]
    carts: list[dict[str, Any]]
    sessions: list[dict[str, Any]]
    candidates: list[dict[str, Any]]
    decisions: list[dict[str, Any]]
    triggers: list[dict[str, Any]]


def run(
    records: Iterable[Raw | tuple[int, int, int, bytes | None]],
    profiles: Iterable[Profile] = (),
    *,
    cart_gap: int = activity.CART_GAP,
    session_gap: int = activity.SESSION_GAP,
    cart_memory: int = activity.CART_MEMORY,
    arbitration: int = MINUTE // 2,
    tenant: str = "default",
    epoch: int = 1,
    triggers: Iterable[Trigger] = (CART_ABANDONED, BROWSE_ABANDONED),
    rules: Rules | None = None,
) -> Result:
    """Everything the jobs should have written once event time has passed the last of it.

    records: (partition, offset, Kafka time in epoch ms, value) of `events.raw`, in any order. profiles: in the order of their topic.
    Gaps, cart_memory and arbitration in ms. Lines are disordered by less than `out_of_orderness`, so nothing is late.
    """
    decoded, dead = _decode(records)
    first, collisions = dedupe(decoded)
    dead += [_dead_letter(row.raw, "id_collision") for row in collisions]
    by_device, named = activity.by_device(first), activity.namings(first)
    carts = [cart for name, device in by_device.items() for cart in activity.carts(device, named.get(name, []), cart_gap, cart_memory)]
    sessions = [activity.session(run, session_gap) for device in by_device.values() for run in activity.runs(device, session_gap)]
    changes = identities(first)
    people = People(changes)
    found = candidates(carts, sessions, people, tenant, epoch)
    found = [candidate for candidate in found if candidate.trigger in triggers]
    events = [rows.event(row) for row in first]
    pairs = [rows.with_text_times(change) for change in changes]
    decisions = [
        decision
        for history in _apart([rows.gate_candidate(candidate) for candidate in found], events, list(profiles), pairs)
        for decision in gate.decide(history, rules or Rules(tenant, epoch, arbitration))
    ]
    return Result(
        events=events,
        dead_letters=dead,
        identities=pairs,
        carts=[rows.with_text_times(cart) for cart in carts],
        sessions=[rows.with_text_times(session) for session in sessions],
        candidates=[rows.candidate(candidate) for candidate in found],
        decisions=[gate.row(decision) for decision in decisions],
        triggers=[rows.send(decision) for decision in decisions if decision.reason == "sent" and not decision.again],
    )


def _decode(records: Iterable[Raw | tuple[int, int, int, bytes | None]]) -> tuple[list[Clean], list[dict[str, Any]]]:
    """(rows in order of arrival, dead letters)."""
    table = vocabulary.read()
    decoded, dead = [], []
    for raw in sorted((Raw(*record) for record in records), key=lambda raw: (raw.at, raw.partition, raw.offset)):
        result = decode(raw, table)
        if isinstance(result, Clean):
            decoded.append(result)
        elif result is not None:
            dead.append(_dead_letter(raw, result))
    return decoded, dead


def _dead_letter(raw: Raw, reason: str) -> dict[str, Any]:
    text = base64.b64encode(raw.value or b"").decode()
    return {"stage": "ingest", "reason": reason, "raw": text, "topic": "events.raw", "partition": raw.partition, "offset": raw.offset}


def _apart(candidates: list[Row], events: list[Row], profiles: list[Profile], identities: list[Row]) -> Iterator[History]:
    """One history for each group of people that have anything to do with each other: the gate's oracle takes time by the square."""
    groups: dict[str, str] = {}

    def group(name: str) -> str:
        while groups.setdefault(name, name) != name:
            groups[name] = name = groups.setdefault(groups[name], groups[name])
        return name

    for row in [*identities, *candidates]:
        groups[group(row["device_id"])] = group(row["person_id"])
    for row in events:
        if row["user_id"] is not None:
            groups[group(row["device_id"])] = group(row["user_id"])
    for _, person, value in profiles:
        if value is not None and value.get("email"):
            groups[group(person)] = group("@" + normal(value["email"]))
    parts: dict[str, History] = {}
    for row in candidates:
        parts.setdefault(group(row["person_id"]), History([], [], [], [])).candidates.append(row)
    nobody = History([], [], [], [])
    names = {name for trigger in (CART_ABANDONED, BROWSE_ABANDONED) for name in trigger.cancel_on}
    for row in events:
        if row["event"] in names:
            parts.get(group(row["device_id"]), nobody).events.append(row)
    for row in identities:
        parts.get(group(row["device_id"]), nobody).identities.append(row)
    for version in profiles:
        parts.get(group(version[1]), nobody).profiles.append(version)
    yield from parts.values()
