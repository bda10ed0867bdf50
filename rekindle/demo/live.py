"""Shoppers who follow in real time, one event every few seconds, for as long as somebody watches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random

from rekindle.demo.feed import profile_record
from rekindle.demo.happenings import ADDED, ORDERED, VIEWED, Happening, Record, record
from rekindle.demo.people import SECOND, Story, profiles

_AT_ONCE = 3
_STORIES = (Story.CONSENTS, Story.CONSENTS, Story.REFUSES)


class LiveShoppers:
    """Call `step` as often as you like; what it returns belongs into the log at once."""

    def __init__(self, now: int, articles: Sequence[int], appointments: Sequence[Happening], ordering_only: bool) -> None:
        """now: epoch ms. appointments: what else is to happen, each at its time. ordering_only: nobody leaves a cart behind."""
        self._random = Random(now)
        self._articles, self._ordering_only = articles, ordering_only
        self._due = [*appointments]
        self._started, self._written = 0, 0
        self._prefix = f"live-{now}"
        self.happened: list[Happening] = []

    def step(self, now: int) -> list[Record]:
        """Everything whose time has come, stamped with `now` (epoch ms): an event told late would be behind the jobs' clock."""
        records: list[Record] = []
        while len({happening.device for happening in self._due}) < _AT_ONCE:
            records += self._a_shopper_comes(now)
        ready = [happening for happening in self._due if happening.at <= now]
        self._due = [happening for happening in self._due if happening.at > now]
        for planned in ready:
            happening = Happening(now, planned.event, planned.device_id, planned.person_id, planned.articles)
            self.happened.append(happening)
            self._written += 1
            records.append(record(happening, f"{self._prefix}-{self._written}"))
        return records

    def _a_shopper_comes(self, now: int) -> Iterator[Record]:
        self._started += 1
        person = f"live-{self._started}"
        visit = list(self._visit(f"browser-{self._started}", person, now))
        self._due += visit
        for profile in profiles(person, _STORIES[self._started % len(_STORIES)], now, now):
            yield profile_record(profile)

    def _visit(self, device: str, person: str, now: int) -> Iterator[Happening]:
        at = now
        seen = self._random.sample(self._articles, self._random.randint(2, 5))
        for article in seen:
            at += self._random.randint(2, 5) * SECOND
            yield Happening(at, VIEWED, device, person, (article,))
        if self._ordering_only or self._random.random() < 0.8:
            yield Happening(at + 2 * SECOND, ADDED, device, person, (seen[-1],))
            if self._ordering_only or self._random.random() < 0.3:
                yield Happening(at + 6 * SECOND, ORDERED, device, person, (seen[-1],))
