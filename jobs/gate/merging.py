"""Two people become one: what the gate remembers of the old is the new one's from then on."""

from __future__ import annotations

from jobs.gate.candidates import Candidate
from jobs.gate.people import People
from jobs.gate.retention import GateSettings
from jobs.gate.state import OPEN_FIELDS, PersonState

ALIAS, ADDRESS = "alias", "address"


def apply_links(people: People, person: str, at_ms: int, settings: GateSettings) -> set[str]:
    """Puts this person's links with a time ≤ at_ms in force. Returns: people who got something they did not have."""
    state = people.state(person)
    due = sorted(link for link in map(tuple, state.links) if link[0] <= at_ms)
    state.links = [link for link in state.links if link[0] > at_ms]
    gained = set()
    for at, how, one, other in due:
        if how == ADDRESS:
            share(people, one, other, at)
        else:
            gained |= merge(people, one, other, at, settings)
    return gained


def share(people: People, one: str, other: str, at: int) -> None:
    """From then on the two look at each other's address."""
    for mine, theirs in ((one, other), (other, one)):
        state = people.state(people.now(mine))
        if theirs not in [row[0] for row in state.shares]:
            state.shares.append((theirs, at))


def merge(people: People, old: str, new: str, at: int, settings: GateSettings) -> set[str]:
    """old is new for good. Candidates and sends move, their ids are made anew; caps add up. Returns: who took something over."""
    source, target = people.now(old), people.now(new)
    if source == target:
        return set()
    before, after = people.state(source), people.state(target)
    before.merged_into = target
    after.cancels = _union(after.cancels, before.cancels, 1)
    after.sends = after.sends + before.sends
    after.returned = after.returned + before.returned
    after.decided = after.decided + before.decided
    after.pending = after.pending + [_moved(row, source, target, settings) for row in before.pending]
    # what was sent keeps its id: that is how delivery knows it
    after.open = after.open + [_sent(row, source, target) for row in before.open]
    after.profiles = before.profiles | after.profiles
    after.changes = [*after.changes, *(row for row in before.changes if row not in after.changes)]
    after.merged = sorted({*after.merged, *before.merged, source})
    for other, since in before.shares:
        if people.now(other) != target and other not in [row[0] for row in after.shares]:
            after.shares.append((other, since))
    for name in ("cancels", "sends", "returned", "decided", "pending", "open", "shares", "merged", "changes"):
        setattr(before, name, [])
    before.profiles = {}
    return {target}


def _moved(row: object, source: str, target: str, settings: GateSettings) -> tuple[object, ...]:
    one = Candidate.from_state(row)  # type: ignore[arg-type]  # rows of state are lists or tuples
    return tuple(one.belonging_to(target, settings.tenant, settings.epoch)._replace(merged_from=one.merged_from or source))


def _sent(row: object, source: str, target: str) -> object:
    told = dict(zip(OPEN_FIELDS, row, strict=True))  # type: ignore[call-overload]
    return tuple((told | {"person_id": target, "merged_from": told["merged_from"] or source}).values())


def _union(first: list[object], second: list[object], key: int) -> list[object]:
    known = {row[key] for row in first}  # type: ignore[index]
    return [*first, *(row for row in second if row[key] not in known)]  # type: ignore[index]


__all__ = ["ADDRESS", "ALIAS", "PersonState", "apply_links", "merge", "share"]
