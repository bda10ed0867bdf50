"""`rekindle check --watch`: checks again whenever a file is saved."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

from jobs.errors import SettingsError
from rekindle.workbench.check.checker import Report
from rekindle.workbench.check.session import Session

_LOOK_EVERY = 0.2  # seconds

Signature = frozenset[tuple[str, int, int]]


def watch(session: Session, show: Callable[[Report], None], wait: Callable[[], None] | None = None) -> None:
    """Checks now and after every change, until interrupted. wait: between two looks; raises KeyboardInterrupt to end it."""
    before: Signature | None = None
    pause = wait or (lambda: time.sleep(_LOOK_EVERY))
    try:
        while True:
            now = signature(session)
            if now != before:
                before = now
                show(session.check())
            pause()
    except KeyboardInterrupt:
        return


def signature(session: Session) -> Signature:
    """What tells one state of the files from another: names, sizes, times of change. Tests and locks beside triggers count."""
    return frozenset(_states(session))


def _states(session: Session) -> Iterator[tuple[str, int, int]]:
    try:
        files = session.collected().all_files + session.collected().files
    except SettingsError:
        return  # the file that was named is just being replaced
    folders = {one.path.parent for one in files}
    for folder in folders | {session.root}:
        for path in _inside(folder):
            try:
                state = path.stat()
            except OSError:
                continue
            yield str(path), state.st_size, state.st_mtime_ns


def _inside(folder: Path) -> list[Path]:
    try:
        return [path for path in folder.iterdir() if path.name.endswith((".sql", ".test.yaml", "pack.lock"))]
    except OSError:
        return []
