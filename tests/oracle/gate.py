"""The gate's first form: every candidate, in the order of its decision instant, gets one verdict."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.oracle.people import AsOf
from tests.oracle.triggers import Candidate

CANCELLING = {"ordered", "cancelled", "ordered_since"}
_MAILBOX = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+")


@dataclass(frozen=True)
class Happening:
    """An event of a person that may cancel. t: epoch ms."""

    t: int
    event: str


@dataclass(frozen=True)
class Decision:
    """reason: a word of the closed list, `sent` included. decided_at: D in epoch ms."""

    candidate: Candidate
    reason: str
    decided_at: int
    profile: dict[str, Any] | None

    @property
    def verdict(self) -> str:
        if self.reason == "sent":
            return "sent"
        return "cancelled" if self.reason in CANCELLING else "suppressed"


@dataclass
class Gate:
    """cancels: per person, every event any trigger could name. profiles: per person, None after a tombstone."""

    cancels: dict[str, list[Happening]]
    profiles: AsOf
    arbitration: int
    _sent: dict[tuple[str, str], list[int]] = field(default_factory=lambda: defaultdict(list))
    _sent_ids: set[str] = field(default_factory=set)

    def decide(self, candidates: Iterable[Candidate]) -> Iterator[Decision]:
        """Decisions in the order of D; a physical repeat gets none."""
        decided = set()
        for candidate in sorted(candidates, key=lambda c: (self.instant(c), c.person_id, -c.trigger.priority, c.fired_at, c.trigger_id)):
            occurrence = candidate.trigger_id, candidate.fired_at
            if occurrence in decided:
                continue
            decided.add(occurrence)
            d = self.instant(candidate)
            reason = self.refusal(candidate, d) or "sent"
            if reason == "sent":
                self._sent[candidate.person_id, candidate.trigger.name].append(d)
                self._sent_ids.add(candidate.trigger_id)
            yield Decision(candidate, reason, d, self.profiles.get(candidate.person_id, d))

    def instant(self, candidate: Candidate) -> int:
        """D."""
        return candidate.fired_at + candidate.trigger.send_after + self.arbitration

    def refusal(self, candidate: Candidate, d: int) -> str | None:
        """The first reason not to send, in the order of semantics.md section 5."""
        trigger, person, fired_at = candidate.trigger, candidate.person_id, candidate.fired_at
        if d > fired_at + trigger.max_age:
            return "expired"
        if candidate.trigger_id in self._sent_ids:
            return "duplicate"
        cancels = [happening for happening in self.cancels.get(person, []) if happening.event in trigger.cancel_on]
        before = {happening.event for happening in cancels if candidate.since <= happening.t <= fired_at}
        if before:
            return "ordered" if "Order Completed" in before else "cancelled"
        if any(fired_at < happening.t <= d for happening in cancels):
            return "ordered_since"
        then, now = self.profiles.get(person, fired_at), self.profiles.get(person, d)
        if now is None:
            return "no_profile" if then is None else "erased"
        if not _MAILBOX.fullmatch((now.get("email") or "").strip()):
            return "no_address"
        if not granted(then, trigger.purpose):
            return "no_consent"
        if not granted(now, trigger.purpose):
            return "consent_withdrawn"
        if now.get("suppressed") is not None:
            return "suppressed"
        if any(d - trigger.cooldown < sent_at <= d for sent_at in self._sent[person, trigger.name]):
            return "cooldown"
        return None


def granted(profile: dict[str, Any] | None, purpose: str) -> bool:
    """A yes for this purpose; absent is no."""
    consent = ((profile or {}).get("consent") or {}).get(purpose) or {}
    return consent.get("granted") is True
