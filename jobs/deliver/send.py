"""A send: one row of `triggers`, read strictly. What breaks its contract becomes a dead letter, never a call."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson

from connectors.esp.protocol import Reason

_TRIGGER_ID = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}")


class DeliveryError(Exception):
    """Root of this folder's errors. None of them carries a payload or an address."""


class MalformedSendError(DeliveryError):
    """A row of `triggers` that is no send. `key`: the first key that is missing or wrong, or None. A retry does not help."""

    def __init__(self, reason: Reason, key: str | None = None) -> None:
        super().__init__(reason, key)
        self.reason, self.key = reason, key


@dataclass(frozen=True)
class Send:
    """Times are aware and UTC. raw: the row's bytes as read. What says something about the person stays out of `repr`."""

    trigger_id: str
    trigger: str
    version: int
    destination: str
    template: str
    purpose: str
    variant: str | None
    fired_at: datetime
    decided_at: datetime
    expires_at: datetime
    person_id: str = field(repr=False)
    payload: Mapping[str, Any] = field(repr=False)
    address: str | None = field(repr=False)
    raw: bytes = field(repr=False)


def parse_send(raw: bytes | None) -> Send:
    """A value of `triggers` (semantics.md, section 9) → Send. Raises MalformedSendError; None is a tombstone."""
    if raw is None:
        raise MalformedSendError(Reason.NOT_JSON)
    try:
        row = orjson.loads(raw)
    except orjson.JSONDecodeError:  # also not UTF-8, NaN, nested too deep
        raise MalformedSendError(Reason.NOT_JSON) from None
    if not isinstance(row, dict):
        raise MalformedSendError(Reason.NOT_OBJECT)
    trigger_id = _text(row, "trigger_id")
    if not _TRIGGER_ID.fullmatch(trigger_id):
        raise MalformedSendError(Reason.BAD_SEND, "trigger_id")
    payload, address = row.get("payload"), row.get("address")
    if not isinstance(payload, dict):
        raise MalformedSendError(Reason.BAD_SEND, "payload")
    if address is not None and not isinstance(address, str):
        raise MalformedSendError(Reason.BAD_SEND, "address")
    version, variant = row.get("version"), row.get("variant")
    if not isinstance(version, int) or isinstance(version, bool):
        raise MalformedSendError(Reason.BAD_SEND, "version")
    if variant is not None and not isinstance(variant, str):
        raise MalformedSendError(Reason.BAD_SEND, "variant")
    return Send(
        trigger_id=trigger_id,
        trigger=_text(row, "trigger"),
        version=version,
        purpose=_text(row, "purpose"),
        variant=variant,
        fired_at=_time(row, "fired_at"),
        destination=_text(row, "destination"),
        template=_text(row, "template"),
        decided_at=_time(row, "decided_at"),
        expires_at=_time(row, "expires_at"),
        person_id=_text(row, "person_id"),
        payload=payload,
        address=address,
        raw=raw,
    )


def _text(row: Mapping[str, Any], key: str) -> str:
    value = row.get(key)
    if not isinstance(value, str) or not value.strip():
        raise MalformedSendError(Reason.BAD_SEND, key)
    return value


def _time(row: Mapping[str, Any], key: str) -> datetime:
    try:
        at = datetime.fromisoformat(_text(row, key))
        if at.tzinfo is None:
            raise ValueError
        return at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise MalformedSendError(Reason.BAD_SEND, key) from None
