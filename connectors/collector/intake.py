"""Receipts into Kafka: suppressions and withdrawals first, then the events; all of it acknowledged before anybody says thanks."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from connectors.collector import consent_changes
from connectors.collector.errors import KafkaAwayError
from connectors.collector.index import Index, Send
from connectors.collector.log_writer import LogWriter, Record
from connectors.collector.people import PROFILES, People
from connectors.collector.receipts.receipt import Receipt
from connectors.collector.segment_events import raw_event
from connectors.topics import TOPICS

EVENTS = TOPICS["events.raw"].name
_TRIES = 5


@dataclass(frozen=True)
class Taken:
    """written: events. ignored: receipts nobody has a word for. changed: profiles."""

    written: int
    ignored: int
    changed: int


class Intake:
    """The one place that writes what platforms report."""

    def __init__(self, people: People, found: Index, log: LogWriter, clock: Callable[[], datetime]) -> None:
        self._people, self._index, self._log, self._clock = people, found, log, clock
        self._one_profile_at_a_time = threading.Lock()

    def take(self, provider: str, receipts: Sequence[Receipt]) -> Taken:
        """All of it is in the log on return; a repeat changes nothing. Raises: KafkaAwayError, after which a repeat is due."""
        if not self._people.is_ready:
            raise KafkaAwayError("people are still being read")
        now = _text(self._clock())
        records: list[Record] = []
        changed = 0
        for receipt in receipts:
            send = self._index.send(receipt.trigger_id) if receipt.trigger_id else None
            people = self._people_of(receipt, send)
            if consent_changes.matters(receipt):
                changed += sum(self._change(person, receipt, send, provider, now) for person in people)
            line = raw_event(provider, receipt, people[0] if people else None, send.trigger if send else None, now)
            if line is not None:
                records.append(Record(EVENTS, line[0], json.dumps(line[1], ensure_ascii=False).encode()))
        self._log.write(records)
        return Taken(len(records), len(receipts) - len(records), changed)

    def _people_of(self, receipt: Receipt, send: Send | None) -> list[str]:
        # our own log knows best whom we mailed; what the platform hands back outlives it; an address may be several people's
        if send is not None:
            return [send.person]
        if receipt.person_id is not None:
            return [receipt.person_id]
        return self._index.people(receipt.recipient) if receipt.recipient else []

    def _change(self, person: str, receipt: Receipt, send: Send | None, provider: str, now: str) -> bool:
        """Whether the profile was written anew.

        The CRM writes whole rows too: one that came between our reading and our writing is changed in turn.
        """
        purpose, wrote = send.purpose if send else None, False
        with self._one_profile_at_a_time:
            place = self._people.place(person)
            base = place.offset if place else -1
            for _ in range(_TRIES):
                profile = self._people.row(person, place.partition, base) if place else None
                row = consent_changes.changed(profile, receipt, purpose, provider, now) if profile else None
                if place is None or row is None:
                    return wrote
                (offset,) = self._log.write([Record(PROFILES, person, json.dumps(row, ensure_ascii=False).encode(), place.partition)])
                wrote = True
                place = self._people.place(person)
                if place is None or (place.offset == offset and place.before == base):
                    return True
                base = place.before if place.offset == offset else place.offset
        return wrote


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
