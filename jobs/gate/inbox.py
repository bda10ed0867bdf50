"""Rows the gate's Java part sends, checked and typed. What breaks its contract becomes a dead letter, never a send."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from jobs.gate import control
from jobs.gate.cancels import CANCEL_FIELDS, CancelEvent
from jobs.gate.candidates import Candidate, columns
from jobs.gate.control import Change
from jobs.gate.errors import ContractError
from jobs.gate.instants import LAST_MS


class Input(NamedTuple):
    """One row, in the order of its columns. Times in epoch ms; body, facts: JSON text (docs/gate.md, Facts)."""

    kind: str
    person_id: str
    body: str
    at: int
    known_at: int | None = None
    facts: str | None = None


RECHECK = "recheck"
"""The reason of an outcome `retrying` by which delivery asks the gate to look again."""
Version = tuple[int, Mapping[str, Any] | None]
"""Of a profile: valid from (epoch ms), what it says or None = erased."""


class Known(NamedTuple):
    """What is known of a person beside the row."""

    profile: list[Version]
    changes: list[Change]


class Outcome(NamedTuple):
    """How a delivery ended, or goes on. asks_again: it waited long, and goes on only if the gate lets it through again."""

    trigger_id: str
    outcome: str
    asks_again: bool


class Link(NamedTuple):
    """Two people who have to do with each other. how: `alias` (one is the other now) or `address`."""

    how: str
    one: str
    other: str


def candidate(row: Input) -> Candidate:
    """As the person it came for. Raises: ContractError."""
    body = _object(row.body, "")
    body["decide_at"] = row.at
    found = Candidate.from_row(columns(body))
    return found if row.known_at is None else found._replace(identified_at=row.known_at)


def cancel(row: Input) -> CancelEvent:
    """Raises: ContractError."""
    body = _object(row.body, "")
    return CancelEvent.from_row([body.get(field.name) for field in CANCEL_FIELDS], row.known_at)


def profile(row: Input) -> Version:
    """Raises: ContractError."""
    return _version([row.at, _json(row.body, "")])


def outcome(row: Input) -> Outcome:
    """Raises: ContractError."""
    body = _object(row.body, "")
    if not isinstance(body.get("trigger_id"), str) or not isinstance(body.get("outcome"), str):
        raise ContractError("trigger_id" if isinstance(body.get("outcome"), str) else "outcome", "is not text")
    return Outcome(body["trigger_id"], body["outcome"], body["outcome"] == "retrying" and body.get("reason") == RECHECK)


def change(row: Input) -> Change:
    """Raises: ContractError."""
    body = _object(row.body, "")
    return control.read(body.get("key"), body.get("value"), row.at)


def link(row: Input) -> Link:
    """Raises: ContractError."""
    body = _object(row.body, "")
    ids = body.get("ids")
    if (
        body.get("how") not in ("alias", "address")
        or not isinstance(ids, list)
        or len(ids) != 2
        or not all(isinstance(one, str) for one in ids)
    ):
        raise ContractError("ids", "is not a link of two people")
    return Link(body["how"], *ids)


def known(row: Input) -> Known:
    """What comes with a row. A control row among it that breaks its contract was told as a dead letter already. Raises: ContractError."""
    if row.facts is None:
        return Known([], [])
    facts = _object(row.facts, "facts")
    changes = []
    for at, key, value in facts.get("control") or ():
        try:
            changes.append(control.read(key, value, at))
        except ContractError:
            continue
    return Known([_version(one) for one in facts.get("profile") or ()], changes)


def _version(value: Any) -> Version:
    at, facts = value
    if type(at) is not int or not 0 <= at <= LAST_MS or not (facts is None or isinstance(facts, dict)):
        raise ContractError("profile", "is not a version with its time")
    return at, facts


def _object(text: str, field: str) -> dict[str, Any]:
    value = _json(text, field)
    if not isinstance(value, dict):
        raise ContractError(field, "is not an object")
    return value


def _json(text: str, field: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        raise ContractError(field, "is not JSON") from None
