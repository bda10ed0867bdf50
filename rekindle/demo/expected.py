"""What must come of the feed, worked out by counting gaps and nothing else: it shares no line with the jobs it checks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

from rekindle.demo.happenings import ADDED, ORDERED, VIEWED, Happening
from rekindle.demo.people import Profile
from rekindle.demo.scenes import ARBITRATION, CART_GAP, CART_MEMORY, IDENTITY_WAIT, SESSION_GAP
from rekindle.demo.shoppers import MINUTE

COOLDOWN = CAP = 24 * 60 * MINUTE
"""Of each trigger; and one mail a person in that time (semantics.md, section 5)."""
NIGHT = 22, 8
_CANCELS = {"cart_abandoned": {ORDERED}, "browse_abandoned": {ORDERED, ADDED}}
_PRIORITY = ("cart_abandoned", "browse_abandoned")


@dataclass(frozen=True)
class Due:
    """A trigger that fell due. since, fired_at (T), decided_at (D): epoch ms."""

    trigger: str
    person_id: str
    since: int
    fired_at: int
    decided_at: int


def decisions(happenings: Iterable[Happening], profiles: Iterable[Profile], until: int) -> dict[Due, str]:
    """Everything that is decided by `until` (epoch ms) → `sent`, or the reason why not."""
    shop = _Shop(happenings, profiles)
    due = sorted(shop.due(), key=lambda one: (one.decided_at, one.person_id, _PRIORITY.index(one.trigger)))
    found: dict[Due, str] = {}
    for one in due:
        if one.decided_at <= until:
            found[one] = shop.refusal(one, [sent for sent, reason in found.items() if reason == "sent"]) or "sent"
    return found


class _Shop:
    def __init__(self, happenings: Iterable[Happening], profiles: Iterable[Profile]) -> None:
        self._devices: dict[str, list[Happening]] = defaultdict(list)
        for happening in sorted(happenings, key=lambda happening: happening.at):
            self._devices[happening.device].append(happening)
        self._profiles = sorted(profiles, key=lambda profile: profile.at)

    def due(self) -> Iterator[Due]:
        for device, found in self._devices.items():
            since, changed = None, 0
            for visit in _runs(found, CART_GAP):
                since = _open_since(visit, since if visit[0].at - changed <= CART_MEMORY else None)
                changes = [happening.at for happening in visit if happening.event in (ADDED, ORDERED)]
                changed = changes[-1] if changes else changed
                if changes and since is not None:
                    yield self._due("cart_abandoned", device, since, visit[-1].at + CART_GAP)
            for visit in _runs(found, SESSION_GAP):
                names = {happening.event for happening in visit}
                if VIEWED in names and not names & {ADDED, ORDERED}:
                    yield self._due("browse_abandoned", device, visit[0].at, visit[-1].at + SESSION_GAP)

    def refusal(self, due: Due, sent: Sequence[Due]) -> str | None:
        """The first reason of the gate's list that holds."""
        cancels = [one for one, counts_from in self._cancels(due) if due.since <= one.at and counts_from <= due.decided_at]
        before = {one.event for one in cancels if one.at <= due.fired_at}
        if before:
            return "ordered" if ORDERED in before else "cancelled"
        if cancels:
            return "ordered_since"
        then, now = self._profile(due.person_id, due.fired_at), self._profile(due.person_id, due.decided_at)
        if now is None:
            return "erased" if then else "no_profile"
        if not now["email"]:
            return "no_address"
        if then is None or not _consents(then):
            return "no_consent"
        if not _consents(now):
            return "consent_withdrawn"
        if now["suppressed"]:
            return "suppressed"
        mine = [one for one in sent if one.person_id == due.person_id]
        if any(one.trigger == due.trigger and due.decided_at - one.decided_at < COOLDOWN for one in mine):
            return "cooldown"
        recent = [one for one in mine if due.decided_at - one.decided_at < CAP]
        if recent:
            return "capped" if any(one.decided_at < due.decided_at - ARBITRATION for one in recent) else "outranked"
        return "held" if _sleeps(now["timezone"], due.decided_at) else None

    def _due(self, trigger: str, device: str, since: int, fired_at: int) -> Due:
        person, told_at = self._person(device, fired_at), fired_at
        if person == device:  # somebody may still log in
            person, told_at = self._first_pair(device, fired_at + IDENTITY_WAIT)
        return Due(trigger, person, since, fired_at, fired_at + IDENTITY_WAIT if person == device else told_at + ARBITRATION)

    def _person(self, device: str, at: int) -> str:
        """Whoever said their name on this device by then, else the device."""
        return next((one.person_id for one in self._devices[device] if one.person_id and one.at <= at), device)

    def _first_pair(self, device: str, until: float) -> tuple[str, int]:
        """Who was the first to say their name there, and when (epoch ms)."""
        return next(((one.person_id, one.at) for one in self._devices[device] if one.person_id and one.at <= until), (device, 0))

    def _cancels(self, due: Due) -> Iterator[tuple[Happening, int]]:
        """Events that cancel, each with the time from which it counts for the person: what a device did unknown, from its login on."""
        for device, found in self._devices.items():
            person, known_at = self._first_pair(device, inf)
            for one in found:
                if one.event in _CANCELS[due.trigger] and due.person_id in (person, self._person(device, one.at)):
                    yield one, max(one.at, known_at) if due.person_id == person else one.at

    def _profile(self, person_id: str, at: int) -> dict[str, Any] | None:
        rows = [profile.value for profile in self._profiles if profile.person_id == person_id and profile.at <= at]
        return rows[-1] if rows else None


def _runs(found: Sequence[Happening], gap: int) -> Iterator[list[Happening]]:
    start = 0
    for end in range(1, len(found) + 1):
        if end == len(found) or found[end].at - found[end - 1].at > gap:
            yield list(found[start:end])
            start = end


def _open_since(visit: Sequence[Happening], since: int | None) -> int | None:
    """When the cart that is still open at the end was opened. since: the same of the visit before."""
    for one in visit:
        if one.event == ADDED and since is None:
            since = one.at
        elif one.event == ORDERED:
            since = None
    return since


def _sleeps(zone: str, at: int) -> bool:
    hour = (at // (60 * MINUTE) - int(zone.removeprefix("Etc/GMT") or 0)) % 24
    return hour >= NIGHT[0] or hour < NIGHT[1]


def _consents(profile: dict[str, Any]) -> bool:
    return bool(profile["consent"]["marketing_email"]["granted"])
