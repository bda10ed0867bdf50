"""Packs: a folder of trigger files that run as one job."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path, PurePath

from jobs.definitions import files
from jobs.definitions.findings import Finding, FindingsError
from jobs.definitions.trigger import Draft, Trigger
from jobs.errors import DefinitionError

ROOT = "triggers"


def root_of(packs_dir: str | Path) -> Path | None:
    """The folder of packs a setting names, as the functions here take it: None = the one that ships."""
    return Path(packs_dir) if packs_dir else None


def home(root: Traversable | Path | None = None) -> Traversable | Path:
    """Where the packs are."""
    return root or resources.files("sql") / ROOT


def load(pack: str, root: Traversable | Path | None = None) -> list[Trigger]:
    """Every trigger of a pack, by file name. root: folder of packs; default the one that ships.

    Raises: FindingsError with the findings of all files at once.
    """
    folder = home(root) / pack
    if not folder.is_dir():
        raise DefinitionError(f"pack '{pack}' does not exist", f"a pack is a folder in sql/{ROOT}/")
    drafts = [
        files.draft(file, path(pack, file.name, root))
        for file in sorted(folder.iterdir(), key=lambda one: one.name)
        if file.name.endswith(".sql")
    ]
    findings = [found for draft in drafts for found in (*draft.findings, *named_as_its_file(draft))]
    if findings:
        raise FindingsError(findings)
    return [draft.trigger() for draft in drafts]


def named_as_its_file(draft: Draft) -> list[Finding]:
    """A finding when `name` is not the file's: a trigger is looked up by either."""
    header, name = draft.read.header, PurePath(draft.path).name
    if header is None or name == f"{header.name}.sql":
        return []
    place = draft.read.values["name"]
    hint = f"name: {name.removesuffix('.sql')}, or rename the file"
    return [Finding("T011", draft.path, *place, f"name '{header.name}' is not the file's name", hint)]


def names(root: Traversable | Path | None = None) -> list[str]:
    """Packs there are, by name; none in a folder that is not there."""
    folders = home(root).iterdir() if home(root).is_dir() else ()
    return sorted(folder.name for folder in folders if folder.is_dir() and folder.name[0] not in "._")


def trigger_files(pack: str, root: Traversable | Path | None = None) -> list[Traversable | Path]:
    """The `.sql` files of a pack, by name."""
    return sorted((file for file in (home(root) / pack).iterdir() if file.name.endswith(".sql")), key=lambda file: file.name)


def path(pack: str, file: str, root: Traversable | Path | None = None) -> str:
    """How messages call a file of a pack."""
    return f"sql/{ROOT}/{pack}/{file}" if root is None else str(Path(str(root)) / pack / file)


def placed(root: Traversable | Path | None = None) -> Iterator[tuple[str, Traversable | Path, str]]:
    """(pack, file, how messages call it) of every trigger file, by pack and name."""
    for pack in names(root):
        for file in trigger_files(pack, root):
            yield pack, file, path(pack, file.name, root)


def active(packs: Sequence[str], packs_dir: str | Path = "") -> list[Trigger]:
    """Triggers of these packs that run. A draft, paused or retired one gives no candidates. packs_dir: of the settings."""
    return [trigger for pack in packs for trigger in load(pack, root_of(packs_dir)) if trigger.header.status == "active"]


def job_name(pack: str) -> str:
    """Name of the Flink job that runs a pack."""
    return f"evaluate-{pack}"
