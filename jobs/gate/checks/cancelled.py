"""What the mail asks for had happened when the trigger fired."""

from __future__ import annotations

from jobs.gate.cancels import ORDER
from jobs.gate.decisions import Refusal, event_evidence
from jobs.gate.facts import Facts
from jobs.gate.reasons import Reason


def check_cancelled(facts: Facts) -> Refusal | None:
    """Refuse when an event of `cancel_on` has t in [since, T]: `ordered` if one of them is an order, else `cancelled`."""
    one = facts.candidate
    events = facts.cancels(one.cancel_on, one.since, one.fired_at)
    if not events:
        return None
    order = next((event for event in events if event.event == ORDER), None)
    if order is not None:
        return Refusal(Reason.ORDERED, event_evidence(order))
    return Refusal(Reason.CANCELLED, event_evidence(events[0]))
