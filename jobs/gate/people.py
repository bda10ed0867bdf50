"""People and their states: who somebody is now, and who shares an address with whom."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from jobs.gate import profiles
from jobs.gate.hashing import address_key
from jobs.gate.state import PersonState


class People:
    """States by person, read when first asked for. One of these serves one input or timer; `touched` is what to write back.

    load: the state of a person, an empty one if never seen.
    """

    def __init__(self, load: Callable[[str], PersonState]) -> None:
        self._load = load
        self.touched: dict[str, PersonState] = {}

    def state(self, person: str) -> PersonState:
        """The state kept under exactly this id."""
        found = self.touched.get(person)
        if found is None:
            found = self.touched[person] = self._load(person)
        return found

    def now(self, person: str) -> str:
        """Who this person is, after all merges."""
        while (into := self.state(person).merged_into) is not None:
            person = into
        return person

    def neighbours(self, person: str, at_ms: int) -> Iterator[tuple[str, PersonState]]:
        """Other people who, as of then, have the very address of this one."""
        state = self.state(person)
        if not state.shares:
            return
        mine = self.address(person, at_ms)
        seen = {person}
        for other, since in state.shares:
            other = self.now(other)
            if since <= at_ms and other not in seen and mine is not None and self.address(other, at_ms) == mine:
                seen.add(other)
                yield other, self.state(other)

    def address(self, person: str, at_ms: int) -> str | None:
        """Key of the person's address as of then; None: no usable one."""
        text = profiles.address(self.state(person).profile(person, at_ms))
        return None if text is None else address_key(text)


class Everybody(dict[str, PersonState]):
    """All people of a finished history, in memory."""

    def __missing__(self, person: str) -> PersonState:
        state = self[person] = PersonState()
        return state
