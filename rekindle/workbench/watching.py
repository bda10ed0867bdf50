"""Waiting until one of some files is another than it was."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

_PAUSE = 0.3  # seconds


def changes(paths: Sequence[Path], pause: float = _PAUSE) -> list[Path]:
    """Returns those that changed, came or went; looks at their folders too, for new files beside them."""
    watched = [*paths, *{path.parent for path in paths}]
    before = [_stamp(path) for path in watched]
    while True:
        time.sleep(pause)
        found = [path for path, stamp in zip(watched, before, strict=True) if _stamp(path) != stamp]
        if found:
            return found


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        seen = path.stat()
    except OSError:
        return None
    return seen.st_mtime_ns, seen.st_size
