"""From what a person types to trigger definitions: a name of a pack's trigger, a file, or a version in Git."""

from __future__ import annotations

import subprocess
from importlib import resources
from pathlib import Path

from jobs.definitions import packs
from jobs.definitions.trigger import Trigger, parse
from jobs.errors import DefinitionError, SettingsError


def trigger(name_or_path: str) -> Trigger:
    """Raises: DefinitionError for a file that cannot be used, SettingsError for a name nobody knows."""
    path = Path(name_or_path)
    if path.suffix == ".sql" or path.is_file():
        return _of_file(path)
    known = []
    for pack in packs.names():
        for file in packs.files(pack):
            known.append(file.name.removesuffix(".sql"))
            if known[-1] == name_or_path:
                return parse(_text(file.read_bytes(), packs.path(pack, file.name)), packs.path(pack, file.name))
    raise SettingsError(f"no trigger '{name_or_path}'", f"give a file, or one of {', '.join(sorted(known))}")


def earlier(current: Trigger, ref_or_file: str) -> Trigger:
    """Another version of a trigger: a file, or the trigger's own file as of a Git revision. Raises as `trigger` does."""
    if Path(ref_or_file).is_file():
        return _of_file(Path(ref_or_file))
    path = Path(current.path)
    if not path.is_file():
        path = Path(str(resources.files("sql"))).parent / current.path
    command = ["git", "-C", str(path.absolute().parent), "show", f"{ref_or_file}:./{path.name}"]
    try:
        shown = subprocess.run(command, capture_output=True, check=False)
    except FileNotFoundError:
        raise SettingsError(f"--against {ref_or_file}: no such file, and Git is not installed") from None
    if shown.returncode != 0:
        reason = shown.stderr.decode(errors="replace").strip().splitlines()
        raise SettingsError(f"--against {ref_or_file}: no such file, and no such version in Git", reason[-1] if reason else "")
    return parse(_text(shown.stdout, f"{ref_or_file}:{path.name}"), f"{ref_or_file}:{path.name}")


def _of_file(path: Path) -> Trigger:
    try:
        return parse(_text(path.read_bytes(), str(path)), str(path))
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}") from None


def _text(content: bytes, path: str) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise DefinitionError(f"{path}: is not UTF-8", "save it as UTF-8") from None
