"""A whole shop: raw records and profiles in, every row of every topic out."""

from __future__ import annotations

import base64
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tests.oracle import activity, rows, vocabulary
from tests.oracle.decode import MINUTE, Raw, Row, decode
from tests.oracle.dedupe import dedupe
from tests.oracle.gate import Gate, Happening
from tests.oracle.people import AsOf, People, identities
from tests.oracle.triggers import BROWSE_ABANDONED, CART_ABANDONED, candidates

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
    decisions = list(Gate(_cancels(first, people), _as_of(profiles), arbitration).decide(found))
    return Result(
        events=[rows.event(row) for row in first],
        dead_letters=dead,
        identities=[rows.with_text_times(change) for change in changes],
        carts=[rows.with_text_times(cart) for cart in carts],
        sessions=[rows.with_text_times(session) for session in sessions],
        candidates=[rows.candidate(candidate) for candidate in found],
        decisions=[rows.decision(decision) for decision in decisions],
        triggers=[rows.send(decision) for decision in decisions if decision.reason == "sent"],
    )


def _decode(records: Iterable[Raw | tuple[int, int, int, bytes | None]]) -> tuple[list[Row], list[dict[str, Any]]]:
    """(rows in order of arrival, dead letters)."""
    table = vocabulary.read()
    decoded, dead = [], []
    for raw in sorted((Raw(*record) for record in records), key=lambda raw: (raw.at, raw.partition, raw.offset)):
        result = decode(raw, table)
        if isinstance(result, Row):
            decoded.append(result)
        elif result is not None:
            dead.append(_dead_letter(raw, result))
    return decoded, dead


def _dead_letter(raw: Raw, reason: str) -> dict[str, Any]:
    text = base64.b64encode(raw.value or b"").decode()
    return {"stage": "ingest", "reason": reason, "raw": text, "topic": "events.raw", "partition": raw.partition, "offset": raw.offset}


def _cancels(first: Iterable[Row], people: People) -> dict[str, list[Happening]]:
    names = {*CART_ABANDONED.cancel_on, *BROWSE_ABANDONED.cancel_on}
    cancels: dict[str, list[Happening]] = defaultdict(list)
    for row in first:
        if row.event in names:
            cancels[people.person(row.device_id, row.user_id, row.t)].append(Happening(row.t, row.event))
    return cancels


def _as_of(profiles: Iterable[Profile]) -> AsOf:
    known = AsOf()
    for at, person, value in profiles:
        known.put(person, at, value)
    return known
