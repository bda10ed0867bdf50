"""How a send's turn ended, and the rows that say so: one outcome row, and a dead letter where a person may have to act."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import orjson

from connectors.esp.protocol import Answer, Meaning, Reason
from connectors.esp.times import iso
from jobs.deliver.retry import Stop
from jobs.deliver.send import MalformedSendError, Send


class Outcome(StrEnum):
    """semantics.md, section 7. Final but RETRYING."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    DEAD = "dead"
    UNKNOWN = "unknown"
    RETRYING = "retrying"


@dataclass(frozen=True)
class Result:
    """status: of the last full answer. latency_ms: how long the last call took. Both None when there was none.

    attempts: calls made in all passes. Of RETRYING, again_in: seconds until the next pass; passes: those without an answer of use.
    lost: the reason of a call that may have been taken. repeat: its row came twice, and the other one has told this.
    """

    outcome: Outcome
    reason: Reason | None = None
    status: int | None = None
    attempts: int = 0
    esp_id: str | None = None
    latency_ms: int | None = None
    again_in: float | None = None
    passes: int = 0
    lost: Reason | None = None
    repeat: bool = False

    @property
    def needs_a_person(self) -> bool:
        """Given up or not known: such a send is kept in `dead_letters` too."""
        return self.outcome in (Outcome.DEAD, Outcome.UNKNOWN)


@dataclass(frozen=True)
class Origin:
    """Where a row of `triggers` lay."""

    topic: str
    partition: int
    offset: int


def settle(
    last: Answer, stop: Stop | None, status: int | None, lost: Reason | None, retry_lost: bool = True
) -> tuple[Outcome, Reason | None]:
    """The end of a pass of at least one call.

    last: what the last call gave; stop: why there is no further one, None when `last` is final.
    lost: the reason of a call that may have been taken without our hearing of it; retry_lost: whether it may be made again.
    A later refusal does not prove that such a one was not taken when it is a 409 ("have it already") or says nothing of this send.
    """
    if last.meaning is Meaning.ACCEPTED:
        return Outcome.ACCEPTED, None
    if last.meaning in (Meaning.REJECTED, Meaning.SPLIT) and (lost is None or status != 409):
        return Outcome.REJECTED, last.reason
    if lost is not None and (stop in (None, Stop.EXPIRY) or not retry_lost):
        return Outcome.UNKNOWN, lost
    if stop is Stop.EXPIRY:
        return Outcome.EXPIRED, Reason.EXPIRED
    return Outcome.RETRYING, last.reason


def outcome_row(send: Send, result: Result, at: datetime) -> str:
    """A value of `delivery_outcomes`: every key of the contract, nothing of the payload. at: wall clock, UTC."""
    return _json(
        {
            "trigger_id": send.trigger_id,
            "destination": send.destination,
            "outcome": result.outcome,
            "status": result.status,
            "attempts": result.attempts,
            "esp_id": result.esp_id,
            "latency_ms": result.latency_ms,
            "at": iso(at),
            "reason": result.reason,
        }
    )


def dead_letter(origin: Origin, raw: bytes | None, reason: Reason, attempts: int, at: datetime, detail: str) -> str:
    """A value of `dead_letters`. raw: the row's bytes as read (None: a tombstone). detail: never payload, address, exception text.

    attempts: HTTP calls made; the row counts as tried once even without one.
    """
    return _json(
        {
            "stage": "deliver",
            "reason": reason,
            "raw": None if raw is None else base64.b64encode(raw).decode("ascii"),
            "topic": origin.topic,
            "partition": origin.partition,
            "offset": origin.offset,
            "failed_at": iso(at),
            "attempts": max(1, attempts),
            "detail": detail,
        }
    )


def describe(send: Send, result: Result) -> str:
    """`detail` of a send that was given up."""
    answer = "no answer" if result.status is None else f"last status {result.status}"
    return f"trigger_id {send.trigger_id}: {result.outcome}, {answer}"


def describe_malformed(error: MalformedSendError) -> str:
    """`detail` of a row that is no send."""
    return f"{error.key}: missing or wrong" if error.key else "not one JSON object"


def _json(row: dict[str, object]) -> str:
    return orjson.dumps(row).decode()
