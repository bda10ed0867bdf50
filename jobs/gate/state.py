"""What the gate remembers of one person."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from jobs.gate import snapshots
from jobs.gate.cancels import CancelEvent
from jobs.gate.candidates import Candidate
from jobs.gate.control import Change
from jobs.gate.decisions import Send
from jobs.gate.hashing import repeat_key
from jobs.gate.profiles import Facts

Row = Any  # list or tuple, in the order the comments below give
_DECIDE_AT, _FIRED_AT, _SOURCE_ID = (Candidate._fields.index(name) for name in ("decide_at", "fired_at", "source_id"))
OPEN_FIELDS = (
    "trigger_id", "trigger", "version", "person_id", "purpose", "fired_at", "since", "decide_at", "expires_at", "cancel_on",
    "identified_at", "merged_from", "cooldown_ms", "pack", "timezone",
)  # fmt: skip
"""What is kept of a candidate that was sent. Behind it: up to which time requests to look again are answered, epoch ms."""
_CHECKED = len(OPEN_FIELDS)
_OPEN_ID, _OPEN_DECIDED, _OPEN_UNTIL = (OPEN_FIELDS.index(name) for name in ("trigger_id", "decide_at", "expires_at"))
_UNKNOWN: dict[str, Any] = dict.fromkeys(Candidate._fields, "") | {"held": False, "class_": "marketing", "channel": "email"}
_RETURNED_AT = Send._fields.index("returned_at")


class PersonState:
    """One person's memory. Rows stay as JSON gives them and become facts only when asked for: most inputs look at few of them."""

    __slots__ = (
        "cancels",
        "changes",
        "decided",
        "links",
        "merged",
        "merged_into",
        "open",
        "pending",
        "profiles",
        "rechecks",
        "returned",
        "sends",
        "shares",
    )

    def __init__(self) -> None:
        self.cancels: list[Row] = []  # CancelEvent
        self.sends: list[Row] = []  # Send
        self.rechecks: list[Row] = []  # trigger_id, at, whether it is the end of a hold
        self.returned: list[Row] = []  # trigger_id, at: of sends still to be decided, or given back more than once
        self.decided: list[Row] = []  # hashing.repeat_key, decided_at
        self.pending: list[Row] = []  # Candidate
        self.open: list[Row] = []  # Sent: may still be cancelled
        self.profiles: dict[str, list[Row]] = {}  # id of the person, or of one merged into it → [valid_from, facts or None], by time
        self.changes: list[Row] = []  # control.Change
        self.links: list[Row] = []  # at, how, one id, the other: not in force yet
        self.merged: list[str] = []  # ids that are this person now
        self.merged_into: str | None = None  # who this person is now
        self.shares: list[Row] = []  # other person, from when on: have had the same address

    @classmethod
    def from_bytes(cls, data: bytes | None) -> PersonState:
        """None = a person never seen. Raises: SnapshotError."""
        state = cls()
        if data is not None:
            for name, value in snapshots.unpack(data).items():
                setattr(state, name, value)
        return state

    @classmethod
    def from_text(cls, text: str) -> PersonState:
        """What `to_bytes` gave, without the version byte: from one operator of a job to another."""
        return cls.from_bytes(bytes((snapshots.VERSION,)) + text.encode())

    def to_text(self) -> str:
        """What `from_text` reads."""
        return self.to_bytes()[1:].decode()

    def to_bytes(self) -> bytes:
        return snapshots.pack({name: value for name in PersonState.__slots__ if (value := getattr(self, name))})

    def __bool__(self) -> bool:
        """False: nothing is remembered, the adapter may drop the state."""
        return any(getattr(self, name) for name in PersonState.__slots__)

    # ---- what came in

    def add_cancel(self, cancel: CancelEvent) -> bool:
        """The same event_id again changes nothing, but that it may count earlier. Returns: whether it is new or counts earlier."""
        for place, row in enumerate(self.cancels):
            if row[1] == cancel.event_id:
                if _known_at(row) <= cancel.known_at:
                    return False
                self.cancels[place] = _short(cancel)
                return True
        self.cancels.append(_short(cancel))
        return True

    def add_profile(self, person: str, valid_from: int, facts: Facts | None) -> None:
        """One version; a second one of the same instant replaces the first."""
        versions = self.profiles.setdefault(person, [])
        place = len(versions)
        while place and versions[place - 1][0] > valid_from:
            place -= 1
        if place and versions[place - 1][0] == valid_from:
            versions[place - 1] = [valid_from, facts]
        else:
            versions.insert(place, [valid_from, facts])

    def add_change(self, change: Change) -> None:
        if list(change) not in [list(row) for row in self.changes]:
            self.changes.append(tuple(change))

    def add_pending(self, candidate: Candidate) -> None:
        self.pending.append(tuple(candidate))

    def add_open(self, candidate: Candidate) -> None:
        self.open.append((*(getattr(candidate, name) for name in OPEN_FIELDS), 0))

    def add_recheck(self, trigger_id: str, at_ms: int, held: bool = False) -> None:
        row = (trigger_id, at_ms, int(held))
        if row not in map(tuple, self.rechecks):
            self.rechecks.append(row)

    def drop_recheck(self, trigger_id: str, at_ms: int, held: bool) -> None:
        self.rechecks = [row for row in self.rechecks if tuple(row) != (trigger_id, at_ms, int(held))]

    def checked(self, trigger_id: str, until_ms: int) -> None:
        """Requests of this send up to then are answered."""
        self.open = [(*row[:_CHECKED], until_ms) if row[_OPEN_ID] == trigger_id else row for row in self.open]

    def add_send(self, send: Send) -> None:
        self.sends.append(tuple(send) if send.returned_at is not None else tuple(send)[:_RETURNED_AT])
        self._put_returned(send.trigger_id)

    def add_decided(self, candidate: Candidate) -> None:
        self.decided.append((repeat_key(*candidate.key), candidate.decide_at))

    def give_back(self, trigger_id: str, at_ms: int) -> None:
        """The send reached nobody; it counts no more from then on. Earlier news wins."""
        if (trigger_id, at_ms) not in map(tuple, self.returned):
            self.returned.append((trigger_id, at_ms))
        self._put_returned(trigger_id)

    def take_place(self, trigger_id: str, at_ms: int, keep_until: int) -> None:
        """The send that was given back counts again, as one of then; until it is given back once more."""
        for place, row in enumerate(self.sends):
            if row[1] == trigger_id:
                send = Send(*row)._replace(decided_at=at_ms, keep_until=keep_until, returned_at=None)
                self.sends[place] = tuple(send)[:_RETURNED_AT]
        self.returned = [row for row in self.returned if row[0] != trigger_id or row[1] > at_ms]
        self._put_returned(trigger_id)

    def _put_returned(self, trigger_id: str) -> None:
        """Moves the earliest news to its send, if that is known."""
        place = next((place for place, row in enumerate(self.sends) if row[1] == trigger_id), None)
        if place is None:
            return
        send = Send(*self.sends[place])
        told = [row[1] for row in self.returned if row[0] == trigger_id]
        told += [] if send.returned_at is None else [send.returned_at]
        if told:
            earliest = min(told)
            self.sends[place] = tuple(send._replace(returned_at=earliest))
            later = [(trigger_id, at) for at in dict.fromkeys(told) if at != earliest]
            self.returned = [*(row for row in self.returned if row[0] != trigger_id), *later]

    def take_over(self, other: PersonState) -> None:
        """Becomes the other, keeping what was known here already (links that came first)."""
        for name in PersonState.__slots__:
            mine, theirs = getattr(self, name), getattr(other, name)
            if isinstance(mine, list):
                setattr(self, name, [*theirs, *(row for row in mine if list(row) not in [list(known) for known in theirs])])
            elif isinstance(mine, dict):
                setattr(self, name, theirs | mine)
            else:
                setattr(self, name, theirs or mine)

    # ---- what is asked

    def cancels_of(self, events: Collection[str], since: int, until: int, known_by: int) -> list[CancelEvent]:
        """Those of these names with t in [since, until] that count by `known_by`, earliest first."""
        found = [
            CancelEvent(row[0], row[1], row[2], _known_at(row))
            for row in self.cancels
            if since <= row[0] <= until and row[2] in events and _known_at(row) <= known_by
        ]
        found.sort()
        return found

    def all_cancels(self) -> list[CancelEvent]:
        return [CancelEvent(row[0], row[1], row[2], _known_at(row)) for row in self.cancels]

    def all_sends(self) -> list[Send]:
        return [Send(*row) for row in self.sends]

    def profile(self, person: str, at_ms: int) -> Facts | None:
        """What the version as of then said; None = there was none, or a tombstone."""
        found: Facts | None = None
        for valid_from, facts in self.profiles.get(person, ()):
            if valid_from > at_ms:
                break
            found = facts
        return found

    def all_changes(self) -> Iterable[Change]:
        return (Change(*row) for row in self.changes)

    def waiting(self) -> list[Candidate]:
        return [Candidate.from_state(row) for row in self.pending]

    def send(self, trigger_id: str) -> Send | None:
        """The send of this id."""
        return next((Send(*row) for row in self.sends if row[1] == trigger_id), None)

    def reopened(self, trigger_id: str, at_ms: int) -> Candidate | None:
        """What was sent under this id, if a request of then counts: after D and the last one answered, within max_age, none held.

        Class and channel are in `send`.
        """
        if any(row[0] == trigger_id and row[2] for row in self.rechecks):
            return None
        for row in self.open:
            if row[_OPEN_ID] == trigger_id:
                return _opened(row) if max(row[_OPEN_DECIDED], row[_CHECKED]) < at_ms <= row[_OPEN_UNTIL] else None
        return None

    def still_open(self) -> list[Candidate]:
        """What was sent and may still be cancelled, as far as that needs to know it."""
        return [_opened(row) for row in self.open]

    def take_due(self, at_ms: int) -> list[Candidate]:
        """Takes out the candidates with D ≤ at_ms."""
        due = [Candidate.from_state(row) for row in self.pending if row[_DECIDE_AT] <= at_ms]
        if due:
            self.pending = [row for row in self.pending if row[_DECIDE_AT] > at_ms]
        return due

    def knows(self, candidate: Candidate) -> bool:
        """Whether this is a physical repeat: the same source_id and fired_at waits or was decided."""
        source_id, fired_at = candidate.key
        if self.decided:
            key = repeat_key(source_id, fired_at)
            if any(row[0] == key for row in self.decided):
                return True
        return any(row[_SOURCE_ID] == source_id and row[_FIRED_AT] == fired_at for row in self.pending)

    def timers(self) -> set[int]:
        """When something here falls due: candidates, requests to look again, links."""
        return {row[_DECIDE_AT] for row in self.pending} | {row[1] for row in self.rechecks} | {link[0] for link in self.links}

    def next_due(self) -> int | None:
        """The earliest D, or request to look again, that waits."""
        return min((*(row[_DECIDE_AT] for row in self.pending), *(row[1] for row in self.rechecks)), default=None)


def _opened(row: Row) -> Candidate:
    known = dict(zip(OPEN_FIELDS, row, strict=False))
    return Candidate(**(_UNKNOWN | known | {"cancel_on": tuple(known["cancel_on"])}))


def _short(cancel: CancelEvent) -> Row:
    """Without known_at where it is t, as it nearly always is."""
    return tuple(cancel) if cancel.known_at != cancel.at else tuple(cancel)[:3]


def _known_at(row: Row) -> int:
    return int(row[3] if len(row) > 3 else row[0])
