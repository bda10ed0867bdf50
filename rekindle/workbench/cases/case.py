"""A case of a `NAME.test.yaml` as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Row = Mapping[str, Any]
KINDS = ("candidates", "decisions", "triggers")
"""What can come out: rows of the trigger's SELECT, what the gate said of each, what is sent."""


@dataclass(frozen=True)
class Step:
    """Rows that arrive after the step before, then the watermark moves to `clock` (epoch ms).

    given: rows by table. expect: by kind, what comes out while the clock moves; a kind that is not there is not looked at.
    """

    clock: int
    given: Mapping[str, tuple[Row, ...]]
    expect: Mapping[str, tuple[Row, ...]]


@dataclass(frozen=True)
class Case:
    """sentence: its name. line: where it stands in the file, from 1."""

    trigger: str
    sentence: str
    path: str
    line: int
    steps: tuple[Step, ...] = field(default=())

    @property
    def title(self) -> str:
        return f"{self.trigger}: {self.sentence}"
