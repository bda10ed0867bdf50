"""Facts about a person → what happened, in order of time and in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jobs.gate.reasons import Reason
from rekindle.workbench.index.rows import AGAIN, Kind
from rekindle.workbench.why import activity, sentences
from rekindle.workbench.why.lookup import Body, Fact, Person
from rekindle.workbench.why.words import count, listed, moment


@dataclass(frozen=True)
class Entry:
    """One line of the story. at: epoch ms. trigger: whose mail it is about. facts: what the sentence was made of."""

    at: int
    kind: str
    text: str
    trigger: str | None
    facts: Body


def tell(person: Person, changed_by: Mapping[str, str], zone: str = "UTC", trigger: str | None = None) -> list[Entry]:
    """trigger: leave out what other triggers did, but for mails that stood in its way. changed_by: control key → who, for `paused`."""
    return list(_Teller(person, changed_by, zone).entries(trigger))


class _Teller:
    def __init__(self, person: Person, changed_by: Mapping[str, str], zone: str) -> None:
        self._person, self._changed_by, self._zone = person, changed_by, zone
        facts = person.facts
        self._mails: dict[str | None, str] = {fact.ref: fact.name for fact in facts if fact.ref and fact.name}
        self._events = {fact.body["event_id"]: fact.body for fact in facts if fact.kind is Kind.EVENT}
        self._profile: Body | None = None

    def entries(self, trigger: str | None) -> Iterator[Entry]:
        cited = self._cited(trigger) if trigger else set()
        seen: set[tuple[Any, ...]] = set()
        for fact in self._person.facts:
            name = fact.name or self._mails.get(fact.ref)
            try:
                text = _TELL[fact.kind](self, fact)
            except (TypeError, AttributeError, KeyError, ValueError):  # a row of another version: it hides no other
                text = f"A row of kind {fact.kind.name.lower()} that cannot be told."
            if trigger is not None and name not in (None, trigger) and fact.ref not in cited:
                continue
            once = (fact.at, fact.kind, text)
            if text and once not in seen:
                seen.add(once)
                yield Entry(fact.at, fact.kind.name.lower(), text, name, fact.body)

    def _cited(self, trigger: str) -> set[str]:
        """Mails of others that a decision about this trigger names."""
        found = set()
        for fact in self._person.facts:
            if fact.kind is Kind.DECISION and fact.name == trigger:
                evidence = fact.body.get("evidence", {})
                sends = (one.get("trigger_id") for one in evidence.get("sends") or () if isinstance(one, dict))
                found |= {str(one) for one in (*sends, evidence.get("winner")) if one}
        return found

    def _time(self, at: object) -> str:
        return moment(at, self._zone)

    def decision(self, fact: Fact) -> str:
        body = fact.body
        mails = {ref: name for ref, name in self._mails.items() if ref}
        told = sentences.Told(
            str(fact.name), body.get("fired_at"), body.get("decided_at"), self._zone, mails, self._events, self._changed_by
        )
        text = sentences.sentence(str(fact.word).removesuffix(AGAIN), told, body.get("evidence") or {})
        return f"{text} Variant: {fact.variant}." if fact.variant and fact.word == Reason.SENT else text

    def candidate(self, fact: Fact) -> str:
        body = fact.body
        wait = f"; it is decided at {self._time(body['decide_at'])}" if body.get("decide_at") else ""
        whose = f", for a device nobody owned yet ({fact.about})" if fact.about and body.get("device_id") == fact.about else ""
        return f"{fact.name} found a reason to write{whose} (occasion {_short(body.get('occasion'))}){wait}."

    def send(self, fact: Fact) -> str:
        body = fact.body
        return f"The mail of {fact.name} was handed on: template {body.get('template')}, to {body.get('destination')}."

    def outcome(self, fact: Fact) -> str:
        body, name = fact.body, self._mails.get(fact.ref) or f"mail {fact.ref}"
        where, why = f"the e-mail platform ({body.get('destination')})", f": {body['reason']}" if body.get("reason") else ""
        if fact.word == "retrying" and body.get("reason") == "recheck":
            return f"The mail of {name}: it has waited on its way to {where}; the gate is asked whether it may still go out."
        text = _OUTCOMES.get(str(fact.word), "{where}: {word}{why}.").format(where=where, why=why, word=fact.word)
        tries = f" ({count(body['attempts'], 'attempt')})" if body.get("attempts") else ""
        return f"The mail of {name}: {text[:-1]}{tries}."

    def identity(self, fact: Fact) -> str:
        device, who = fact.body.get("device_id"), fact.body.get("person_id")
        if device in self._person.former:
            return f"Person {device} became one with person {who}."
        return f"Device {device} turned out to be person {who}'s."

    def profile(self, fact: Fact) -> str:
        before, self._profile = self._profile, fact.body
        changes = list(_changes(before, fact.body, self._zone))
        whose = f" of {fact.about}" if fact.about else ""
        if not changes:
            return ""
        return f"The CRM's profile{whose}{'' if before is None else ' changed'}: {listed(changes)}."

    def event(self, fact: Fact) -> str:
        return activity.event(fact, self._mails.get(fact.ref) or fact.name)

    def cart(self, fact: Fact) -> str:
        return activity.cart(fact, self._zone)

    def session(self, fact: Fact) -> str:
        return activity.session(fact, self._zone)

    def control(self, _: Fact) -> str:
        return ""


_TELL: dict[Kind, Callable[[_Teller, Fact], str]] = {
    Kind.DECISION: _Teller.decision,
    Kind.SEND: _Teller.send,
    Kind.OUTCOME: _Teller.outcome,
    Kind.CANDIDATE: _Teller.candidate,
    Kind.CART: _Teller.cart,
    Kind.SESSION: _Teller.session,
    Kind.IDENTITY: _Teller.identity,
    Kind.PROFILE: _Teller.profile,
    Kind.EVENT: _Teller.event,
    Kind.CONTROL: _Teller.control,
}
_OUTCOMES = {
    "accepted": "{where} accepted it.",
    "rejected": "{where} refused it for good{why}.",
    "expired": "it was too late to hand it on to {where}.",
    "cancelled": "it was stopped before it reached {where}.",
    "dead": "{where} could not be reached in time, and it was given up{why}.",
    "retrying": "{where} did not take it yet{why}; it is tried again.",
    "unknown": "{where} did not answer, so nobody knows whether it took it.",
}


def _changes(before: Body | None, now: Body, zone: str) -> Iterator[str]:
    """What a profile says that the one before did not."""
    earlier = before or {}
    if before is None or bool(earlier.get("has_address")) != bool(now.get("has_address")):
        yield "there is an e-mail address" if now.get("has_address") else "there is no e-mail address"
    for purpose, consent in sorted((now.get("consent") or {}).items()):
        if not isinstance(consent, dict) or (earlier.get("consent") or {}).get(purpose) == consent:
            continue
        source, at = consent.get("source"), consent.get("at")
        told = ", ".join(
            [f"version {consent.get('version')}", *([str(source)] if source else []), *([moment(at, zone)] if at else ["no time"])]
        )
        yield f"{purpose} is {'agreed to' if consent.get('granted') else 'refused'} ({told})"
    for purpose in sorted(set(earlier.get("consent") or {}) - set(now.get("consent") or {})):
        yield f"nothing is said of {purpose} any more"
    if before is None and not now.get("consent"):
        yield "nothing is agreed to"
    if earlier.get("suppressed") != now.get("suppressed"):
        yield f"on the suppression list ({now['suppressed']})" if now.get("suppressed") else "off the suppression list"
    if now.get("timezone") and earlier.get("timezone") != now["timezone"]:
        yield f"the time zone is {now['timezone']}"


def _short(text: object) -> str:
    shown = str(text)
    return shown if len(shown) <= 24 else f"{shown[:12]}…"
