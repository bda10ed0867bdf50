"""`pack.lock`: what the triggers of a pack meant when it was last put live."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from jobs.definitions import lock
from jobs.definitions.findings import Finding
from jobs.definitions.lock import Entry
from jobs.errors import DefinitionError
from rekindle.workbench.check.collect import shown


@dataclass(frozen=True)
class Locked:
    """entries: live triggers by name; none where the pack was never put live. findings: what is wrong with the file."""

    entries: Mapping[str, Entry] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()


def read(folder: Path) -> Locked:
    """The lock of the pack in this folder."""
    path = folder / lock.FILE
    if not path.is_file():
        return Locked()
    try:
        return Locked(lock.parse(path.read_text(encoding="utf-8"), shown(path)).live)
    except DefinitionError as error:
        message = error.message.removeprefix(shown(path)).lstrip(":0123456789").strip()
        return Locked(findings=(Finding("T064", shown(path), 0, 0, 1, message, error.hint),))
    except (OSError, ValueError) as error:
        fact = "is not UTF-8" if isinstance(error, UnicodeDecodeError) else "cannot be read"
        return Locked(findings=(Finding("T064", shown(path), 0, 0, 1, fact, "take it from the last commit"),))
