"""How long the gate remembers, all in event time."""

from __future__ import annotations

from dataclasses import dataclass

DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class GateSettings:
    """Durations in ms.

    cancels_ms: a cancel event counts up to this long before D, even if `since` lies further back.
    decided_ms: how long a physical repeat of a candidate is known as one; more than Kafka keeps the topic.
    sends_ms: how long the same trigger_id is a duplicate. A send outlives it while the cooldown it was sent with needs it: a cooldown
    that is raised beyond both later finds only the sends that are still there.
    """

    cancels_ms: int = 8 * DAY_MS
    decided_ms: int = 8 * DAY_MS
    sends_ms: int = 30 * DAY_MS
