"""Two people become one: what the gate remembers of the old is the new one's from then on."""

from __future__ import annotations

from typing import NamedTuple

from jobs.gate.cancels import CancelEvent
from jobs.gate.candidates import Candidate
from jobs.gate.people import People
from jobs.gate.retention import GateSettings
from jobs.gate.state import PersonState, Row

ALIAS, ADDRESS = "alias", "address"


class Crossing(NamedTuple):
    """At a merge, from `at` on: what was sent to one of the two, and what is known of the other.

    until: when the two become somebody else once more, as far as is known; None = never.
    """

    at: int
    until: int | None
    sent: list[Candidate]
    person: str
    cancels: list[CancelEvent]
    profiles: dict[str, list[Row]]


def apply_links(people: People, person: str, at_ms: int, settings: GateSettings) -> list[Crossing]:
    """Puts this person's links with a time ≤ at_ms in force."""
    state = people.state(person)
    due = sorted(link for link in map(tuple, state.links) if link[0] <= at_ms)
    state.links = [link for link in state.links if link[0] > at_ms]
    found = []
    for at, how, one, other in due:
        if how == ADDRESS:
            share(people, one, other, at)
        else:
            found += merge(people, one, other, at, settings)
    return found


def share(people: People, one: str, other: str, at: int) -> None:
    """From then on the two look at each other's address."""
    for mine, theirs in ((one, other), (other, one)):
        state = people.state(people.now(mine))
        if theirs not in [row[0] for row in state.shares]:
            state.shares.append((theirs, at))


def merge(people: People, old: str, new: str, at: int, settings: GateSettings) -> list[Crossing]:
    """old is new for good. Candidates and sends move, ids of candidates are made anew; caps add up. Returns: what meets what by it."""
    source, target = people.now(old), people.now(new)
    if source == target:
        return []
    before, after = people.state(source), people.state(target)
    until = min((link[0] for link in after.links if link[1] == ALIAS and people.now(link[2]) == target), default=None)
    crossings = [_crossing(at, until, before, after, target), _crossing(at, until, after, before, target)]
    before.merged_into = target
    after.cancels = _union(after.cancels, before.cancels, 1)
    after.sends = after.sends + before.sends
    after.returned = after.returned + before.returned
    after.decided = after.decided + before.decided
    after.pending = after.pending + [_moved(row, source, target, settings) for row in before.pending]
    after.open = after.open + before.open  # under the id and person it was sent as: that is how delivery knows it
    after.rechecks = after.rechecks + before.rechecks
    after.profiles = before.profiles | after.profiles
    after.changes = [*after.changes, *(row for row in before.changes if row not in after.changes)]
    after.merged = sorted({*after.merged, *before.merged, source})
    for other, since in before.shares:
        if people.now(other) != target and other not in [row[0] for row in after.shares]:
            after.shares.append((other, since))
    for name in ("cancels", "sends", "returned", "decided", "pending", "open", "rechecks", "shares", "merged", "changes"):
        setattr(before, name, [])
    before.profiles = {}
    return crossings


def _crossing(at: int, until: int | None, mine: PersonState, theirs: PersonState, person: str) -> Crossing:
    known = {row[1] for row in mine.cancels}
    return Crossing(
        at, until, mine.still_open(), person, [one for one in theirs.all_cancels() if one.event_id not in known], dict(theirs.profiles)
    )


def _moved(row: Row, source: str, target: str, settings: GateSettings) -> tuple[object, ...]:
    one = Candidate.from_state(row)
    return tuple(one.belonging_to(target, settings.tenant, settings.epoch)._replace(merged_from=one.merged_from or source))


def _union(first: list[Row], second: list[Row], key: int) -> list[Row]:
    known = {row[key] for row in first}
    return [*first, *(row for row in second if row[key] not in known)]
