"""Who is who, and what was known of them, as of an instant: every question goes through the whole history again."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from tests.oracle import gate_history as h
from tests.oracle.gate_history import Act, Candidate, Cap, History, Pair, Quiet, Row, Rules
from tests.oracle.trigger_id import trigger_id

MAILBOX = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+")
GIVEN_BACK = {"rejected", "dead", "expired", "cancelled"}
_UNITS = {"ms": 1, "s": 1000, "second": 1000, "min": h.MINUTE, "minute": h.MINUTE, "h": h.HOUR, "hour": h.HOUR, "d": h.DAY, "day": h.DAY}


@dataclass(eq=False)
class Send:
    """A candidate that was let through. person, trigger_id: as they were then. address: normalised.

    answered: when it was last decided on request; closed: when that refused it; places: when it was given a place again.
    """

    candidate: Candidate
    person: str
    trigger_id: str
    at: int
    address: str
    variant: str | None
    answered: int | None = None
    closed: int | None = None
    places: list[int] = field(default_factory=list)

    @property
    def placed(self) -> int:
        """D_send: from when it counts."""
        return self.places[-1] if self.places else self.at


class World:
    """Sees every row of a history; `at` (epoch ms) says how much of it counts."""

    def __init__(self, history: History, rules: Rules) -> None:
        self.history, self.rules = history, rules
        found: dict[tuple[str, int], Candidate] = {}
        for row in history.candidates:
            one = h.candidate(row)
            found.setdefault((one.trigger_id, one.fired_at), one)
        self.candidates = list(found.values())
        self.acts: list[Act] = list({act.event_id: act for act in map(h.act, reversed(history.events))}.values())
        self.pairs: list[Pair] = sorted(set(map(h.pair, history.identities)), key=lambda pair: pair.at)
        self.profiles = sorted(history.profiles, key=lambda version: version[0])
        self.outcomes = sorted(history.outcomes, key=lambda outcome: outcome[0])
        self.control = sorted(history.control, key=lambda row: row[0])
        self.people = list(dict.fromkeys(person for _, person, _ in self.profiles))
        self.merges = [pair for pair in self.pairs if any(at <= pair.at and who == pair.left for at, who, _ in self.profiles)]
        self.sends: list[Send] = []

    # people

    def root(self, who: str, at: int) -> str:
        """The person an id stands for once all merges up to `at` are done."""
        stands_for: dict[str, str] = {}

        def follow(one: str) -> str:
            return follow(stands_for[one]) if one in stands_for else one

        for merge in self.merges:
            if merge.at <= at and (old := follow(merge.left)) != (new := follow(merge.right)):
                stands_for[old] = new
        return follow(who)

    def merged(self, person: str, at: int) -> list[str]:
        """Ids that have become this person and still have a profile, in the order of their ids."""
        olds = sorted({merge.left for merge in self.merges if merge.at <= at})
        return [old for old in olds if old != person and self.root(old, at) == person and self.profile(old, at) is not None]

    def nobodys(self, one: Candidate) -> bool:
        """Nobody has said who uses its device, and no profile is the device's own."""
        return one.person_id == one.device_id and self.profile(one.person_id, one.fired_at) is None

    def identified(self, one: Candidate) -> Pair | None:
        """The pair that gives a candidate of an unknown device its person, while it waits."""
        if not self.nobodys(one):
            return None
        pairs = (pair for pair in self.pairs if pair.left == one.device_id and one.fired_at < pair.at <= self.deadline(one))
        return next(pairs, None)

    def deadline(self, one: Candidate) -> int:
        """Until when it waits for that."""
        longest = max(one.fired_at + self.rules.identity_wait, one.fired_at + one.send_after + self.rules.arbitration)
        return min(longest, one.expires_at)

    def first_instant(self, one: Candidate) -> int:
        """D, before any hold."""
        meant = one.fired_at + one.send_after
        pair = self.identified(one)
        if pair is not None:
            return max(meant, pair.at) + self.rules.arbitration
        return max(meant + self.rules.arbitration, self.deadline(one)) if self.nobodys(one) else meant + self.rules.arbitration

    def said(self, one: Candidate, at: int) -> str:
        """Whom a candidate's own row and its device's pair name, merges aside."""
        pair = self.identified(one)
        return pair.right if pair is not None and pair.at <= at else one.person_id

    def person(self, one: Candidate, at: int) -> str:
        """Whose candidate it is."""
        return self.root(self.said(one, at), at)

    def trigger_id(self, one: Candidate, at: int) -> str:
        """Its id, made anew when it has become another person's."""
        person = self.person(one, at)
        if person == one.person_id:
            return one.trigger_id
        return trigger_id(self.rules.tenant, one.trigger, self.rules.epoch, person, one.occasion)

    # profiles

    def profile(self, who: str, at: int) -> Row | None:
        """The profile of exactly this id."""
        versions = [value for time, person, value in self.profiles if person == who and time <= at]
        return versions[-1] if versions else None

    def address(self, person: str, at: int) -> str:
        """Normalised; empty when there is none."""
        return normal((self.profile(person, at) or {}).get("email"))

    def neighbours(self, person: str, at: int) -> list[str]:
        """Other people with the same address."""
        address = self.address(person, at)
        others = [other for other in self.people if other != person and self.root(other, at) == other]
        return [other for other in others if address and self.address(other, at) == address]

    # what they did

    def counts_from(self, act: Act, who: str, until: int) -> int | None:
        """The first instant up to `until` at which an act counts for the person `who` stands for then, or None."""
        instants = sorted({act.known, *(pair.at for pair in self.pairs if pair.at > act.known)})
        return next((at for at in instants if at <= until and self.root(who, at) in self._owners(act, at)), None)

    def _owners(self, act: Act, at: int) -> set[str]:
        pairs = [pair for pair in self.pairs if pair.left == act.device]
        known = [pair.right for pair in pairs if pair.at <= act.t]
        if act.user is not None or known:
            return {self.root(act.user or known[-1], at)}
        later = [pair.right for pair in pairs[:1] if pair.at <= at]  # the first one it ever gets
        return {self.root(who, at) for who in [act.device, *later]}

    def cancels(self, one: Candidate, at: int) -> list[Act]:
        """The acts that count against a candidate, earliest first."""
        person = self.person(one, at)
        mine = [
            act
            for act in self.acts
            if act.event in one.cancel_on and one.since <= act.t and act.known <= at and person in self._owners(act, at)
        ]
        return sorted((act for act in mine if act.t <= at), key=lambda act: (act.t, act.event_id))

    def given_back(self, send: Send, at: int) -> bool:
        """Its delivery has failed for good since it was last given a place, or was refused on request."""
        if send.closed is not None and send.closed <= at:
            return True
        ends = [time for time, row in self.outcomes if row["trigger_id"] == send.trigger_id and row["outcome"] in GIVEN_BACK]
        return any(time <= at and (time > send.places[-1] if send.places else time >= send.at) for time in ends)

    def requests(self) -> set[tuple[int, str]]:
        """(R, trigger_id) of all that delivery asks."""
        asking = [(at, row) for at, row in self.outcomes if row["outcome"] == "retrying" and row.get("reason") == "recheck"]
        return {(at, row["trigger_id"]) for at, row in asking}

    # what operators said

    def switch(self, key: str, at: int) -> tuple[int, dict[str, Any]] | None:
        """(record time, value) of the latest control row."""
        rows = [(time, row["value"]) for time, row in self.control if row["key"] == key and time <= at]
        return rows[-1] if rows else None

    def caps(self, at: int) -> tuple[Cap, ...]:
        """The cap rules in force."""
        _, value = self.switch("setting:caps", at) or (0, {})
        if "caps" not in value:
            return self.rules.caps
        return tuple(
            Cap(cap.get("class", "marketing"), cap.get("channel", "email"), cap["limit"], duration(cap["per"]), cap.get("calendar", False))
            for cap in value["caps"]
        )

    def quiet(self, at: int) -> Quiet:
        """The quiet hours in force."""
        _, value = self.switch("setting:quiet_hours", at) or (0, {})
        if not value:
            return self.rules.quiet
        usual = Quiet()
        spread = duration(value["spread"]) if "spread" in value else usual.spread
        return Quiet(value.get("from", usual.from_), value.get("to", usual.to), spread, value.get("enabled", True))


def normal(address: str | None) -> str:
    """An address as people share it."""
    return (address or "").strip().lower()


def duration(text: str) -> int:
    """`5 min` → ms."""
    number, unit = text.split()
    return int(number) * (_UNITS.get(unit) or _UNITS[unit.removesuffix("s")])


def bucket(*texts: object) -> Fraction:
    """In [0, 1), the same for the same texts."""
    digest = hashlib.sha256("\u001f".join(map(str, texts)).encode()).digest()
    return Fraction(int.from_bytes(digest[:8], "big"), 2**64)
