"""How far a run is, for the person who waits: one line that is rewritten on a terminal, one line a stage elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TextIO

from jobs.gate.instants import to_text
from rekindle.workbench.history.running import Reached


class ProgressLine:
    """Call it with `Reached`. clock: seconds; for tests."""

    def __init__(self, stream: TextIO | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream, self._clock = stream or sys.stderr, clock
        self._stage, self._since, self._width = "", 0.0, 0

    def __call__(self, reached: Reached) -> None:
        if reached.stage != self._stage:
            self._stage, self._since = reached.stage, self._clock()
            if not self._stream.isatty():
                print(f"{reached.stage} …", file=self._stream, flush=True)
        if self._stream.isatty():
            self._show(self._text(reached))

    def end(self) -> None:
        """Leaves the line empty."""
        if self._stream.isatty():
            self._show("")

    def _text(self, reached: Reached) -> str:
        seconds = max(self._clock() - self._since, 0.001)
        at = f", reached {to_text(reached.at)[:19]}" if reached.at is not None else ""
        return f"{reached.stage}: {reached.rows:,} rows, {reached.rows / seconds:,.0f} rows/s{at}"

    def _show(self, text: str) -> None:
        self._stream.write("\r" + text.ljust(self._width) + ("" if text else "\r"))
        self._stream.flush()
        self._width = len(text)
