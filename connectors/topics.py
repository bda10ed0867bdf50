"""Every Kafka topic of the suite, once: name, key, schema, clean-up, retention, who may be named in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

Clock = Literal["wall", "job", "none"]
DAY = timedelta(days=1)
MEGABYTE = 1_048_576


@dataclass(frozen=True)
class Topic:
    """One topic.

    schema: file in `sql/schemas/` that every value (but tombstones) satisfies.
    clock: who writes its heartbeats: `wall` = ingest by the wall clock, `job` = the job that writes the rows, from its watermark.
    personal: what the rows say of a person: `none`, `pseudonym` (ids, behaviour) or `address` (can hold an e-mail address).
    """

    name: str
    key: str
    schema: str
    clock: Clock
    personal: Literal["none", "pseudonym", "address"]
    retention: timedelta = 7 * DAY
    compact: bool = False
    append_time: bool = False
    """Kafka stamps records on arrival. Only where producers' clocks must not count."""
    max_bytes: int = MEGABYTE

    def config(self) -> dict[str, str]:
        """Kafka's topic configuration."""
        config = {
            "cleanup.policy": "compact" if self.compact else "delete",
            "message.timestamp.type": "LogAppendTime" if self.append_time else "CreateTime",
            "max.message.bytes": str(self.max_bytes),
        }
        if self.compact:
            # readers that were down must still see a tombstone: an erased person must not come back (reliability.md, 3)
            config |= {"delete.retention.ms": _ms(7 * DAY), "min.compaction.lag.ms": _ms(DAY)}
        else:
            config["retention.ms"] = _ms(self.retention)
        return config


def _ms(duration: timedelta) -> str:
    return str(duration // timedelta(milliseconds=1))


TOPICS: dict[str, Topic] = {
    topic.name: topic
    for topic in (
        Topic("events.raw", "device", "events.raw", "wall", "address", append_time=True, max_bytes=8 * MEGABYTE),
        Topic("events", "device_id", "events", "job", "pseudonym"),
        Topic("carts", "device_id", "carts", "job", "pseudonym"),
        Topic("sessions", "device_id", "sessions", "job", "pseudonym"),
        Topic("identities", "device_id", "identities", "job", "pseudonym", compact=True),
        Topic("profiles", "person_id", "profiles", "wall", "address", compact=True),
        Topic("catalog", "product_id", "catalog", "wall", "none", compact=True, append_time=True),
        Topic("control", "key", "control", "wall", "none", compact=True),
        Topic("trigger_candidates", "person_id", "trigger_candidates", "job", "pseudonym"),
        Topic("trigger_decisions", "person_id", "trigger_decisions", "none", "pseudonym", retention=30 * DAY),
        Topic("triggers", "person_id", "triggers", "none", "address"),
        Topic("triggers.retry", "person_id", "triggers.retry", "none", "address"),
        Topic("delivery_outcomes", "person_id", "delivery_outcomes", "wall", "pseudonym", retention=30 * DAY),
        Topic("dead_letters", "origin", "dead_letters", "none", "address", retention=30 * DAY, max_bytes=16 * MEGABYTE),
        # kept longer than any letter: a letter whose state is forgotten would be open again
        Topic("dead_letters.state", "letter", "dead_letters.state", "none", "none", retention=60 * DAY),
    )
}
