"""The one line of a log that tells why a part ended."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

_TROUBLE = re.compile(r"\b(ERROR|FATAL)\b|\b[\w.$]*(Exception|Error)\b")
_LEVEL = re.compile(r"^.{0,40}?\b(TRACE|DEBUG|INFO|WARN|ERROR|FATAL)\b")
_FRAME = re.compile(r"^\s+at |^\s*\.\.\. \d+ more")
_MAIL = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)*\.[A-Za-z]{2,}")
_IDENTITY = re.compile(r"(?<=[\w\]])@[0-9a-f]{5,8}\b")  # Foo@1b2c3d: where a Java object lay in memory
_TAIL = 256 * 1024  # bytes


def telling_line(lines: Sequence[str]) -> str | None:
    """The last line with an error or exception, a `Caused by:` included; None when there is none.

    Warnings do not count, nor the stack traces under them: a part lives with those. E-mail addresses are masked (personal
    data), memory addresses dropped (noise). At most 300 characters.
    """
    found, level = None, ""
    for line in lines:
        marked = _LEVEL.match(line)
        level = marked[1] if marked else level  # a line without one belongs to the message above it
        if level in ("", "ERROR", "FATAL") and _TROUBLE.search(line) and not _FRAME.match(line):
            found = line
    return None if found is None else without_addresses(found.strip())[:300]


def without_addresses(text: str) -> str:
    """`text` with e-mail addresses masked and object addresses dropped."""
    return _IDENTITY.sub("", _MAIL.sub("<address>", text))


def read_tail(path: Path) -> list[str]:
    """The last lines of a file, at most 256 KiB; [] when it cannot be read."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - _TAIL))
            return file.read().decode("utf-8", "replace").splitlines()
    except OSError:
        return []


def why_ended(paths: Iterable[Path]) -> str:
    """A sentence for the operator: the telling line of the first log that has one, and where it stands."""
    existing = [path for path in paths if path.is_file()]
    for path in existing:
        line = telling_line(read_tail(path))
        if line:
            return f"{line} ({path.name})"
    where = ", ".join(path.name for path in existing) or "its logs"
    return f"ended without an error in {where}: killed from outside, or out of memory"
