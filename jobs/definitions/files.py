"""Trigger files on disk or in the wheel: bytes → text, with one clear finding for what cannot be read."""

from __future__ import annotations

from importlib.resources.abc import Traversable
from pathlib import Path

from jobs.definitions import trigger
from jobs.definitions.findings import Finding
from jobs.definitions.trigger import Draft

LARGEST = 65_536
"""Bytes. A trigger is a screen or two of text; what is larger is something else."""


def draft(file: Traversable | Path, path: str) -> Draft:
    """Reads one trigger file. path: for messages. Never raises: what is wrong is in the draft's findings."""
    text = text_of(file, path)
    return Draft(path, "", findings=(text,)) if isinstance(text, Finding) else trigger.read(text, path)


def text_of(file: Traversable | Path, path: str) -> str | Finding:
    """The file's text, or why there is none."""
    try:
        if isinstance(file, Path):
            if not file.is_file():  # a pipe or a device would be read for ever; a loop of links is no file either
                fact = "is a link that leads nowhere" if file.is_symlink() else "is not a file"
                return _unreadable(path, fact, "put the file itself there" if file.is_symlink() else "")
            if file.stat().st_size > LARGEST:
                return _unreadable(path, f"is {file.stat().st_size // 1024} KiB large", f"at most {LARGEST // 1024} KiB: is it a trigger?")
        content = file.read_bytes()
    except OSError as error:
        return _unreadable(path, f"cannot be read: {error.strerror}", "")
    if len(content) > LARGEST:
        return _unreadable(path, f"is {len(content) // 1024} KiB large", f"at most {LARGEST // 1024} KiB: is it a trigger?")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line, column = before.count(b"\n") + 1, error.start - (before.rfind(b"\n") + 1) + 1
        return Finding("T001", path, line, column, 1, f"is not UTF-8: byte 0x{content[error.start]:02x}", "save it as UTF-8")
    if "\0" in text:
        return _unreadable(path, "holds a zero byte", "save it as UTF-8 text")
    return text


def _unreadable(path: str, fact: str, hint: str) -> Finding:
    return Finding("T001", path, 0, 0, 1, fact, hint)
