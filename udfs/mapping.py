"""The mapping table of `sql/ingest/mapping.yaml`: which event names mean the same, and where a line holds each clean column."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

ONLY = 0
"""A step into an array that has exactly one element; written `[0]` in the file and 0 in the JSON text."""

Path = tuple[str | int, ...]
_STEP = re.compile(r"([^.\[\]]+)(\[0\])?")
_REASONS = {"extra_forbidden": "unknown key", "missing": "is missing"}


class MappingError(Exception):
    """The mapping table cannot be used. findings: (key, reason), all of one run; the key is empty when the file as a whole is bad."""

    def __init__(self, file: str, findings: Sequence[tuple[str, str]]) -> None:
        super().__init__(file, findings)
        self.file, self.findings = file, findings

    def __str__(self) -> str:
        return "\n".join(": ".join(part for part in (self.file, key, reason) if part) for key, reason in self.findings)


def parse_path(text: object) -> Path:
    """`properties.items[0].item_id` → ("properties", "items", 0, "item_id"). Raises ValueError naming the text."""
    steps: list[str | int] = []
    for part in str(text).split("."):
        match = _STEP.fullmatch(part)
        if match is None:
            raise ValueError(f"expected dotted keys with an optional [0], like 'properties.items[0].sku', not {text!r}")
        steps.append(match[1])
        if match[2]:
            steps.append(ONLY)
    return tuple(steps)


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


FieldPath = Annotated[Path, BeforeValidator(parse_path)]


class Event(_Table):
    aliases: list[str] = []
    behavioural: bool = True
    """False: neither opens nor prolongs a session or a cart."""


class Column(_Table):
    type: Literal["text", "amount", "quantity", "json"]
    paths: list[FieldPath] = Field(min_length=1)


class Lines(_Table):
    """Products of a multi-product event: the array's paths, and the keys inside one element."""

    paths: list[FieldPath] = Field(min_length=1)
    product_id: list[str]
    name: list[str]
    price: list[str]
    quantity: list[str]


class Mapping(_Table):
    events: dict[str, Event]
    columns: dict[str, Column]
    lines: Lines

    @field_validator("events")
    @classmethod
    def _names_are_unambiguous(cls, events: dict[str, Event]) -> dict[str, Event]:
        seen: dict[str, str] = {}
        for alias, name in _spellings(events):
            if seen.setdefault(alias, name) != name:
                raise ValueError(f"'{alias}' stands for both '{seen[alias]}' and '{name}'")
        return events

    def aliases(self) -> dict[str, str]:
        """Lower-case spelling → canonical name; a canonical name is a spelling of itself."""
        return dict(_spellings(self.events))

    def as_json(self) -> str:
        """Compact JSON text for the event decoder: `aliases`, `not_behavioural`, `columns` (in file order), `lines`."""
        return json.dumps(
            {
                "aliases": self.aliases(),
                "not_behavioural": [name for name, event in self.events.items() if not event.behavioural],
                "columns": [{"name": name, **column.model_dump()} for name, column in self.columns.items()],
                "lines": self.lines.model_dump(),
            },
            separators=(",", ":"),
            ensure_ascii=False,
        )


def load(file: Traversable | None = None) -> Mapping:
    """Read and check the table. file: default the one the suite ships. Raises MappingError with every finding."""
    file = file or resources.files("sql") / "ingest" / "mapping.yaml"
    try:
        tree: Any = YAML(typ="safe").load(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise MappingError(str(file), [("", f"cannot be read: {error.strerror}")]) from None
    except (YAMLError, UnicodeDecodeError) as error:
        raise MappingError(str(file), [("", f"not valid YAML: {getattr(error, 'problem', error)}")]) from None
    try:
        return Mapping.model_validate(tree)
    except ValidationError as error:
        findings = [
            (".".join(map(str, found["loc"])), _REASONS.get(found["type"], found["msg"].removeprefix("Value error, ")))
            for found in error.errors()
        ]
        raise MappingError(str(file), findings) from None


def _spellings(events: dict[str, Event]) -> Iterable[tuple[str, str]]:
    for name, event in events.items():
        for spelling in (name, *event.aliases):
            yield spelling.lower(), name
