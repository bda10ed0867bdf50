"""Where a letter goes when it is retried, or why it does not. Pure: a letter and what is known of it in, a record or a refusal out."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Any, NamedTuple

import orjson

from jobs.deliver.envelope import Envelope
from jobs.gate.instants import to_text
from rekindle.workbench.dlq.book import OPEN, Known
from rekindle.workbench.dlq.letters import candidate_of, send_of


class Refusal(StrEnum):
    """Why a letter is not retried. The value is its word in the summary."""

    RETRIED = "already_retried"
    DISCARDED = "already_discarded"
    SAME_SEND = "same_send"
    ACCEPTED = "accepted"
    MAYBE_ACCEPTED = "maybe_accepted"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    NO_WAY_BACK = "no_way_back"
    UNUSABLE = "unusable"
    GONE = "gone"


TOLD: Mapping[Refusal, str] = {
    Refusal.RETRIED: "was retried before; --force does it again",
    Refusal.DISCARDED: "was discarded; --force retries it all the same",
    Refusal.SAME_SEND: "another letter of this run is of the same send: it goes once",
    Refusal.ACCEPTED: "the platform has accepted this send: never again",
    Refusal.MAYBE_ACCEPTED: "the platform may have this send (its answer was lost, or how it ended is not known): look there, then --force",
    Refusal.CANCELLED: "the gate has taken it back, and does so for good",
    Refusal.EXPIRED: "it would only expire: its expires_at has passed",
    Refusal.NO_WAY_BACK: "rows of this kind are mended at their source: send the profile, event or control row again",
    Refusal.UNUSABLE: "what it holds is no row of its topic: a retry would fail the same way",
    Refusal.GONE: "its bytes are no longer in the topic",
}


class Back(NamedTuple):
    """A record to write. key None: to `partition`. at: the record's time in epoch ms, None = now."""

    topic: str
    key: str | None
    value: bytes
    at: int | None = None
    partition: int | None = None


def way_back(known: Known, raw: bytes | None, outcomes: Collection[str], now_ms: int, force: bool = False) -> Back | Refusal:
    """outcomes: all that `delivery_outcomes` says of the letter's send. force: that it was done before or maybe accepted does not count."""
    letter = known.letter
    if known.state != OPEN and not force:
        return Refusal.RETRIED if known.state == "retried" else Refusal.DISCARDED
    if letter.stage == "ingest":
        # as it was, where it was: its key is not known, and one partition's lines stay in order
        return Refusal.UNUSABLE if raw is None else Back("events.raw", None, raw, None, letter.partition)
    if letter.stage == "deliver":
        return _send(raw, outcomes, now_ms, force)
    if letter.stage == "gate" and letter.topic == "trigger_candidates":
        return _candidate(raw, now_ms)
    return Refusal.NO_WAY_BACK


def _send(raw: bytes | None, outcomes: Collection[str], now_ms: int, force: bool) -> Back | Refusal:
    send = send_of(raw)
    if send is None or raw is None:
        return Refusal.UNUSABLE
    if "accepted" in outcomes:
        return Refusal.ACCEPTED
    if "cancelled" in outcomes:
        return Refusal.CANCELLED
    if send.expires_at.timestamp() * 1000 <= now_ms:
        return Refusal.EXPIRED
    # a letter is written with its outcome: without one nobody knows how far the call got
    if not force and ("unknown" in outcomes or not outcomes):
        return Refusal.MAYBE_ACCEPTED
    # as if it had never been tried, but for the gate, which is asked first
    row = Envelope(raw, ("triggers", 0, 0), first_ms=now_ms, not_before_ms=now_ms, recheck=True).row(send.destination)
    return Back("triggers.retry", send.person_id, row.encode())


def _candidate(raw: bytes | None, now_ms: int) -> Back | Refusal:
    row = candidate_of(raw)
    if row is None:
        return Refusal.UNUSABLE
    if row["expires_at"] <= now_ms:
        return Refusal.EXPIRED
    # T as the record's time: the gate reads it from there
    return Back("trigger_candidates", row["person_id"], orjson.dumps(_as_written(row)), row["fired_at"])


def _as_written(row: Mapping[str, Any]) -> dict[str, Any]:
    """A candidate as the gate's inputs have it → a row of `trigger_candidates`, which evaluate writes without nulls."""
    renamed = {name: value for name, value in row.items() if not name.startswith("consent_at_fire_") and name != "profile_at_fire"}
    for name in ("fired_at", "since", "decide_at", "expires_at"):
        if type(renamed.get(name)) is int:
            renamed[name] = to_text(renamed[name])
    if isinstance(renamed.get("cancel_on"), str):
        try:
            renamed["cancel_on"] = orjson.loads(renamed["cancel_on"])
        except orjson.JSONDecodeError:
            del renamed["cancel_on"]
    renamed["profile_found"] = row.get("profile_at_fire")
    parts = {name: row.get(f"consent_at_fire_{name}") for name in ("granted", "version", "source", "at")}
    renamed["consent"] = {name: value for name, value in parts.items() if value is not None} if parts["granted"] is not None else None
    return {name: value for name, value in renamed.items() if value is not None}
