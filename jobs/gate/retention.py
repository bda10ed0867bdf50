"""How long the gate remembers, all in event time, and the other numbers it was started with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from jobs.definitions.trigger import Trigger
from jobs.durations import millis
from jobs.gate import rules
from jobs.gate.rules import Rules
from jobs.settings import LONGEST_CAP, Gate, Settings

DAY_MS = 86_400_000
_LONGEST_CAP_MS = millis(LONGEST_CAP) + DAY_MS
"""To that caps may be raised while the gate runs; a local day may begin a day earlier."""


@dataclass(frozen=True, slots=True)
class GateSettings:
    """Durations in ms.

    cancels_ms: a cancel event counts up to this long before D, even if `since` lies further back.
    decided_ms: how long a physical repeat of a candidate is known as one; more than Kafka keeps the topic.
    duplicate_ms: how long the same occasion is a duplicate. sends_ms: how long a send is kept at least; it outlives that while the cooldown
    it was sent with needs it: a cooldown that is raised beyond both later finds only the sends that are still there.
    forget_ms: a person of whom nothing new came for so long, by the wall clock, is forgotten; longer than all of the above.
    arbitration_ms: the window in which candidates of a person compete. tenant, epoch: part of every trigger_id.
    """

    rules: Rules = field(default_factory=lambda: rules.rules(Gate()))
    arbitration_ms: int = 30_000
    tenant: str = "default"
    epoch: int = 1
    cancels_ms: int = 8 * DAY_MS
    decided_ms: int = 8 * DAY_MS
    duplicate_ms: int = 30 * DAY_MS
    sends_ms: int = _LONGEST_CAP_MS
    forget_ms: int = 62 * DAY_MS

    def keep_until(self, at_ms: int, cooldown_ms: int) -> int:
        """Up to when a send of at_ms is asked for by its own cooldown; 0 = no longer than all are."""
        return at_ms + cooldown_ms if cooldown_ms > self.sends_ms else 0


def long_enough_for(triggers: Iterable[Trigger], config: Settings) -> GateSettings:
    """What these need: a candidate that waits `send_after` asks for cancels since it fired, a cooldown for sends as long ago."""
    headers = [trigger.header for trigger in triggers]
    wait = millis(max((header.send_after for header in headers), default=timedelta(0)))
    cooldown = millis(max((header.cooldown for header in headers), default=timedelta(0)))
    plain = GateSettings()
    cancels = plain.cancels_ms + wait
    return GateSettings(
        rules=rules.rules(config.gate),
        arbitration_ms=millis(config.times.arbitration),
        tenant=config.tenant,
        epoch=config.epoch,
        cancels_ms=cancels,
        forget_ms=30 * DAY_MS + max(cancels, cooldown, plain.sends_ms),
    )
