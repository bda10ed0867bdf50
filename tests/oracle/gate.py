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

    @property
    def again(self) -> bool:
        """About a mail that was let through before."""
        return "recheck" in self.evidence


def decide(history: History, rules: Rules) -> list[Decision]:
    """Every row of `trigger_decisions`, in order of D; what came after a send last."""
    world = World(history, rules)
    undecided = {one: world.first_instant(one) for one in world.candidates}
    decisions: list[Decision] = []
    waiting = {(r, trigger_id, "asked") for r, trigger_id in world.requests()}
    while undecided or waiting:
        one = min(undecided, key=lambda one: _turn(world, one, undecided[one]), default=None)
        asked = min(waiting, default=None)
        if asked is not None and (one is None or asked[0] <= undecided[one]):
            waiting.remove(asked)
            decisions += _again(world, asked, waiting, decisions)
            continue
        assert one is not None
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
    for send in world.sends:
        decisions += _afterwards(world, send, _first(decisions, send))
    return decisions


def _first(decisions: list[Decision], send: Send) -> Decision:
    """The row that let it through."""
    return next(one for one in decisions if (one.trigger_id, one.reason, one.decided_at) == (send.trigger_id, "sent", send.at))


def _again(world: World, asked: tuple[int, str, str], waiting: set[tuple[int, str, str]], decisions: list[Decision]) -> Iterator[Decision]:
    """At most one row, about a send that came back. waiting: requests to come, among them ends of holds."""
    r, trigger_id, _ = asked
    send = next((send for send in world.sends if send.trigger_id == trigger_id and send.at < r <= send.candidate.expires_at), None)
    held = any(other == trigger_id and word == "a hold ends" for _, other, word in waiting)
    if send is None or send.closed is not None or held or (send.answered is not None and r <= send.answered):
        return
    one, homeless = send.candidate, world.given_back(send, r)
    reason, evidence = checks.refusal_again(world, one, r, homeless) or _night(world, one, r) or ("sent", checks.consents(world, one, r))
    send.answered = r
    if reason == "sent" and homeless:
        send.places.append(r)
    elif reason == "held":
        waiting.add((evidence["until"], trigger_id, "a hold ends"))
        evidence = {**evidence, "until": to_text(evidence["until"])}
    elif reason != "sent":
        send.closed = r
    first = _first(decisions, send)
    marks = {name: value for name, value in first.evidence.items() if name in ("identified_at", "merged_from")}
    proof = {**evidence, "recheck": True, "sent_at": to_text(send.at), **marks}
    yield replace(first, reason=reason, decided_at=r, evidence=proof, variant=None)


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
    return checks.refusal(world, one, d) or checks.outranked(world, one, d, undecided) or _night(world, one, d)


def _night(world: World, one: Candidate, d: int) -> checks.Refusal | None:
    quiet = checks.hold(world, one, d)
    if quiet is None:
        return None
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
