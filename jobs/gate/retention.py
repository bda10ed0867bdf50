"""How long the gate remembers, all in event time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from jobs.definitions.trigger import Trigger
from jobs.durations import millis

DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class GateSettings:
    """Durations in ms.

    cancels_ms: a cancel event counts up to this long before D, even if `since` lies further back.
    decided_ms: how long a physical repeat of a candidate is known as one; more than Kafka keeps the topic.
    sends_ms: how long the same trigger_id is a duplicate. A send outlives it while the cooldown it was sent with needs it: a cooldown
    that is raised beyond both later finds only the sends that are still there.
    forget_ms: a person of whom nothing new came for so long, by the wall clock, is forgotten; longer than all of the above.
    """

    cancels_ms: int = 8 * DAY_MS
    decided_ms: int = 8 * DAY_MS
    sends_ms: int = 30 * DAY_MS
    forget_ms: int = 60 * DAY_MS


def long_enough_for(triggers: Iterable[Trigger]) -> GateSettings:
    """What these need: a candidate that waits `send_after` asks for cancels since it fired, a cooldown for sends as long ago."""
    headers = [trigger.header for trigger in triggers]
    wait = millis(max((header.send_after for header in headers), default=timedelta(0)))
    cooldown = millis(max((header.cooldown for header in headers), default=timedelta(0)))
    cancels = 8 * DAY_MS + wait
    return GateSettings(
        cancels_ms=cancels, decided_ms=8 * DAY_MS, sends_ms=30 * DAY_MS, forget_ms=30 * DAY_MS + max(cancels, cooldown, 30 * DAY_MS)
    )
