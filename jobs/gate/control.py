"""What operators change while the jobs run: rows of topic `control`, each in force from its time until the next one of its key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any, NamedTuple

import orjson
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from jobs import settings
from jobs.gate import rules
from jobs.gate.errors import ContractError
from jobs.gate.rules import Rules

CAPS, QUIET_HOURS = "setting:caps", "setting:quiet_hours"
TRIGGER, PACK = "trigger:", "pack:"


class Paused(BaseModel):
    """Of a trigger."""

    model_config = ConfigDict(extra="forbid", strict=True)
    paused: bool = False


class Muted(BaseModel):
    """Of a pack."""

    model_config = ConfigDict(extra="forbid", strict=True)
    muted: bool = False


class Caps(BaseModel):
    """Instead of those of the settings; None: those of the settings again."""

    model_config = ConfigDict(extra="forbid")
    caps: list[settings.Cap] | None = None


class Change(NamedTuple):
    """One control row. value: JSON text, checked. at: epoch ms from which it is in force."""

    at: int
    key: str
    value: str


def read(key: object, value: object, at: int) -> Change:
    """A row of the topic. Raises: ContractError saying what is wrong with it."""
    if not isinstance(key, str):
        raise ContractError("key", "is not text")
    if not isinstance(value, dict):
        raise ContractError("value", "is not an object")
    try:
        validated(key, value)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise ContractError(f"value.{'.'.join(map(str, first['loc']))}", str(first["msg"])) from None
    return Change(at, key, orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode())


def validated(key: str, value: Mapping[str, Any]) -> BaseModel | None:
    """The typed value; None: the setting's own again. Raises: ValidationError, ContractError for a key that is none."""
    if key.startswith(TRIGGER) and len(key) > len(TRIGGER):
        return Paused.model_validate(value)
    if key.startswith(PACK) and len(key) > len(PACK):
        return Muted.model_validate(value)
    if key == CAPS:
        return Caps.model_validate(value)
    if key == QUIET_HOURS:
        return TypeAdapter(settings.QuietHours).validate_python(value) if value else None
    raise ContractError("key", f"is none of trigger:NAME, pack:NAME, {CAPS}, {QUIET_HOURS}")


def in_force(changes: Iterable[Change], at: int) -> dict[str, Change]:
    """The latest row of each key with a time ≤ at."""
    return {change.key: change for change in sorted(changes) if change.at <= at}


def stop(changes: Mapping[str, Change], trigger: str, pack: str) -> Change | None:
    """The row that stops this trigger: its own pause, else its pack's mute."""
    for key in (TRIGGER + trigger, PACK + pack):
        change = changes.get(key)
        if change is not None and _stops(key, change.value):
            return change
    return None


def changed(base: Rules, changes: Mapping[str, Change]) -> Rules:
    """The rules with what operators changed."""
    caps, quiet = changes.get(CAPS), changes.get(QUIET_HOURS)
    if caps is not None:
        base = _with(base, CAPS, caps.value)
    return base if quiet is None else _with(base, QUIET_HOURS, quiet.value)


@lru_cache(maxsize=256)
def _stops(key: str, text: str) -> bool:
    value = validated(key, orjson.loads(text))
    return value.paused if isinstance(value, Paused) else isinstance(value, Muted) and value.muted


@lru_cache(maxsize=64)
def _with(base: Rules, key: str, text: str) -> Rules:
    value = validated(key, orjson.loads(text))
    if isinstance(value, Caps) and value.caps is not None:
        return replace(base, caps=rules.caps(value.caps))
    return replace(base, quiet=rules.quiet(value)) if isinstance(value, settings.QuietHours) else base
