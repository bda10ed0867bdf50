"""The gate's state machine. Pure: state, inputs and times in, decisions out; `operator.py` puts it into Flink."""

from __future__ import annotations

from jobs.gate.cancels import CancelEvent
from jobs.gate.candidates import Candidate
from jobs.gate.checks import CHECKS
from jobs.gate.decisions import Decision, Evidence, Send, consent_evidence
from jobs.gate.facts import Facts
from jobs.gate.reasons import Reason
from jobs.gate.retention import GateSettings
from jobs.gate.state import PersonState


class Machine:
    """Decides one person's candidates. Holds no state of its own: one machine serves all people.

    Times are epoch ms of event time. now_ms is the watermark; it never makes a decision, at most it tells what may be forgotten.
    """

    def __init__(self, settings: GateSettings) -> None:
        self._settings = settings

    def on_candidate(self, state: PersonState, candidate: Candidate, now_ms: int) -> list[int]:
        """Takes a candidate in. Returns: times at which to call on_timer; none for a physical repeat."""
        if state.knows(candidate):
            return []
        state.add_pending(candidate)
        return [candidate.decide_at]

    def on_cancel(self, state: PersonState, cancel: CancelEvent, now_ms: int) -> list[int]:
        """Remembers an event that may cancel. It may lie after D of a waiting candidate: its time is kept, D decides.

        Returns: times at which to call on_timer; none, for what has been sent stays sent here.
        """
        state.add_cancel(cancel)
        state.prune(self._settings, now_ms)
        return []

    def on_timer(self, state: PersonState, at_ms: int) -> list[Decision]:
        """Decides every candidate with D ≤ at_ms, by D, then priority (higher first), T, trigger_id: each sees the sends before it."""
        facts = Facts(state, self._settings)
        decisions = []
        for candidate in state.take_due(at_ms):
            decision = _decide(candidate, facts)
            state.add_decided(candidate)
            if decision.sent:
                keep_until = decision.decided_at + max(self._settings.sends_ms, candidate.cooldown_ms)
                state.add_send(Send(candidate.trigger, candidate.trigger_id, decision.decided_at, keep_until))
            decisions.append(decision)
        state.prune(self._settings, at_ms)
        return decisions


def _decide(candidate: Candidate, facts: Facts) -> Decision:
    decide_at = candidate.decide_at
    for check in CHECKS:
        refusal = check(candidate, facts, decide_at)
        if refusal is not None:
            return Decision(candidate, refusal.reason, decide_at, refusal.evidence)
    return Decision(candidate, Reason.SENT, decide_at, _grounds(candidate))


def _grounds(candidate: Candidate) -> Evidence:
    """Why it could be sent: the consents it rests on."""
    return {
        "consent_at_fire": consent_evidence(candidate.consent_as_of_fire),
        "consent_at_decision": consent_evidence(candidate.consent_as_of_decision),
    }
