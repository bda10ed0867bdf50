"""Packs: a folder of trigger files that run as one job."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from jobs.definitions.trigger import Trigger, parse
from jobs.errors import DefinitionError

ROOT = "triggers"


def load(pack: str, root: Traversable | Path | None = None) -> list[Trigger]:
    """Every trigger of a pack, by file name. root: folder of packs; default the one that ships.

    Raises: DefinitionError with the findings of all files at once.
    """
    folder = (root or resources.files("sql") / ROOT) / pack
    if not folder.is_dir():
        raise DefinitionError(f"pack '{pack}' does not exist", f"a pack is a folder in sql/{ROOT}/")
    triggers: list[Trigger] = []
    findings: list[str] = []
    for file in sorted(folder.iterdir(), key=lambda one: one.name):
        if not file.name.endswith(".sql"):
            continue
        path = f"sql/{ROOT}/{pack}/{file.name}"
        try:
            trigger = parse(file.read_text(encoding="utf-8"), path)
        except UnicodeDecodeError:
            findings.append(f"{path}: is not UTF-8")
        except DefinitionError as error:
            findings.append(str(error))
        else:
            if file.name != f"{trigger.name}.sql":
                findings.append(f"{path}: name: '{trigger.name}' must be the file's name")
            triggers.append(trigger)
    if findings:
        raise DefinitionError("\n".join(findings))
    return triggers


def active(packs: Sequence[str], root: str | Path | None = None) -> list[Trigger]:
    """Triggers of these packs that run. A draft, paused or retired one gives no candidates. root: as of `load`; empty = default."""
    folder = {"root": Path(root)} if root else {}
    return [trigger for pack in packs for trigger in load(pack, **folder) if trigger.header.status == "active"]


def job_name(pack: str) -> str:
    """Name of the Flink job that runs a pack."""
    return f"evaluate-{pack}"
