"""Rate windows: calls counted from the first one on until the window's time is over."""

from __future__ import annotations

from collections.abc import Sequence

from connectors.esp.fake.protocol import Standing, Window


class Windows:
    """The windows of one destination."""

    def __init__(self) -> None:
        self._open: dict[Window, tuple[float, int]] = {}

    def count(self, windows: Sequence[Window], now: float) -> Standing | None:
        """Counts a call at `now` (seconds). Returns the window it stands worst in; None without windows.

        A call that is over takes nothing of the other windows.
        """
        standings = [self._standing(window, now) for window in windows]
        if not standings:
            return None
        worst = min(standings, key=lambda standing: (not standing.over, standing.left / standing.limit))
        if not worst.over:
            for window in windows:
                began, used = self._current(window, now)
                self._open[window] = (began, used + 1)
        return worst

    def _standing(self, window: Window, now: float) -> Standing:
        began, used = self._current(window, now)
        left = window.calls - used - 1
        return Standing(window.calls, max(left, 0), began + window.per - now, now, over=left < 0)

    def _current(self, window: Window, now: float) -> tuple[float, int]:
        began, used = self._open.get(window, (now, 0))
        return (began, used) if began <= now < began + window.per else (now, 0)
