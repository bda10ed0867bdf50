"""Sends that come back: delivery asks whether what waited too long may still go out (docs/gate.md, "Sends that come back")."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from jobs.gate.candidates import Candidate
from jobs.gate.checks import AGAIN, AGAIN_WITHOUT_PLACE, first_refusal
from jobs.gate.decisions import Decision, Evidence, Refusal, consent_evidence, with_history
from jobs.gate.facts import Facts
from jobs.gate.instants import to_text
from jobs.gate.people import People
from jobs.gate.reasons import Reason
from jobs.gate.retention import GateSettings
from jobs.gate.state import PersonState


class Request(NamedTuple):
    """Ordered as they are decided. at: R, or the end of a hold, epoch ms. fresh: it is no end of a hold. person: whose state it is in."""

    at: int
    trigger_id: str
    fresh: bool
    person: str


def first_due(people: People, persons: Iterable[str], at_ms: int) -> Request | None:
    """The first request of these people with R ≤ at_ms."""
    due = [
        Request(at, trigger_id, not held, person)
        for person in persons
        for trigger_id, at, held in people.state(person).rechecks
        if at <= at_ms
    ]
    return min(due, default=None)


def answer(people: People, request: Request, settings: GateSettings) -> Decision | None:
    """Takes the request out and decides it as of R; None: it does not count."""
    state = people.state(request.person)
    state.drop_recheck(request.trigger_id, request.at, held=not request.fresh)
    sent = state.reopened(request.trigger_id, request.at)
    if sent is None:
        return None
    now = sent._replace(person_id=request.person)  # who the person is by then; the row says who it was
    send = state.send(request.trigger_id)
    if send is not None:
        now = now._replace(class_=send.class_ or now.class_, channel=send.channel or now.channel)
    placeless = send is not None and not send.counts(request.at)
    facts = Facts(now, request.at, people, settings, lambda _rival, _now: False, again=True)
    refusal = first_refusal(facts, AGAIN_WITHOUT_PLACE if placeless else AGAIN)
    if refusal is not None:
        return _refused(state, sent, request, refusal)
    if placeless:
        state.take_place(request.trigger_id, request.at, settings.keep_until(request.at, sent.cooldown_ms))
    state.checked(request.trigger_id, request.at)
    at_fire = facts.consent(now.fired_at, facts.profile_at_fire)[0]
    consent = facts.consent(request.at, facts.profile)[0]
    grounds = {"consent_at_fire": consent_evidence(at_fire), "consent_at_decision": consent_evidence(consent)}
    return _decision(sent, Reason.SENT, request.at, grounds)


def _refused(state: PersonState, sent: Candidate, request: Request, refusal: Refusal) -> Decision:
    if refusal.until is not None:
        state.checked(request.trigger_id, request.at)
        state.add_recheck(request.trigger_id, refusal.until, held=True)
    else:
        state.checked(request.trigger_id, sent.expires_at)  # no later request counts
        state.give_back(request.trigger_id, request.at)
    return _decision(sent, refusal.reason, request.at, refusal.evidence)


def _decision(sent: Candidate, reason: Reason, at_ms: int, evidence: Evidence) -> Decision:
    proof = {**evidence, "recheck": True, "sent_at": to_text(sent.decide_at)}
    return Decision(sent, reason, at_ms, with_history(sent, proof), again=True)
