"""Who may go to the platform now: one person's sends to one destination, before any call is made.

Pure: the person's state, a row and the wall clock in; what to do out. `operator.py` puts it into Flink. Rules: docs/delivery.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import orjson

from connectors.esp.protocol import Reason
from jobs.deliver.envelope import Envelope, at, json_object, ms_of, read_retry
from jobs.deliver.outcome import Origin, Outcome, Result, dead_letter, describe, describe_malformed, outcome_row
from jobs.deliver.send import MalformedSendError, Send, parse_send

CALL = "call"
"""No topic: a packed Envelope for the caller."""
FINAL = frozenset(Outcome) - {Outcome.RETRYING}


@dataclass(frozen=True)
class Out:
    """A row for a topic, or for the caller (CALL)."""

    topic: str
    key: str
    body: str


@dataclass
class Parked:
    """A send that waits: for its time, for an earlier one of the person, or (asked_ms) for the gate's word."""

    envelope: Envelope
    send: Send
    decided_ms: int
    asked_ms: int | None = None

    def packed(self) -> dict[str, Any]:
        return self.envelope.packed() | {"decided": self.decided_ms, "asked": self.asked_ms}

    @classmethod
    def unpacked(cls, packed: dict[str, Any]) -> Parked:
        envelope = Envelope.unpacked(packed)
        return cls(envelope, parse_send(envelope.raw), packed["decided"], packed["asked"])


@dataclass
class State:
    """ended, cancelled: by trigger id, with the outcome and when it was told (epoch ms). parked: in the order of their first decision."""

    ended: dict[str, tuple[str, int]] = field(default_factory=dict)
    cancelled: dict[str, int] = field(default_factory=dict)
    parked: list[Parked] = field(default_factory=list)

    def to_bytes(self) -> bytes:
        return orjson.dumps([1, self.ended, self.cancelled, [one.packed() for one in self.parked]])

    @classmethod
    def from_bytes(cls, stored: bytes | None) -> State:
        if stored is None:
            return cls()
        _, ended, cancelled, parked = orjson.loads(stored)
        return cls({one: (outcome, ms) for one, (outcome, ms) in ended.items()}, cancelled, [Parked.unpacked(one) for one in parked])

    def __bool__(self) -> bool:
        return bool(self.ended or self.cancelled or self.parked)

    def waiting(self, trigger_id: object) -> Parked | None:
        """The one of this id that is parked."""
        return next((one for one in self.parked if one.send.trigger_id == trigger_id), None)

    def next_due(self) -> int | None:
        """When `due` has something to do, epoch ms: the first one's time, or any one's expiry."""
        times = [ms_of(one.send.expires_at) for one in self.parked]
        if self.parked and self.parked[0].asked_ms is None:
            times.append(self.parked[0].envelope.not_before_ms)
        return min(times, default=None)


@dataclass(frozen=True)
class Turnstile:
    """recheck_ms: age of a decision beyond which the gate is asked again. keep_ms: how long an end is remembered.

    ended: what this process knows of an id's end beyond the person's state (outcome, `claimed` or None). cancelled: whether of a cancel.
    """

    recheck_ms: int
    keep_ms: int
    ended: Callable[[str], str | None]
    cancelled: Callable[[str], bool]

    def trigger(self, state: State, value: bytes | None, place: tuple[str, int, int], now: int) -> list[Out]:
        """A row of `triggers`."""
        try:
            send = parse_send(value)
        except MalformedSendError as error:
            return [_unreadable(value, place, error, now)]
        end = self._end_of(state, send)
        if end == Reason.CLAIMED:
            return self._interrupted(state, send, place, 1, now)
        if end is not None or state.waiting(send.trigger_id) is not None:
            return []  # a repeat
        self._park(state, Parked(Envelope(send.raw, place, now), send, ms_of(send.decided_at)))
        return self.due(state, now)

    def retry(self, state: State, value: bytes | None, place: tuple[str, int, int], now: int) -> list[Out]:
        """A row of `triggers.retry`."""
        try:
            envelope = read_retry(value, place, now)
            send = parse_send(envelope.raw)
        except MalformedSendError as error:
            return [_unreadable(value, place, error, now)]
        end = self._end_of(state, send)
        if end == Reason.CLAIMED:
            return self._interrupted(state, send, place, envelope.made + 1, now)
        if end is not None and (not envelope.recheck or end == Outcome.ACCEPTED):
            return []
        if envelope.recheck:  # somebody brought it back from the dead letters
            state.ended.pop(send.trigger_id, None)
        if state.waiting(send.trigger_id) is not None:
            return []
        self._park(state, Parked(envelope, send, ms_of(send.decided_at)))
        return self.due(state, now)

    def decision(self, state: State, body: bytes, now: int) -> list[Out]:
        """A row of `trigger_decisions`: what takes a send back, or answers a re-check."""
        row = json_object(body)
        trigger_id, decided = str(row.get("trigger_id")), _ms(row.get("decided_at"))
        one = state.waiting(trigger_id)
        if row.get("verdict") in ("cancelled", "suppressed"):  # also an answer to an earlier question: the gate gives no second one
            state.cancelled[trigger_id] = now
        elif one is not None and one.asked_ms is not None and row.get("verdict") == "sent" and (decided or 0) >= one.asked_ms - 1000:
            one.decided_ms, one.asked_ms = now, None
        return self.due(state, now)

    def outcome(self, state: State, body: bytes, now: int) -> list[Out]:
        """A row of `delivery_outcomes`, read back."""
        row = json_object(body)
        trigger_id, outcome = row.get("trigger_id"), row.get("outcome")
        if not isinstance(trigger_id, str) or outcome not in FINAL or state.waiting(trigger_id) is not None:
            return []
        if state.ended.get(trigger_id, ("", 0))[0] != Outcome.ACCEPTED:  # what was taken stays so, whatever is told later
            state.ended[trigger_id] = (str(outcome), now)
        return []

    def due(self, state: State, now: int) -> list[Out]:
        """What the time has come for. Only the first of a person's sends may go; the next one when it has."""
        outs: list[Out] = []
        for one in list(state.parked):
            end = self._over(state, one, now)
            if end is not None:
                outs += self._ended(state, one, end, now)
        while state.parked and state.parked[0].asked_ms is None and state.parked[0].envelope.not_before_ms <= now:
            one = state.parked[0]
            if one.envelope.recheck or now - one.decided_ms > self.recheck_ms:
                one.envelope = replace(one.envelope, recheck=False)
                one.asked_ms = now
                asked = Result(Outcome.RETRYING, Reason.RECHECK, attempts=one.envelope.made)
                outs.append(Out("delivery_outcomes", one.send.person_id, outcome_row(one.send, asked, at(now))))
                break
            state.parked.pop(0)
            outs.append(Out(CALL, one.send.person_id, orjson.dumps(one.envelope.packed()).decode()))
        self._forget(state, now)
        return outs

    def _interrupted(self, state: State, send: Send, place: tuple[str, int, int], made: int, now: int) -> list[Out]:
        """An earlier run may have been in mid-call, and the platform would not notice a repeat."""
        result = Result(Outcome.UNKNOWN, Reason.INTERRUPTED, attempts=made)
        state.ended[send.trigger_id] = (result.outcome, now)
        return [Out(*row) for row in end_rows(send, result, place, at(now))]

    def _end_of(self, state: State, send: Send) -> str | None:
        known = state.ended.get(send.trigger_id)
        return known[0] if known is not None else self.ended(send.trigger_id)

    def _over(self, state: State, one: Parked, now: int) -> Outcome | None:
        if one.send.trigger_id in state.cancelled or self.cancelled(one.send.trigger_id):
            return Outcome.CANCELLED
        return Outcome.EXPIRED if now >= ms_of(one.send.expires_at) else None

    def _ended(self, state: State, one: Parked, end: Outcome, now: int) -> list[Out]:
        state.parked.remove(one)
        lost = one.envelope.lost
        reason = Reason.CANCELLED if end is Outcome.CANCELLED else Reason.EXPIRED
        result = Result(end, reason, attempts=one.envelope.made)
        if lost is not None:  # it may be in somebody's letter box already
            result = Result(Outcome.UNKNOWN, Reason(lost), attempts=one.envelope.made)
        state.ended[one.send.trigger_id] = (result.outcome, now)
        return [Out(*row) for row in end_rows(one.send, result, one.envelope.place, at(now))]

    def _park(self, state: State, one: Parked) -> None:
        state.parked.append(one)
        state.parked.sort(key=lambda other: ms_of(other.send.decided_at))

    def _forget(self, state: State, now: int) -> None:
        state.ended = {one: told for one, told in state.ended.items() if now - told[1] < self.keep_ms}
        state.cancelled = {one: told for one, told in state.cancelled.items() if now - told < self.keep_ms}


def end_rows(send: Send, result: Result, place: tuple[str, int, int], told_at: datetime) -> list[tuple[str, str, str]]:
    """(topic, key, body) of how a pass ended: the outcome, and a dead letter where a person may have to act."""
    rows = [("delivery_outcomes", send.person_id, outcome_row(send, result, told_at))]
    if result.needs_a_person:
        letter = dead_letter(Origin(*place), send.raw, result.reason or Reason.INTERNAL, result.attempts, told_at, describe(send, result))
        rows.append(("dead_letters", _letter_key(place), letter))
    return rows


def _unreadable(value: bytes | None, place: tuple[str, int, int], error: MalformedSendError, now: int) -> Out:
    letter = dead_letter(Origin(*place), value, error.reason, 0, at(now), describe_malformed(error))
    return Out("dead_letters", _letter_key(place), letter)


def _letter_key(place: tuple[str, int, int]) -> str:
    return "-".join(str(part) for part in place)


def _ms(value: object) -> int | None:
    try:
        return ms_of(datetime.fromisoformat(str(value)))
    except (ValueError, OverflowError):
        return None
