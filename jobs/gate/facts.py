"""What the checks may ask about a candidate's person. Everything is as of D, so that facts of later times change nothing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from jobs.gate import control, profiles, zones
from jobs.gate.cancels import CancelEvent
from jobs.gate.candidates import Candidate
from jobs.gate.control import Change
from jobs.gate.decisions import Send, counted_as
from jobs.gate.hashing import occasion_key
from jobs.gate.lazy import lazy
from jobs.gate.people import People
from jobs.gate.profiles import Consent
from jobs.gate.retention import GateSettings
from jobs.gate.rules import CapRule, Rules
from jobs.gate.state import PersonState


@dataclass
class Facts:
    """A candidate, the people it concerns, and D in epoch ms. would_pass: whether a rival would be sent if it were decided now.

    again: it was sent before and comes back; it competes with nobody.
    """

    candidate: Candidate
    at: int
    people: People
    settings: GateSettings
    would_pass: Callable[[Candidate, int], bool]
    again: bool = False

    @lazy
    def state(self) -> PersonState:
        return self.people.state(self.candidate.person_id)

    @lazy
    def sends(self) -> list[Send]:
        """All that are remembered of this person."""
        return self.state.all_sends() if self.state.sends else []

    # ---- what happened

    def cancels(self, events: Collection[str], since: int, until: int) -> list[CancelEvent]:
        """Events of these names with t in [since, until], earliest first. The cut is made here too, not only by pruning."""
        since = max(since, self.at - self.settings.cancels_ms + 1)
        return self.state.cancels_of(events, since, until, self.at) if self.state.cancels and events else []

    def earlier_send(self) -> Send | None:
        """The send of the same occasion. One decided after D counts too: a late candidate must not repeat it."""
        if not self.sends:
            return None
        after, key = self.at - self.settings.duplicate_ms, self.occasion
        trigger, trigger_id = self.candidate.trigger, self.candidate.trigger_id
        found = [
            send
            for send in self.sends
            if send.trigger == trigger and (send.occasion == key or send.trigger_id == trigger_id) and send.decided_at > after
        ]
        return min(found, key=lambda send: (send.decided_at, send.trigger_id), default=None)

    @lazy
    def occasion(self) -> str:
        return occasion_key(self.candidate.trigger, self.settings.epoch, self.candidate.occasion)

    def last_send(self) -> Send | None:
        """The latest send of this trigger within its cooldown."""
        after = self.at - self.candidate.cooldown_ms
        found = [
            send
            for send in self.sends
            if send.trigger == self.candidate.trigger and after < send.decided_at <= self.at and send.counts(self.at)
        ]
        return max(found, key=lambda send: (send.decided_at, send.trigger_id), default=None)

    # ---- who it is

    @lazy
    def profile_at_fire(self) -> profiles.Facts | None:
        return self.state.profile(self.candidate.person_id, self.candidate.fired_at)

    @lazy
    def profile(self) -> profiles.Facts | None:
        return self.state.profile(self.candidate.person_id, self.at)

    def merged_profiles(self, at_ms: int) -> Iterator[tuple[str, profiles.Facts]]:
        """What profiles said then that those merged into this person still have."""
        for old in self.state.merged:
            facts = self.state.profile(old, at_ms)
            if facts is not None and self.state.profile(old, self.at) is not None:
                yield old, facts

    @lazy
    def address(self) -> str | None:
        return profiles.address(self.profile)

    @lazy
    def neighbours(self) -> list[tuple[str, PersonState]]:
        return list(self.people.neighbours(self.candidate.person_id, self.at)) if self.state.shares else []

    def consent(self, at_ms: int, facts: profiles.Facts | None) -> tuple[Consent | None, str | None]:
        """The consent that decides, the stricter of this person's and those of merged profiles; and whose, if not this person's."""
        mine = profiles.consent(facts, self.candidate.purpose)
        if mine is None or not mine.allows or not self.state.merged:
            return mine, None
        for old, theirs in self.merged_profiles(at_ms):
            consent = profiles.consent(theirs, self.candidate.purpose)
            if consent is None or not consent.allows:
                return consent, old
        return mine, None

    @lazy
    def zone(self) -> str:
        profile = self.profile or {}
        return zones.choose(profile.get("timezone"), self.candidate.timezone, profile.get("country"), self.rules.timezone)

    # ---- what counts for everybody

    @lazy
    def changes(self) -> dict[str, Change]:
        return control.in_force(self.state.all_changes(), self.at) if self.state.changes else {}

    @lazy
    def rules(self) -> Rules:
        return control.changed(self.settings.rules, self.changes) if self.changes else self.settings.rules

    @lazy
    def caps(self) -> list[CapRule]:
        """Those that fit the candidate."""
        one = self.candidate
        return [] if one.transactional else [cap for cap in self.rules.caps if (cap.class_, cap.channel) == (one.class_, one.channel)]

    @property
    def window_start(self) -> int:
        """From here to D candidates compete."""
        return self.at + 1 if self.again else self.at - self.settings.arbitration_ms

    @lazy
    def counted(self) -> list[Send]:
        """Mails the caps count that this person or this address got, newest first."""
        one = self.candidate
        kind, address = counted_as(one), self.people.address(one.person_id, self.at) if self.neighbours else None
        sends = {send.trigger_id: send for send in self.sends}
        for _, state in self.neighbours:
            sends |= {send.trigger_id: send for send in state.all_sends() if send.address == address}
        found = [
            send for send in sends.values() if (send.class_, send.channel) == kind and send.decided_at <= self.at and send.counts(self.at)
        ]
        return sorted(found, key=lambda send: (send.decided_at, send.trigger_id), reverse=True)

    def in_span(self, cap: CapRule) -> list[Send]:
        """Those of `counted` that lie in the cap's span of time that ends with D."""
        if not cap.calendar:
            return [send for send in self.counted if send.decided_at > self.at - cap.per_ms]
        days, today = cap.per_ms // 86_400_000, zones.local_date(self.at, self.zone)
        return [send for send in self.counted if (today - zones.local_date(send.decided_at, self.zone)).days < days]

    @lazy
    def better_rivals(self) -> list[Candidate]:
        """Undecided candidates in the window that rank higher and would be sent, best first."""
        states = [self.state, *(state for _, state in self.neighbours)]
        rivals = [
            rival
            for state in states
            if state.pending
            for rival in state.waiting()
            if rival.rank < self.candidate.rank
            and (rival.class_, rival.channel) == (self.candidate.class_, self.candidate.channel)
            and rival.decide_at - self.settings.arbitration_ms <= self.at
            and not rival.transactional
        ]
        return sorted((rival for rival in rivals if self.would_pass(rival, self.at)), key=lambda rival: rival.rank)
