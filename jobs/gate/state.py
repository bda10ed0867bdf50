"""What the gate remembers of one person: cancel events, sends, decided candidates, candidates that wait for D."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from jobs.gate import snapshots
from jobs.gate.cancels import CancelEvent
from jobs.gate.candidates import Candidate
from jobs.gate.decisions import Send
from jobs.gate.retention import GateSettings

Row = Any  # list or tuple, in the order the comments below give
_TRIGGER_ID, _FIRED_AT, _DECIDE_AT = (Candidate._fields.index(name) for name in ("trigger_id", "fired_at", "decide_at"))


class PersonState:
    """One person's memory. Rows stay as JSON gives them and become facts only when asked for: most inputs look at few of them."""

    __slots__ = ("_cancels", "_decided", "_pending", "_sends")

    def __init__(self) -> None:
        self._cancels: list[Row] = []  # at, event_id, event
        self._sends: list[Row] = []  # trigger, trigger_id, decided_at, keep_until
        self._decided: list[Row] = []  # trigger_id, fired_at, decided_at
        self._pending: list[Row] = []  # CANDIDATE_FIELDS

    @classmethod
    def from_bytes(cls, data: bytes | None) -> PersonState:
        """None = a person never seen. Raises: SnapshotError."""
        state = cls()
        if data is not None:
            state._cancels, state._sends, state._decided, state._pending = snapshots.unpack(data)
        return state

    def to_bytes(self) -> bytes:
        return snapshots.pack([self._cancels, self._sends, self._decided, self._pending])

    def __bool__(self) -> bool:
        """False: nothing is remembered, the adapter may drop the state."""
        return bool(self._cancels or self._sends or self._decided or self._pending)

    def add_cancel(self, cancel: CancelEvent) -> None:
        """The same event_id again changes nothing."""
        if cancel.event_id not in [row[1] for row in self._cancels]:
            self._cancels.append(tuple(cancel))

    def cancels(self, events: Collection[str], since: int, until: int) -> list[CancelEvent]:
        """Those of these names with t in [since, until], earliest first."""
        found = [CancelEvent._make(row) for row in self._cancels if since <= row[0] <= until and row[2] in events]
        found.sort()
        return found

    def add_send(self, send: Send) -> None:
        self._sends.append(tuple(send))

    def sends_of(self, trigger: str, after: int, until: int) -> list[Send]:
        """Those with decided_at in (after, until], in the order in which they were decided."""
        return [Send._make(row) for row in self._sends if row[0] == trigger and after < row[2] <= until]

    def sends_with(self, trigger_id: str) -> list[Send]:
        return [Send._make(row) for row in self._sends if row[1] == trigger_id]

    def add_pending(self, candidate: Candidate) -> None:
        self._pending.append(tuple(candidate))

    def take_due(self, at_ms: int) -> list[Candidate]:
        """Takes out the candidates with D ≤ at_ms, in the order in which they are decided."""
        due = [Candidate.from_state(row) for row in self._pending if row[_DECIDE_AT] <= at_ms]
        self._pending = [row for row in self._pending if row[_DECIDE_AT] > at_ms]
        due.sort(key=lambda candidate: (candidate.decide_at, -candidate.priority, candidate.fired_at, candidate.trigger_id))
        return due

    def add_decided(self, candidate: Candidate) -> None:
        self._decided.append((*candidate.key, candidate.decide_at))

    def knows(self, candidate: Candidate) -> bool:
        """Whether this is a physical repeat: the same trigger_id and fired_at waits or was decided."""
        trigger_id, fired_at = candidate.key
        for row in self._decided:
            if row[0] == trigger_id and row[1] == fired_at:
                return True
        return any(row[_TRIGGER_ID] == trigger_id and row[_FIRED_AT] == fired_at for row in self._pending)

    def prune(self, settings: GateSettings, now_ms: int) -> None:
        """Forgets what no candidate with D ≥ now_ms, nor one that still waits, can ask for. now_ms: the watermark."""
        if self._pending:
            now_ms = min(now_ms, *(row[_DECIDE_AT] for row in self._pending))
        cancels_from, decided_from = now_ms - settings.cancels_ms, now_ms - settings.decided_ms
        self._cancels = [row for row in self._cancels if row[0] > cancels_from]
        self._sends = [row for row in self._sends if row[3] > now_ms]
        self._decided = [row for row in self._decided if row[2] > decided_from]
