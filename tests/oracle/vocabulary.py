"""The mapping table, read a second time and independently of `udfs.mapping`."""

from __future__ import annotations

import pathlib
import re
from dataclasses import dataclass
from typing import Any

from ruamel.yaml import YAML

Path = list[str | int]
FILE = pathlib.Path(__file__).parents[2] / "sql" / "ingest" / "mapping.yaml"


@dataclass(frozen=True)
class Vocabulary:
    """names: lower-case spelling → canonical. columns: name → (type, paths). lines: as in the file, `paths` split into steps."""

    names: dict[str, str]
    not_behavioural: frozenset[str]
    columns: dict[str, tuple[str, list[Path]]]
    lines: dict[str, Any]


def read(file: pathlib.Path = FILE) -> Vocabulary:
    """The table as the oracle uses it. `[0]` is the step 0."""
    tree = YAML(typ="safe").load(file.read_text(encoding="utf-8"))
    names = {alias.lower(): name for name, event in tree["events"].items() for alias in [name, *event.get("aliases", [])]}
    return Vocabulary(
        names,
        frozenset(name for name, event in tree["events"].items() if not event.get("behavioural", True)),
        {name: (column["type"], [_steps(path) for path in column["paths"]]) for name, column in tree["columns"].items()},
        {**tree["lines"], "paths": [_steps(path) for path in tree["lines"]["paths"]]},
    )


def find(line: Any, paths: list[Path]) -> Any:
    """The first non-null value at the end of one of the paths, or None. Step 0 leads into an array of exactly one element."""
    for path in paths:
        value = line
        for step in path:
            if isinstance(value, dict):
                value = value.get(step)
            elif step == 0 and isinstance(value, list) and len(value) == 1:
                value = value[0]
            else:
                value = None
            if value is None:
                break
        if value is not None:
            return value
    return None


def _steps(path: str) -> Path:
    return [0 if step == "[0]" else step for step in re.findall(r"\[0\]|[^.\[\]]+", path)]
