"""Candidates: what a trigger gave, for a person, to be decided at D."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from jobs.definitions.header import TRANSACTIONAL, class_of
from jobs.gate.errors import ContractError
from jobs.gate.hashing import trigger_id
from jobs.gate.instants import LAST_MS
from jobs.gate.rows import Field, RowType, check_instants, event_names

CANDIDATE_FIELDS: tuple[Field, ...] = (
    Field("trigger_id", str),
    Field("trigger", str),
    Field("version", int),
    Field("person_id", str),
    Field("device_id", str, nullable=True),
    Field("occasion", str),
    Field("destination", str),
    Field("template", str),
    Field("purpose", str),
    Field("priority", int),
    Field("payload", str),  # JSON text of an object
    Field("fired_at", int),  # T; like the next three in epoch ms
    Field("since", int, nullable=True),  # null = T
    Field("decide_at", int),  # D
    Field("expires_at", int),  # T + max_age_ms
    Field("max_age_ms", int),
    Field("cooldown_ms", int),
    Field("cancel_on", str, nullable=True),  # JSON text of an array of event names; a list of str is taken too
    Field("needs_address", bool),
    Field("pack", str, nullable=True),
    Field("class", str, nullable=True),  # null: told by the purpose
    Field("channel", str, nullable=True),  # null: email
    Field("variants", str, nullable=True),  # JSON text of an object: name → weight
    Field("timezone", str, nullable=True),  # of the event
)
"""Columns of a candidate's body, with their types as they arrive."""

_PLACES = {field.name: place for place, field in enumerate(CANDIDATE_FIELDS)}
_CANCEL_ON, _SINCE, _FIRED_AT = _PLACES["cancel_on"], _PLACES["since"], _PLACES["fired_at"]
_PURPOSE, _PACK, _CLASS, _CHANNEL = _PLACES["purpose"], _PLACES["pack"], _PLACES["class"], _PLACES["channel"]
# these are looked at after their defaults are in
_ROW = RowType(
    [
        Field("cancel_on", tuple)
        if field.name == "cancel_on"
        else Field(field.name, str)
        if field.name in ("pack", "class", "channel")
        else field
        for field in CANDIDATE_FIELDS
    ]
)
_TRIGGER_ID = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}")  # Crockford base32: no I, L, O, U
_NAMES = ("trigger", "person_id", "destination", "template", "purpose")


class Candidate(NamedTuple):
    """A row a trigger gave, as the person it belongs to now. Units: see CANDIDATE_FIELDS.

    A named tuple and no dataclass: a frozen dataclass this wide takes 3 µs to build, a tuple 0.2, and each candidate is built twice.
    trigger_id, person_id: of the person it belongs to now; source_id: the id it came with, by which a repeat is known.
    identified_at: when its device got the person, None = known from the start. merged_from: who it was before people were merged.
    held: it has waited for the end of quiet hours; decide_at is then that end.
    """

    trigger_id: str
    trigger: str
    version: int
    person_id: str
    device_id: str | None
    occasion: str
    destination: str
    template: str
    purpose: str
    priority: int
    payload: str
    fired_at: int
    since: int
    decide_at: int
    expires_at: int
    max_age_ms: int
    cooldown_ms: int
    cancel_on: tuple[str, ...]
    needs_address: bool
    pack: str
    class_: str
    channel: str
    variants: str | None
    timezone: str | None
    source_id: str
    identified_at: int | None = None
    merged_from: str | None = None
    held: bool = False

    @classmethod
    def from_row(cls, values: Sequence[Any]) -> Candidate:
        """values: in the order of CANDIDATE_FIELDS. Raises: ContractError for the first thing that breaks the contract."""
        row = list(values)
        if len(row) == len(CANDIDATE_FIELDS):  # else the check says so
            row[_CANCEL_ON] = event_names(row[_CANCEL_ON])
            if row[_SINCE] is None:
                row[_SINCE] = row[_FIRED_AT]
            row[_PACK] = "" if row[_PACK] is None else row[_PACK]
            row[_CLASS] = row[_CLASS] or class_of(row[_PURPOSE])
            row[_CHANNEL] = row[_CHANNEL] or "email"
        _ROW.check(row)
        candidate = cls._make((*row, row[0], None, None, False))
        _check_meaning(candidate)
        return candidate

    @classmethod
    def from_state(cls, row: Sequence[Any]) -> Candidate:
        """A row that from_row has passed before, back from JSON. Checks nothing."""
        return cls._make((*row[:_CANCEL_ON], tuple(row[_CANCEL_ON]), *row[_CANCEL_ON + 1 :]))

    def belonging_to(self, person: str, tenant: str, epoch: int) -> Candidate:
        """The same candidate as another person's."""
        if person == self.person_id:
            return self
        return self._replace(person_id=person, trigger_id=trigger_id(tenant, self.trigger, epoch, person, self.occasion))

    @property
    def key(self) -> tuple[str, int]:
        """Two rows with the same key are physical repeats of one candidate."""
        return self.source_id, self.fired_at

    @property
    def rank(self) -> tuple[int, int, str, str]:
        """Order among competitors: the lower goes first."""
        return -self.priority, self.fired_at, self.trigger_id, self.person_id

    @property
    def transactional(self) -> bool:
        """Needs no consent and counts towards no cap; suppression still holds."""
        return self.purpose == TRANSACTIONAL

    def __repr__(self) -> str:  # the inherited one would carry the payload into logs
        return f"Candidate({self.trigger_id}, {self.trigger}, fired_at={self.fired_at}, decide_at={self.decide_at})"


def columns(body: Mapping[str, Any]) -> list[Any]:
    """Values in the order of CANDIDATE_FIELDS; absent = null."""
    return [body.get(field.name) for field in CANDIDATE_FIELDS]


def _check_meaning(candidate: Candidate) -> None:
    if not _TRIGGER_ID.fullmatch(candidate.trigger_id):
        raise ContractError("trigger_id", "is not 26 characters of Crockford base32")
    if not (candidate.trigger and candidate.person_id and candidate.destination and candidate.template and candidate.purpose):
        raise ContractError(next(name for name in _NAMES if not getattr(candidate, name)), "is empty")
    fired_at, decide_at = candidate.fired_at, candidate.decide_at
    check_instants(fired_at=fired_at, since=candidate.since, decide_at=decide_at, expires_at=candidate.expires_at)
    if decide_at < fired_at:
        raise ContractError("decide_at", "lies before fired_at")
    if candidate.max_age_ms < 0 or candidate.expires_at != fired_at + candidate.max_age_ms:
        raise ContractError("expires_at", "is not fired_at + max_age_ms")
    if not 0 <= candidate.cooldown_ms <= LAST_MS:  # more would not fit 64 bits once added to a time
        raise ContractError("cooldown_ms", "is negative or longer than any calendar")
    if not _is_object(candidate.payload):
        raise ContractError("payload", "is not the JSON text of an object")
    if candidate.variants is not None and not _are_weights(candidate.variants):
        raise ContractError("variants", "is not the JSON text of names with weights, one of them above 0")


def _is_object(text: str) -> bool:
    try:
        return isinstance(orjson.loads(text), dict)
    except orjson.JSONDecodeError:
        return False


def _are_weights(text: str) -> bool:
    try:
        weights = orjson.loads(text)
    except orjson.JSONDecodeError:
        return False
    fine = isinstance(weights, dict) and all(type(weight) is int and weight >= 0 for weight in weights.values())
    return fine and sum(weights.values()) > 0
