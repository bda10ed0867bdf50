"""`NAME.test.yaml` beside `NAME.sql`: is it there, can it be read, does it show both sides? Running it is `rekindle test`'s."""

from __future__ import annotations

from pathlib import Path

from jobs.definitions import files
from jobs.definitions.findings import Finding
from jobs.definitions.places import clean
from rekindle.workbench.cases import files as cases
from rekindle.workbench.cases.case import Case


def check(trigger: Path, shown: str) -> tuple[list[Finding], dict[str, str]]:
    """Findings, and the test file's text by its shown path. trigger: the `.sql` file. shown: its path in messages."""
    name = trigger.name.removesuffix(".sql")
    path, place = trigger.with_name(f"{name}.test.yaml"), shown.removesuffix(".sql") + ".test.yaml"
    if not path.exists() and not path.is_symlink():
        hint = f"write {name}.test.yaml beside it: one case that fires, one that stays quiet"
        return [Finding("T060", shown, 0, 0, 1, "has no test file", hint)], {}
    read = cases.read(path, place, name)
    text = files.text_of(path, place)
    return read.findings or _one_sided(place, read.cases), {} if isinstance(text, Finding) else {place: clean(text)}


def _one_sided(path: str, found: list[Case]) -> list[Finding]:
    """A warning when nothing fires in any case, or something in every one."""
    expected = [rows for case in found for step in case.steps for rows in step.expect.values()]
    fires, quiet = any(expected), not all(expected)
    if fires and quiet:
        return []
    missing = "stays quiet" if fires else "fires"
    return [Finding("T063", path, 1, 1, 1, f"no case {'that ' + missing}", "one that fires, one that stays quiet", "warning")]
