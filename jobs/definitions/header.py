"""The typed header of a trigger file (architecture.md, section 5). Closed: an unknown key is an error."""

from __future__ import annotations

import math
import re
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationInfo, field_validator, model_validator

from jobs.durations import Duration

_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
TRANSACTIONAL = "transactional"
"""Purpose that needs no consent and obeys no cap."""


def class_of(purpose: object) -> str:
    """What caps count a mail of this purpose as, unless its trigger says."""
    return TRANSACTIONAL if purpose == TRANSACTIONAL else "marketing"


Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class Param(BaseModel):
    """A value of the SELECT an author may change without touching SQL. Rendered as a literal of its type, never as text."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Literal["int", "float", "string", "bool"]
    default: int | float | str | bool

    @field_validator("default")
    @classmethod
    def _is_of_its_type(cls, default: object, info: ValidationInfo) -> object:
        kind = str(info.data.get("type"))
        expected: dict[str, tuple[type, ...]] = {"int": (int,), "float": (int, float), "string": (str,), "bool": (bool,)}
        if not isinstance(default, expected.get(kind, (object,))) or isinstance(default, bool) != (kind == "bool"):
            raise ValueError(f"expected a value of type {kind}")
        if isinstance(default, float) and not math.isfinite(default):
            raise ValueError("expected a finite number")
        return default


class Header(BaseModel):
    """What a trigger says of itself beside its query."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    name: Text
    description: Text
    owner: Text
    status: Literal["draft", "active", "paused", "retired"] = "active"
    version: int = Field(1, ge=1)
    destination: Text = "default"
    template: Text
    purpose: Text
    class_: Text = Field("", alias="class")
    """What caps count together. Default: `transactional` if the purpose is, else `marketing`."""
    channel: Text = "email"
    priority: int = Field(50, ge=0, le=1000)
    cancel_on: list[Text] = Field(default_factory=list)
    cooldown: Duration = timedelta(0)
    max_age: Duration
    send_after: Duration = timedelta(0)
    variants: dict[Text, Annotated[int, Field(ge=0, le=1_000_000)]] = Field(default_factory=dict)
    """Name → weight: who gets which variant of the mail."""
    params: dict[str, Param] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _has_a_class(cls, tree: Any) -> Any:
        if isinstance(tree, dict) and "class" not in tree and "class_" not in tree:
            return tree | {"class": class_of(tree.get("purpose"))}
        return tree

    @field_validator("variants")
    @classmethod
    def _has_weight(cls, variants: dict[str, int]) -> dict[str, int]:
        if variants and not sum(variants.values()):
            raise ValueError("expected a weight above 0 for one of them")
        return variants

    @field_validator("name")
    @classmethod
    def _is_a_name(cls, name: str) -> str:
        if not _NAME.fullmatch(name):
            raise ValueError("expected lower-case words joined by '_', like 'cart_abandoned'")
        return name
