"""Candidates as they reach the gate: already enriched by SQL with the profile as of T and as of D."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import orjson

from jobs.gate.errors import ContractError
from jobs.gate.instants import LAST_MS, normal_text
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
    Field("profile_at_fire", bool),  # this and consent_at_fire_*: as of T
    Field("consent_at_fire_granted", bool, nullable=True),  # null = the profile says nothing of this purpose
    Field("consent_at_fire_version", int, nullable=True),
    Field("consent_at_fire_source", str, nullable=True),
    Field("consent_at_fire_at", str, nullable=True),  # text as in the profile
    Field("profile_found", bool),  # this and all that follow: as of D
    Field("email", str, nullable=True),
    Field("consent_granted", bool, nullable=True),
    Field("consent_version", int, nullable=True),
    Field("consent_source", str, nullable=True),
    Field("consent_at", str, nullable=True),
    Field("suppressed", str, nullable=True),
)
"""Order and type of the columns SQL passes. Append only: the position is the contract."""

_PLACES = {field.name: place for place, field in enumerate(CANDIDATE_FIELDS)}
_CANCEL_ON, _SINCE, _FIRED_AT = _PLACES["cancel_on"], _PLACES["since"], _PLACES["fired_at"]
# cancel_on is looked at after it was parsed
_ROW = RowType([Field("cancel_on", tuple) if field.name == "cancel_on" else field for field in CANDIDATE_FIELDS])
_TRIGGER_ID = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}")  # Crockford base32: no I, L, O, U
# one mailbox and nothing else: a comma or an angle bracket could make two recipients of it
_ADDRESS = re.compile(r"[^@\s,;<>\x00-\x1f\x7f]+@[^@\s,;<>\x00-\x1f\x7f]+")
_LONGEST_ADDRESS = 254


class Consent(NamedTuple):
    """What a profile says of one purpose at one instant. at: text as the CRM wrote it."""

    granted: bool
    version: int | None
    source: str | None
    at: str | None

    @property
    def allows(self) -> bool:
        """Granted, with a version and a readable time: without them it proves nothing, and in doubt the answer is no."""
        return self.granted and self.version is not None and self.at is not None and normal_text(self.at) is not None


class Candidate(NamedTuple):
    """A row a trigger gave, with what was known of the person as of T and as of D. Units: see CANDIDATE_FIELDS.

    A named tuple and no dataclass: a frozen dataclass this wide takes 3 µs to build, a tuple 0.2, and each candidate is built twice.
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
    profile_at_fire: bool
    consent_at_fire_granted: bool | None
    consent_at_fire_version: int | None
    consent_at_fire_source: str | None
    consent_at_fire_at: str | None
    profile_found: bool
    email: str | None
    consent_granted: bool | None
    consent_version: int | None
    consent_source: str | None
    consent_at: str | None
    suppressed: str | None

    @classmethod
    def from_row(cls, values: Sequence[Any]) -> Candidate:
        """values: in the order of CANDIDATE_FIELDS. Raises: ContractError for the first thing that breaks the contract."""
        row = list(values)
        if len(row) == len(CANDIDATE_FIELDS):  # else the check says so
            row[_CANCEL_ON] = event_names(row[_CANCEL_ON])
            if row[_SINCE] is None:
                row[_SINCE] = row[_FIRED_AT]
        _ROW.check(row)
        candidate = cls._make(row)
        _check_meaning(candidate)
        return candidate

    @classmethod
    def from_state(cls, row: Sequence[Any]) -> Candidate:
        """A row that from_row has passed before, back from JSON. Checks nothing."""
        return cls._make((*row[:_CANCEL_ON], tuple(row[_CANCEL_ON]), *row[_CANCEL_ON + 1 :]))

    @property
    def key(self) -> tuple[str, int]:
        """Two rows with the same key are physical repeats of one candidate."""
        return self.trigger_id, self.fired_at

    @property
    def transactional(self) -> bool:
        """Needs no consent and counts towards no cap; suppression still holds."""
        return self.purpose == "transactional"

    @property
    def consent_as_of_fire(self) -> Consent | None:
        granted = self.consent_at_fire_granted
        if granted is None:
            return None
        return Consent(granted, self.consent_at_fire_version, self.consent_at_fire_source, self.consent_at_fire_at)

    @property
    def consent_as_of_decision(self) -> Consent | None:
        granted = self.consent_granted
        return None if granted is None else Consent(granted, self.consent_version, self.consent_source, self.consent_at)

    @property
    def address(self) -> str | None:
        """The address as of D if mail could go there, else None."""
        text = (self.email or "").strip()
        return text if len(text) <= _LONGEST_ADDRESS and _ADDRESS.fullmatch(text) else None

    def __repr__(self) -> str:  # the inherited one would carry the address into logs
        return f"Candidate({self.trigger_id}, {self.trigger}, fired_at={self.fired_at}, decide_at={self.decide_at})"


def _check_meaning(candidate: Candidate) -> None:
    if not _TRIGGER_ID.fullmatch(candidate.trigger_id):
        raise ContractError("trigger_id", "is not 26 characters of Crockford base32")
    if not (candidate.trigger and candidate.person_id and candidate.destination and candidate.template and candidate.purpose):
        names = ("trigger", "person_id", "destination", "template", "purpose")
        raise ContractError(next(name for name in names if not getattr(candidate, name)), "is empty")
    fired_at, decide_at = candidate.fired_at, candidate.decide_at
    check_instants(fired_at=fired_at, since=candidate.since, decide_at=decide_at, expires_at=candidate.expires_at)
    if decide_at < fired_at:
        raise ContractError("decide_at", "lies before fired_at")
    if candidate.max_age_ms < 0 or candidate.expires_at != fired_at + candidate.max_age_ms:
        raise ContractError("expires_at", "is not fired_at + max_age_ms")
    if not 0 <= candidate.cooldown_ms <= LAST_MS:  # more would not fit 64 bits once added to a time
        raise ContractError("cooldown_ms", "is negative or longer than any calendar")
    try:
        payload = orjson.loads(candidate.payload)
    except orjson.JSONDecodeError:
        payload = None
    if not isinstance(payload, dict):
        raise ContractError("payload", "is not the JSON text of an object")
