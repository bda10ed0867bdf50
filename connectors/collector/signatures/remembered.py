"""What must not count twice: tokens of signatures that do not cover the body."""

from __future__ import annotations

from collections import OrderedDict


class Remembered:
    """The newest `most` of what was used. Enough for as long as a timestamp is accepted, at 300 calls a second."""

    def __init__(self, most: int = 200_000) -> None:
        self._most = most
        self._used: OrderedDict[tuple[str, str], None] = OrderedDict()

    def __contains__(self, used: tuple[str, str]) -> bool:
        return used in self._used

    def add(self, used: tuple[str, str]) -> None:
        """After the rows are written, not before: a call that failed is repeated with the same token."""
        self._used[used] = None
        while len(self._used) > self._most:
            self._used.popitem(last=False)
