"""Which files are meant: names, paths and folders of the command line → trigger files."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from jobs.definitions import packs
from jobs.definitions.findings import Finding, did_you_mean
from jobs.errors import SettingsError
from jobs.settings import Settings


@dataclass(frozen=True)
class File:
    """A trigger file. shown: path in messages. pack: its pack, None for a draft outside the packs."""

    path: Path
    shown: str
    pack: str | None


@dataclass(frozen=True)
class Collected:
    """files: to check. all_files: of every pack, since names must be unique over packs. findings: files where none belong."""

    files: tuple[File, ...]
    all_files: tuple[File, ...]
    findings: tuple[Finding, ...]


def packs_root(settings: Settings) -> Path:
    """Where the packs are: `packs_dir` of the settings, else those that ship."""
    return Path(str(packs.home(packs.root_of(settings.packs_dir))))


def collect(arguments: Sequence[str], root: Path) -> Collected:
    """arguments: names of triggers or packs, files or folders; none = all packs. root: folder of packs.

    Raises: SettingsError for an argument that is neither a trigger nor a path.
    """
    placed, misplaced = _packs(root)
    if not arguments:
        return Collected(tuple(placed), tuple(placed), tuple(misplaced))
    files: list[File] = []
    findings: list[Finding] = []
    for argument in arguments:
        named = [one for one in placed if one.path.name == f"{argument}.sql"] or [one for one in placed if one.pack == argument]
        path = Path(argument)
        if named:
            files += named
        elif path.is_dir():
            files += _in_folder(path, root, placed)
            findings += [one for one in misplaced if _is_below(Path(one.path).absolute(), path)]
        elif path.suffix == ".sql" and (path.exists() or path.is_symlink()):
            files.append(next((one for one in placed if _same(one.path, path)), File(path, shown(path), None)))
            findings += [one for one in misplaced if one.path == shown(path)]
        else:
            raise SettingsError(f"'{argument}' is neither a trigger nor a path of one", _hint(argument, path, placed))
    return Collected(tuple({one.path: one for one in files}.values()), tuple(placed), tuple(findings))


def shown(path: Path) -> str:
    """The path as a reader of this working directory would write it."""
    absolute = Path(os.path.abspath(path))  # noqa: PTH100 - links stay as they are: resolving a loop of them fails
    here = Path.cwd()
    return str(absolute.relative_to(here)) if absolute.is_relative_to(here) else str(absolute)


def _packs(root: Path) -> tuple[list[File], list[Finding]]:
    placed, misplaced = [], []
    for path in _sql_files(root):
        parts = path.relative_to(root).parts
        if len(parts) == 2:
            placed.append(File(path, shown(path), parts[0]))
        else:
            hint = f"a trigger lies in {shown(root)}/<pack>/{path.name}"
            misplaced.append(Finding("T010", shown(path), 0, 0, 1, "a trigger file in a wrong place: no job reads it", hint))
    return placed, misplaced


def _in_folder(folder: Path, root: Path, placed: Sequence[File]) -> list[File]:
    inside = [one for one in placed if _is_below(one.path, folder)]
    drafts = [File(path, shown(path), None) for path in _sql_files(folder) if not _is_below(path, root)]
    return [*inside, *drafts]


def _sql_files(folder: Path) -> Iterator[Path]:
    """All `.sql` below a folder, by path. Links to folders are not followed: they may lead round in a circle."""
    found = []
    for parent, folders, names in os.walk(folder, followlinks=False):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found += [Path(parent) / name for name in names if name.endswith(".sql")]
    return iter(sorted(found))


def _is_below(path: Path, folder: Path) -> bool:
    return Path(os.path.abspath(path)).is_relative_to(os.path.abspath(folder))  # noqa: PTH100 - as in `shown`


def _same(one: Path, other: Path) -> bool:
    return os.path.abspath(one) == os.path.abspath(other)  # noqa: PTH100 - as in `shown`


def _hint(argument: str, path: Path, placed: Sequence[File]) -> str:
    if path.exists():
        return "a trigger file ends in .sql"
    names = [one.path.name.removesuffix(".sql") for one in placed]
    return did_you_mean(argument, names) or f"triggers: {', '.join(names) or 'none'}"
