"""A new trigger from one that exists: both of its files, under the new name, as a draft."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from jobs.definitions import packs
from jobs.errors import DefinitionError, RunError, SettingsError
from rekindle.workbench.cases.select import ENDING
from rekindle.workbench.catalogue import entries

_WORDS = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
_NOTE = re.compile(r"(--- \*/\n)(?:--[^\n]*\n)*")


@dataclass(frozen=True)
class Written:
    """The files of a new trigger."""

    sql: Path
    cases: Path


def write(name: str, like: str, pack: str | None = None, root: Path | None = None) -> Written:
    """Copies `like` and its cases. pack: default the one `like` is in; a new folder is a new pack. root: as of `entries.load`.

    like: a trigger of these packs, else one that ships.

    Raises: SettingsError when the name is taken or no name, or `like` unknown; RunError when the folder cannot be written.
    """
    for what, word in (("name", name), ("pack", pack or "none")):
        if not _WORDS.fullmatch(word):
            raise SettingsError(f"{what} '{word}': expected lower-case words joined by '_', like 'cart_abandoned'")
    catalogue = entries.load(root)
    own = any(entry.name == like for entry in catalogue.entries)
    model, model_home = (catalogue if own else entries.load()).find(like), _folder(root if own else None)
    taken = next((entry for entry in catalogue.entries if entry.name == name), None)
    home = _folder(root)
    if taken is not None:
        raise SettingsError(f"{home / taken.pack / name}.sql exists already", "choose another name: it is part of every trigger_id")
    pack = pack or model.pack
    text = renamed((model_home / model.pack / f"{like}.sql").read_text(encoding="utf-8"), name, like)
    folder = home / pack
    written = Written(folder / f"{name}.sql", folder / f"{name}{ENDING}")
    for path in (written.sql, written.cases):
        if path.exists():
            raise SettingsError(f"{path} exists already", "choose another name, or remove it")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        written.sql.write_text(text, encoding="utf-8")
        written.cases.write_text((model_home / model.pack / f"{like}{ENDING}").read_text(encoding="utf-8"), encoding="utf-8")
    except OSError as error:
        raise RunError(f"{folder} cannot be written: {error.strerror}", "run it in a checkout of the suite") from None
    return written


def renamed(text: str, name: str, like: str) -> str:
    """Text of a trigger file for another name: version 1, a draft, and a note that says what to write there.

    Raises: DefinitionError when `text` has no header.
    """
    end = text.find("--- */")
    if end < 0:
        raise DefinitionError(f"{like}.sql: no header")
    header = text[:end]
    draft = "status: draft          # active: it runs with the next `rekindle apply` of its pack"
    lines = {
        "name": f"name: {name}",
        "description": f"description: Who is to get {name}, and when?",
        "version": "version: 1",
        "status": draft,
    }
    for key, line in lines.items():
        header = re.sub(rf"(?m)^{key}:[^\n]*$", line, header)
    if draft not in header:
        header = re.sub(r"(?m)^(owner:[^\n]*)$", rf"\1\n{draft}", header)
    note = f"-- For the marketer: (began as a copy of {like}: say here in plain words who gets this mail, when, and what stops it)\n"
    return _NOTE.sub(lambda found: found[1] + note, header + text[end:], count=1)


def _folder(root: Path | None) -> Path:
    return Path(str(packs.home(root)))
