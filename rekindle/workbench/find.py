"""From what a person types to trigger definitions: a name of a pack's trigger, a file, or a version in Git."""

from __future__ import annotations

import subprocess
from importlib import resources
from pathlib import Path

from jobs.definitions import files, packs
from jobs.definitions.trigger import Trigger, parse
from jobs.errors import SettingsError


def trigger(name_or_path: str, packs_dir: str = "") -> Trigger:
    """packs_dir: of the settings. Raises: FindingsError for a file that cannot be used, SettingsError for a name nobody knows."""
    path = Path(name_or_path)
    if path.suffix == ".sql" or path.is_file():
        return files.draft(path, str(path)).trigger()
    known = []
    for _, file, shown in packs.placed(packs.root_of(packs_dir)):
        known.append(file.name.removesuffix(".sql"))
        if known[-1] == name_or_path:
            return files.draft(file, shown).trigger()
    raise SettingsError(f"no trigger '{name_or_path}'", f"give a file, or one of {', '.join(sorted(known))}")


def text_of(path: str) -> str | None:
    """Text of the file a message calls so, for showing its lines; None when it cannot be read."""
    for place in (Path(path), Path(str(resources.files("sql"))).parent / path):
        if place.is_file():
            found = files.text_of(place, path)
            return found if isinstance(found, str) else None
    return None


def earlier(current: Trigger, ref_or_file: str) -> Trigger:
    """Another version of a trigger: a file, or the trigger's own file as of a Git revision. Raises as `trigger` does."""
    if Path(ref_or_file).is_file():
        return files.draft(Path(ref_or_file), ref_or_file).trigger()
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
    text = shown.stdout.decode("utf-8", errors="replace")
    return parse(text, f"{ref_or_file}:{path.name}")
