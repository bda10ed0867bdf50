"""Results on stdout: tables for people, JSON for machines. Progress on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

import click

_COLOURS = {"ok": "green", "running": "green", "warn": "yellow", "silent": "yellow", "fail": "red", "dead": "red"}


def as_json(value: object) -> None:
    """One JSON document, indented."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))


def table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Plain and unwrapped when piped, so that `grep` and `cut` see whole lines."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    grid = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        grid.add_row(*(Text(str(cell), style=_COLOURS.get(str(cell), ""), overflow="fold") for cell in row))
    terminal = sys.stdout.isatty()
    Console(width=None if terminal else 10_000).print(grid, soft_wrap=not terminal)


def progress(text: str) -> None:
    """One step of long work."""
    click.echo(text, err=True)
