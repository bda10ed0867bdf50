"""Nobody gets more mail than the caps allow."""

from __future__ import annotations

from jobs.gate.decisions import Refusal, Send, send_evidence
from jobs.gate.facts import Facts
from jobs.gate.reasons import Reason
from jobs.gate.rules import CapRule


def check_capped(facts: Facts) -> Refusal | None:
    """Refuse when what was sent before the window fills a cap; who is sent within it, arbitration decides."""
    for cap in facts.caps:
        before = [send for send in facts.in_span(cap) if send.decided_at < facts.window_start]
        if len(before) >= cap.limit:
            return Refusal(Reason.CAPPED, _evidence(cap, before))
    return None


def _evidence(cap: CapRule, sends: list[Send]) -> dict[str, object]:
    return {
        "class": cap.class_,
        "channel": cap.channel,
        "limit": cap.limit,
        "per_ms": cap.per_ms,
        "calendar": cap.calendar,
        "sends": [send_evidence(send) for send in sends[: cap.limit]],
    }
