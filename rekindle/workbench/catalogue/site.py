"""Writes the catalogue's site into a folder."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from jobs.errors import RunError
from rekindle.workbench.catalogue import pages
from rekindle.workbench.catalogue.entries import Entry
from rekindle.workbench.catalogue.style import CSS


def write(folder: Path, entries: Sequence[Entry], on: Collection[str], backtests: Path) -> None:
    """`index.html`, a page per trigger, `style.css`. on: packs of the settings. backtests: folder of `NAME.json`, which may be absent.

    The same files give the same bytes. Pages of triggers that are gone are removed. Raises: RunError when the folder cannot be written.
    """
    found = {"style.css": CSS.lstrip(), "index.html": pages.index(entries, on)}
    found |= {f"{entry.name}.html": pages.trigger(entry, on, _report(backtests / f"{entry.name}.json")) for entry in entries}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("*.html"):
            if old.name not in found and "Written by <code>rekindle docs</code>" in old.read_text(encoding="utf-8", errors="replace"):
                old.unlink()
        for name, text in found.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise RunError(f"{folder} cannot be written: {error.strerror}", "give another folder with --out") from None


def _report(path: Path) -> dict[str, Any] | None:
    """The last backtest's report; None when there is none that can be read."""
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return report if isinstance(report, dict) else None
