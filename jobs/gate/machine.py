"""The gate's state machine. Pure: people's states, inputs and times in, decisions out; `operator.py` puts it into Flink."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from jobs.gate import inbox, profiles, rechecks
from jobs.gate.cancels import CancelEvent
from jobs.gate.candidates import Candidate
from jobs.gate.checks import ALONE, first_refusal
from jobs.gate.decisions import Decision, Evidence, Send, consent_evidence, counted_as, event_evidence, with_history
from jobs.gate.facts import Facts
from jobs.gate.hashing import address_key
from jobs.gate.inbox import Input
from jobs.gate.instants import to_text
from jobs.gate.merging import Crossing, apply_links
from jobs.gate.people import People
from jobs.gate.pruning import prune
from jobs.gate.reasons import Reason
from jobs.gate.retention import GateSettings
from jobs.gate.state import PersonState
from jobs.gate.variants import variant_of

GIVEN_BACK = frozenset({"rejected", "dead", "expired", "cancelled"})
"""Final outcomes by which nobody got a mail."""
Timers = list[tuple[str, int]]
"""(person, epoch ms) at which `due` is to be called."""


class Machine:
    """Decides candidates. Holds no state of its own: one machine serves all people.

    Times are epoch ms of event time. now_ms is the watermark; it never makes a decision, at most it tells what may be forgotten.
    """

    def __init__(self, settings: GateSettings) -> None:
        self._settings = settings

    def receive(self, people: People, row: Input, now_ms: int) -> tuple[Timers, list[Decision]]:
        """Takes one row in. A fact may lie after D of a waiting candidate: its time is kept, D decides.

        Returns: when to call `due`; decisions that come at once (cancels of what is sent).
        Raises: ContractError, with nothing changed.
        """
        if row.kind == "candidate":
            return self._candidate(people, row), []
        if row.kind == "cancel":
            return [], self._cancel(people, row, now_ms)
        if row.kind == "profile":
            return [], self._profile(people, row)
        if row.kind == "outcome":
            return self._outcome(people, row), []
        if row.kind == "control":
            people.state(people.now(row.person_id)).add_change(inbox.change(row))
        elif row.kind == "link":
            return self._link(people, row), []
        return [], []

    def due(self, people: People, persons: Collection[str], at_ms: int) -> list[Decision]:
        """Decides every candidate of these people with D ≤ at_ms, by D and rank: each sees the sends before it.

        And every request to look again with R ≤ at_ms, before the candidates of its instant.
        """
        decisions: list[Decision] = []
        for person in sorted(persons):
            for crossing in apply_links(people, person, at_ms, self._settings):
                decisions += _crossed(crossing)
        waiting = {people.now(person) for person in persons}
        due = self._take_due(people, waiting, at_ms)
        while True:
            due.sort(key=lambda candidate: (candidate.decide_at, candidate.rank))
            request = rechecks.first_due(people, waiting, at_ms)
            if request is not None and (not due or request.at <= due[0].decide_at):
                answer = rechecks.answer(people, request, self._settings)
                decisions += [] if answer is None else [answer]
                continue
            if not due:
                break
            # those behind it are rivals of this one, so they have to be in the state
            one, rest = due[0], due[1:]
            for other in rest:
                people.state(other.person_id).add_pending(other)
            decision = self._decide(people, one)
            decisions += [decision, *self._known_already(people, decision)] if decision.sent else [decision]
            due = self._take_due(people, waiting, at_ms) if rest else []
        for person in waiting:
            prune(people.state(person), self._settings, at_ms)
        return decisions

    def _take_due(self, people: People, persons: Iterable[str], at_ms: int) -> list[Candidate]:
        return [candidate for person in sorted(persons) for candidate in people.state(person).take_due(at_ms)]

    # ---- rows

    def _outcome(self, people: People, row: Input) -> Timers:
        told = inbox.outcome(row)
        person = people.now(row.person_id)
        if told.outcome in GIVEN_BACK:
            people.state(person).give_back(told.trigger_id, row.at)
        elif told.asks_again:
            people.state(person).add_recheck(told.trigger_id, row.at)
            return [(person, row.at)]
        return []

    def _candidate(self, people: People, row: Input) -> Timers:
        known, person = inbox.known(row), people.now(row.person_id)
        state = people.state(person)
        candidate = inbox.candidate(row).belonging_to(person, self._settings.tenant, self._settings.epoch)
        if person != row.person_id:
            candidate = candidate._replace(merged_from=row.person_id)
        if state.knows(candidate):
            return []
        for valid_from, facts in known.profile:
            state.add_profile(row.person_id, valid_from, facts)
        for change in known.changes:
            state.add_change(change)
        state.add_pending(candidate)
        return [(person, candidate.decide_at)]

    def _cancel(self, people: People, row: Input, now_ms: int) -> list[Decision]:
        cancel = inbox.cancel(row)
        state = people.state(people.now(row.person_id))
        news = state.add_cancel(cancel)
        decisions = list(self._after_send(state, cancel)) if news and state.open else []
        prune(state, self._settings, now_ms)
        return decisions

    def _profile(self, people: People, row: Input) -> list[Decision]:
        valid_from, facts = inbox.profile(row)
        person = people.now(row.person_id)
        state = people.state(person)
        state.add_profile(row.person_id, valid_from, facts)
        versions = state.profiles[row.person_id]
        return [one for sent in state.still_open() for one in _withdrawals(versions, sent, (row.person_id, person), valid_from, valid_from)]

    def _link(self, people: People, row: Input) -> Timers:
        link, known = inbox.link(row), inbox.known(row)
        person = people.now(row.person_id)
        state = people.state(person)
        for valid_from, facts in known.profile:
            state.add_profile(row.person_id, valid_from, facts)
        told = (row.at, link.how, link.one, link.other)
        if told in [tuple(one) for one in state.links]:
            return []
        state.links.append(told)
        return [(person, row.at)]

    # ---- decisions

    def _decide(self, people: People, candidate: Candidate) -> Decision:
        at, state = candidate.decide_at, people.state(candidate.person_id)
        facts = Facts(candidate, at, people, self._settings, lambda rival, now: self._would_pass(people, rival, now))
        refusal = first_refusal(facts)
        variant = variant_of(candidate, self._settings.epoch)
        if refusal is not None:
            if refusal.until is not None:
                state.add_pending(candidate._replace(decide_at=refusal.until, held=True))
            else:
                state.add_decided(candidate)
            return Decision(candidate, refusal.reason, at, with_history(candidate, refusal.evidence), variant)
        state.add_decided(candidate)
        consent = facts.consent(at, facts.profile)[0]
        address = facts.address or ""
        self._remember(state, candidate, facts.occasion, address)
        at_fire = facts.consent(candidate.fired_at, facts.profile_at_fire)[0]
        grounds = {"consent_at_fire": consent_evidence(at_fire), "consent_at_decision": consent_evidence(consent)}
        return Decision(candidate, Reason.SENT, at, with_history(candidate, grounds), variant, address, consent)

    def _remember(self, state: PersonState, candidate: Candidate, occasion: str, address: str) -> None:
        one, at = candidate, candidate.decide_at
        keep_until = self._settings.keep_until(at, one.cooldown_ms)
        state.add_send(Send(one.trigger, one.trigger_id, at, keep_until, occasion, *counted_as(one), address_key(address)))
        state.add_open(candidate)

    def _would_pass(self, people: People, rival: Candidate, at_ms: int) -> bool:
        facts = Facts(rival, at_ms, people, self._settings, lambda _candidate, _now: False)
        return first_refusal(facts, ALONE) is None

    def _known_already(self, people: People, decision: Decision) -> Iterator[Decision]:
        """What counts only from after D, but is here: delivery need not wait for it."""
        sent, state = decision.candidate, people.state(decision.candidate.person_id)
        for cancel in state.cancels_of(sent.cancel_on, sent.since, sent.expires_at, sent.expires_at):
            if cancel.known_at > sent.decide_at:
                yield _cancelled(sent, cancel.known_at, event_evidence(cancel))
        for person, versions in state.profiles.items():
            yield from _withdrawals(versions, sent, (person, sent.person_id), sent.decide_at + 1, sent.expires_at)

    def _after_send(self, state: PersonState, cancel: CancelEvent) -> Iterator[Decision]:
        for sent in state.still_open():
            if cancel.event in sent.cancel_on and cancel.at >= sent.since and sent.decide_at < cancel.known_at <= sent.expires_at:
                yield _cancelled(sent, cancel.known_at, event_evidence(cancel))


def _cancelled(sent: Candidate, at_ms: int, evidence: Evidence) -> Decision:  # its variant is told by the row `sent`
    grounds = with_history(sent, {**evidence, "sent_at": to_text(sent.decide_at)})
    return Decision(sent, Reason.CANCELLED_AFTER_SEND, at_ms, grounds)


def _crossed(crossing: Crossing) -> Iterator[Decision]:
    """What one of two merged people did takes back what the other was sent."""
    for sent in crossing.sent:
        for cancel in crossing.cancels:
            counts_from = max(cancel.known_at, crossing.at)
            if cancel.event in sent.cancel_on and cancel.at >= sent.since and sent.decide_at < counts_from <= sent.expires_at:
                yield _cancelled(sent, counts_from, event_evidence(cancel))
        for person, versions in crossing.profiles.items():
            kept = [one for one in versions if one[1] is not None or crossing.until is None or one[0] < crossing.until]
            yield from _withdrawals(kept, sent, (person, crossing.person), crossing.at, sent.expires_at)


def _withdrawals(versions: Iterable[Any], sent: Candidate, whose: tuple[str, str], first: int, last: int) -> Iterator[Decision]:
    """Versions of a profile with a time in [first, last] by which it may no longer be sent. whose: the profile is; who they are now."""
    before: profiles.Facts | None = None
    for valid_from, facts in versions:
        allowed, before = before is not None and profiles.allows(before, sent.purpose), facts
        if not allowed or not max(first, sent.decide_at + 1) <= valid_from <= min(last, sent.expires_at):
            continue
        if facts is None and whose[0] not in (whose[1], sent.person_id):
            continue  # tidying up after a merge
        change = _taken_back(facts, sent.purpose)
        if change is not None:
            yield _cancelled(sent, valid_from, {"profile": change, "at": to_text(valid_from)})


def _taken_back(facts: profiles.Facts | None, purpose: str) -> str | None:
    if facts is None:
        return "erased"
    if facts.get("suppressed") is not None:
        return "suppressed"
    return None if profiles.allows(facts, purpose) else "consent_withdrawn"
