"""What comes out of the gate: one decision per candidate, and the facts that made it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from jobs.gate.cancels import CancelEvent
from jobs.gate.candidates import Candidate
from jobs.gate.instants import normal_text, to_text
from jobs.gate.profiles import Consent
from jobs.gate.reasons import Reason, Verdict

Evidence = Mapping[str, object]
"""JSON object of ids, versions and times (as text) of the facts that decided. Never an address: it is kept for weeks."""


NO_CLASS = " "
"""A blank is no name: no rule and no trigger can have this class."""


class Send(NamedTuple):
    """A candidate the gate let through.

    keep_until: epoch ms up to which a rule may ask for it, 0 = as long as usual. occasion: its key. address: key of the address it went to.
    class_, channel: "" = marketing, email; class_ NO_CLASS = counts towards no cap. decided_at: D, or when it got its place again.
    returned_at: from when on it does not count, for nobody got it.
    """

    trigger: str
    trigger_id: str
    decided_at: int
    keep_until: int
    occasion: str = ""
    class_: str = ""
    channel: str = ""
    address: str = ""
    returned_at: int | None = None

    def counts(self, at_ms: int) -> bool:
        """Whether it counts as a mail, as of then."""
        return self.returned_at is None or self.returned_at > at_ms


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a check answers when it says no. until: the end of a hold, epoch ms."""

    reason: Reason
    evidence: Evidence = field(default_factory=dict)
    until: int | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """The end of a candidate, or of a hold. decided_at: D in epoch ms. address, consent: where it goes, and the proof that it may.

    again: about a mail that was let through before, on request of delivery.
    """

    candidate: Candidate
    reason: Reason
    decided_at: int
    evidence: Evidence = field(default_factory=dict)
    variant: str | None = None
    address: str | None = None
    consent: Consent | None = None
    again: bool = False

    @property
    def verdict(self) -> Verdict:
        return self.reason.verdict

    @property
    def sent(self) -> bool:
        """Whether it lets a mail through: one that passes again is no second mail."""
        return self.reason is Reason.SENT and not self.again

    def __repr__(self) -> str:  # the generated one would carry the address into logs
        return f"Decision({self.candidate!r}, {self.reason}, {self.decided_at})"


def counted_as(candidate: Candidate) -> tuple[str, str]:
    """(class, channel) as a send keeps them: the usual ones take no room. Transactional mail counts as none, whatever class it names."""
    if candidate.transactional:
        return NO_CLASS, ""
    return "" if candidate.class_ == "marketing" else candidate.class_, "" if candidate.channel == "email" else candidate.channel


def with_history(candidate: Candidate, evidence: Evidence) -> Evidence:
    """The same, with how the candidate came to this person."""
    history: dict[str, object] = {}
    if candidate.identified_at is not None:
        history["identified_at"] = to_text(candidate.identified_at)
    if candidate.merged_from is not None:
        history["merged_from"] = candidate.merged_from
    return {**evidence, **history} if history else evidence


def event_evidence(cancel: CancelEvent) -> Evidence:
    """What a decision says of the event that made it: name, id, time."""
    return {"event": cancel.event, "event_id": cancel.event_id, "at": to_text(cancel.at)}


def send_evidence(send: Send) -> Evidence:
    """What a decision says of an earlier send: its id and its D."""
    return {"trigger_id": send.trigger_id, "decided_at": to_text(send.decided_at)}


def consent_evidence(consent: Consent | None) -> Evidence | None:
    """at: null also when the profile's text is no time, which is then the reason for the refusal."""
    if consent is None:
        return None
    at = None if consent.at is None else normal_text(consent.at)
    return {"granted": consent.granted, "version": consent.version, "at": at}
