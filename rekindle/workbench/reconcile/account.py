"""The account of one trigger_id: how its sends ended, and what of it must not be. Pure: facts in, entries and breaks out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from itertools import pairwise
from typing import NamedTuple

FINAL = ("accepted", "rejected", "expired", "cancelled", "dead", "unknown")
IN_FLIGHT = "in_flight"
MISSING = "missing"
ENDS = (*FINAL, IN_FLIGHT, MISSING)
"""An account is clean when `triggers` is the sum of all but `missing`, and that is 0."""
_NEED_A_LETTER = ("dead", "unknown")
KNOWN_MS = 2000
"""A cancel known for longer before a call begins must have stopped it (semantics.md, section 7)."""


class Kind(IntEnum):
    """Where a fact was read."""

    SENT = 1  # triggers
    DECIDED = 2  # trigger_decisions
    ENDED = 3  # delivery_outcomes
    LETTER = 4  # dead_letters of stage deliver
    RETRIED = 5  # triggers.retry


class Fact(NamedTuple):
    """One row. Times in epoch ms; known: the record's; order: tells rows of one time apart.

    SENT: at = D, until = expires_at, word = `unreadable` where deliver could not read it (that ends as a letter alone).
    DECIDED: at = D, word = sent | go (sent when asked again) | stop (cancelled after send, or refused when asked again).
    ENDED: at = when, until = when the call began, word = outcome. LETTER: at = failed_at. RETRIED: word = `recheck` or empty.
    """

    trigger_id: str
    kind: Kind
    destination: str
    word: str
    at: int
    until: int
    known: int
    order: int


class Break(StrEnum):
    """What must not be."""

    NO_OUTCOME = "no_outcome"
    TWO_OUTCOMES = "two_outcomes"
    AFTER_CANCEL = "accepted_after_cancel"
    AFTER_EXPIRY = "accepted_after_expiry"
    NEVER_SENT = "outcome_without_trigger"
    NO_TRIGGER = "decision_without_trigger"
    NO_DECISION = "trigger_without_decision"
    NO_LETTER = "outcome_without_letter"
    NO_END = "letter_without_outcome"
    UNREADABLE = "unreadable_without_letter"


class Finding(NamedTuple):
    """trigger_id: or the place of a row that has none."""

    kind: Break
    trigger_id: str
    destination: str
    detail: str = ""


@dataclass(frozen=True)
class Window:
    """first, last: of D, epoch ms. now: epoch ms. grace: ms a row's counterpart may take, and an outcome after expires_at."""

    first: int
    last: int
    now: int
    grace: int


@dataclass
class Verdict:
    """ends: destination → one of ENDS, of each send of the id."""

    ends: dict[str, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


def judge(facts: Sequence[Fact], window: Window) -> Verdict | None:
    """All facts of one trigger_id, in any order, repeats allowed. None when its D lies outside the window."""
    if not window.first <= _decided_at(facts) <= window.last:
        return None
    verdict, trigger_id = Verdict(), facts[0].trigger_id
    sent = {fact.destination: fact for fact in sorted(_of(facts, Kind.SENT), key=_order, reverse=True)}
    decided = [fact for fact in _of(facts, Kind.DECIDED) if fact.word == "sent"]
    settled = window.now - window.grace
    if decided and not sent and min(fact.known for fact in decided) < settled:
        verdict.findings.append(Finding(Break.NO_TRIGGER, trigger_id, ""))
    if sent and not decided and min(fact.known for fact in sent.values()) < settled:
        verdict.findings.append(Finding(Break.NO_DECISION, trigger_id, ""))
    about = {fact.destination for fact in facts if fact.kind in (Kind.SENT, Kind.ENDED, Kind.LETTER)}
    for destination in sorted(about):
        own = [fact for fact in facts if fact.destination == destination or fact.kind is Kind.DECIDED]
        if destination in sent:
            _send(sent[destination], own, window, verdict)
        else:
            verdict.findings.append(Finding(Break.NEVER_SENT, trigger_id, destination))
    return verdict


def _send(sent: Fact, facts: Sequence[Fact], window: Window, verdict: Verdict) -> None:
    """One send to one destination."""

    def found(kind: Break, detail: str = "") -> None:
        verdict.findings.append(Finding(kind, sent.trigger_id, sent.destination, detail))

    ends = sorted((fact for fact in _of(facts, Kind.ENDED) if fact.word in FINAL), key=_order)
    letters, settled = _of(facts, Kind.LETTER), window.now - window.grace
    again = [fact.known for fact in _of(facts, Kind.RETRIED) if fact.word == "recheck"]
    if not ends and sent.word == "unreadable":
        verdict.ends[sent.destination] = "dead"  # a letter alone
        return
    # a retry from the dead letters opens the account again, unless the platform has the send: then deliver ignores it
    if ends and (ends[-1].word == "accepted" or not any(at > ends[-1].known for at in again)):
        verdict.ends[sent.destination] = ends[-1].word
    elif window.now <= sent.until + window.grace:
        verdict.ends[sent.destination] = IN_FLIGHT
    else:
        verdict.ends[sent.destination] = MISSING
        found(Break.NO_OUTCOME)
    for one, other in pairwise(ends):
        reopened = one.word != "accepted" and any(one.known <= at <= other.known for at in again)
        if one.word != other.word and not reopened:
            found(Break.TWO_OUTCOMES, f"{one.word}, then {other.word}")
            break
    accepted = [fact for fact in ends if fact.word == "accepted"]
    if any(fact.until > sent.until for fact in accepted):
        found(Break.AFTER_EXPIRY)
    if any(_stopped(facts, fact.until) for fact in accepted):
        found(Break.AFTER_CANCEL)
    bad = [fact.known for fact in ends if fact.word in _NEED_A_LETTER]
    if bad and not letters and max(bad) < settled:
        found(Break.NO_LETTER)
    if letters and not bad and max(fact.known for fact in letters) < settled:
        found(Break.NO_END)


def _stopped(facts: Sequence[Fact], began: int) -> bool:
    """Whether delivery knew a cancel when it began to call, and no later word of the gate let it go."""
    words = sorted((fact for fact in _of(facts, Kind.DECIDED) if fact.word in ("go", "stop") and fact.known <= began), key=_order)
    stops = [fact for fact in words if fact.word == "stop" and fact.known <= began - KNOWN_MS]
    return bool(stops) and not any(fact.word == "go" and fact.known >= stops[-1].known for fact in words)


def _decided_at(facts: Sequence[Fact]) -> int:
    """D, or the best there is in its place."""
    for kind in (Kind.SENT, Kind.DECIDED, Kind.ENDED, Kind.LETTER, Kind.RETRIED):
        times = [fact.at for fact in _of(facts, kind) if kind is not Kind.DECIDED or fact.word == "sent"]
        if times:
            return min(times)
    return -1  # a cancel of a send that is long forgotten


def _of(facts: Iterable[Fact], kind: Kind) -> list[Fact]:
    return [fact for fact in facts if fact.kind is kind]


def _order(fact: Fact) -> tuple[int, int]:
    return fact.known, fact.order
