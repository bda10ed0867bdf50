"""Which triggers and cases a person means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.resources.abc import Traversable
from pathlib import Path

from jobs.definitions import files as trigger_files
from jobs.definitions import packs
from jobs.definitions.findings import Finding, FindingsError
from jobs.definitions.trigger import Trigger
from jobs.errors import SettingsError
from rekindle.workbench.cases import files
from rekindle.workbench.cases.case import Case

ENDING = ".test.yaml"
_NO_FILE = "T060"


@dataclass
class Selection:
    """Triggers with their cases. findings: what is wrong with files; it hides none of the rest. texts: of files by path, to show it.

    sources: files to watch.
    """

    triggers: list[Trigger] = field(default_factory=list)
    cases: list[Case] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    sources: list[Path] = field(default_factory=list)


def select(names: Sequence[str], wanted: str = "", packs_dir: str = "") -> Selection:
    """names: triggers, packs or `.sql` files; none = every pack. wanted: only cases with all these words in trigger and sentence.

    packs_dir: of the settings. Raises: SettingsError for a name nobody knows.
    """
    found = Selection()
    for sql, path in _files(names, packs.root_of(packs_dir)):
        _add(found, sql, path)
    words = wanted.lower().split()
    found.cases = [case for case in found.cases if all(word in case.title.lower() for word in words)]
    return found


def _files(names: Sequence[str], root: Path | None) -> list[tuple[Traversable | Path, str]]:
    placed = list(packs.placed(root))
    by_name = {file.name.removesuffix(".sql"): (file, path) for _, file, path in placed}
    by_pack: dict[str, list[tuple[Traversable | Path, str]]] = {pack: [] for pack in packs.names(root)}
    for pack, file, path in placed:
        by_pack[pack].append((file, path))
    if not names:
        return list(by_name.values())
    chosen: list[tuple[Traversable | Path, str]] = []
    for name in names:
        if name.endswith((".sql", ENDING)):
            given = Path(name.removesuffix(ENDING).removesuffix(".sql") + ".sql")
            chosen.append((given, str(given)))
        elif name in by_name:
            chosen.append(by_name[name])
        elif name in by_pack:
            chosen += by_pack[name]
        else:
            raise SettingsError(f"no trigger or pack '{name}'", f"give a file, or one of {', '.join(sorted([*by_name, *by_pack]))}")
    return chosen


def _add(found: Selection, sql: Traversable | Path, path: str) -> None:
    cases_path = path.removesuffix(".sql") + ENDING
    name = sql.name.removesuffix(".sql") + ENDING
    beside = sql.parent / name if isinstance(sql, Path) else None
    found.sources += [one for one in (sql, beside) if isinstance(one, Path)]
    draft = trigger_files.draft(sql, path)
    found.texts[path] = draft.text
    try:
        trigger = draft.trigger()
    except FindingsError as error:
        found.findings += error.findings
        return
    if beside is None or not beside.is_file():
        found.findings.append(Finding(_NO_FILE, cases_path, 0, 0, 1, "the test file is missing", f"write {trigger.name}{ENDING}"))
        return
    read = files.read(beside, cases_path, trigger.name)
    found.texts[cases_path] = read.text
    found.triggers.append(trigger)
    found.cases += read.cases
    found.findings += read.findings
