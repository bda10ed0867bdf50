"""The gate by brute force: the whole history in memory, everything asked anew for every decision. Rules: docs/gate.md."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from tests.oracle import gate_checks as checks
from tests.oracle.gate_history import TRANSACTIONAL, Candidate, History, Row, Rules
from tests.oracle.gate_world import Send, World, bucket
from tests.oracle.instants import to_text

VERDICTS = {"sent": "sent", "held": "held", **dict.fromkeys(("ordered", "cancelled", "ordered_since", "cancelled_after_send"), "cancelled")}


@dataclass(frozen=True)
class Decision:
    """reason: a word of the closed list. decided_at: D in epoch ms. profile: the person's as of D."""

    candidate: Candidate
    trigger_id: str
    person_id: str
    reason: str
    decided_at: int
    evidence: dict[str, Any]
    variant: str | None
    profile: Row | None

    @property
    def verdict(self) -> str:
        return VERDICTS.get(self.reason, "suppressed")


def decide(history: History, rules: Rules) -> list[Decision]:
    """Every row of `trigger_decisions`, in order of D; what came after a send last."""
    world = World(history, rules)
    undecided = {one: world.first_instant(one) for one in world.candidates}
    decisions: list[Decision] = []
    while undecided:
        one = min(undecided, key=lambda one: _turn(world, one, undecided[one]))
        d = undecided.pop(one)
        reason, evidence = _refusal(world, one, d, undecided) or ("sent", checks.consents(world, one, d))
        if reason == "held":
            undecided[one] = evidence["until"]
            evidence = {**evidence, "until": to_text(evidence["until"])}
        found = _decision(world, one, d, reason, evidence)
        if reason == "sent":
            person = found.person_id
            world.sends.append(Send(one, person, found.trigger_id, d, world.address(person, d), found.variant))
        decisions.append(found)
    sent = {(decision.trigger_id, decision.decided_at): decision for decision in decisions if decision.reason == "sent"}
    for send in world.sends:
        decisions += _afterwards(world, send, sent[send.trigger_id, send.at])
    return decisions


def row(decision: Decision) -> Row:
    """As `trigger_decisions` says it."""
    return {
        "trigger_id": decision.trigger_id,
        "trigger": decision.candidate.trigger,
        "version": decision.candidate.row["version"],
        "person_id": decision.person_id,
        "verdict": decision.verdict,
        "reason": decision.reason,
        "fired_at": to_text(decision.candidate.fired_at),
        "decided_at": to_text(decision.decided_at),
        "variant": decision.variant,
        "evidence": decision.evidence,
    }


def _turn(world: World, one: Candidate, d: int) -> tuple[Any, ...]:
    return d, *checks.rank(world, one, d), world.person(one, d), one.trigger_id


def _refusal(world: World, one: Candidate, d: int, undecided: dict[Candidate, int]) -> checks.Refusal | None:
    found = checks.refusal(world, one, d) or checks.outranked(world, one, d, undecided)
    quiet = checks.hold(world, one, d)
    if found is not None or quiet is None:
        return found
    until, zone = quiet
    if until > one.expires_at:
        return "quiet_expired", {"expires_at": to_text(one.expires_at), "until": to_text(until), "timezone": zone}
    return "held", {"until": until, "timezone": zone}


def _decision(world: World, one: Candidate, d: int, reason: str, evidence: dict[str, Any]) -> Decision:
    person = world.person(one, d)
    said, pair = world.said(one, d), world.identified(one)
    if pair is not None:
        evidence = {**evidence, "identified_at": to_text(pair.at)}
    if said != person:
        evidence = {**evidence, "merged_from": said}
    return Decision(one, world.trigger_id(one, d), person, reason, d, evidence, _variant(world, one, person), world.profile(person, d))


def _variant(world: World, one: Candidate, person: str) -> str | None:
    place = bucket(person, one.trigger, world.rules.epoch) * sum(one.variants.values())
    upto = 0
    for name, weight in one.variants.items():
        upto += weight
        if place < upto:
            return name
    return None


def _afterwards(world: World, send: Send, sent: Decision) -> Iterator[Decision]:
    """One row for each act that would have cancelled, and for each profile row that takes back what the send rested on."""
    one = send.candidate
    marks = {name: value for name, value in sent.evidence.items() if name in ("identified_at", "merged_from")}
    for act in world.acts:
        if act.event in one.cancel_on and act.t >= one.since:
            at = world.counts_from(act, send.person, one.expires_at)
            if at is not None and at > send.at:
                proof = {"event": act.event, "event_id": act.event_id, "at": to_text(act.t), "sent_at": to_text(send.at), **marks}
                yield replace(sent, reason="cancelled_after_send", decided_at=at, evidence=proof, variant=None)
    for at, who, value in world.profiles:
        word = _taken_back(world, send, at, who, value) if send.at < at <= one.expires_at else None
        if word:
            proof = {"profile": word, "at": to_text(at), "sent_at": to_text(send.at), **marks}
            yield replace(sent, reason="cancelled_after_send", decided_at=at, evidence=proof, variant=None)


def _taken_back(world: World, send: Send, at: int, who: str, value: Row | None) -> str | None:
    """The word for a profile row by which what a profile allowed is allowed no more."""
    person = world.root(send.person, at)
    if world.root(who, at) != person or not _allows(world.profile(who, at - 1), send.candidate) or _allows(value, send.candidate):
        return None
    if value is None:
        # a merged profile that is gone says nothing any more, but of what went to its own address
        return "erased" if who in (person, send.person) else None
    return "consent_withdrawn" if value.get("suppressed") is None else "suppressed"


def _allows(profile: Row | None, one: Candidate) -> bool:
    consented = one.purpose == TRANSACTIONAL or checks.granted(profile, one.purpose)
    return profile is not None and consented and profile.get("suppressed") is None
