"""Real shop sessions, dealt out so that four weeks of twenty users become one afternoon of many shoppers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from importlib import resources
from itertools import pairwise
from typing import Literal

Kind = Literal["clicks", "carts", "orders"]
MINUTE = 60_000
PAUSE = 30 * MINUTE
"""Longer than this, and a user has left: a new visit begins."""
SHORT_PAUSE = 31 * MINUTE
"""What is left of such a pause: enough to end a session, whatever the four weeks had between them."""
CART_PAUSE = 5 * MINUTE
VISITS = 3
"""Most visits of one shopper. A user with more becomes several shoppers: else the afternoon would last two days."""


@dataclass(frozen=True)
class Action:
    """at: epoch ms. articles: OTTO's numbers; several when one order holds several."""

    at: int
    kind: Kind
    articles: tuple[int, ...]


@dataclass(frozen=True)
class Shopper:
    """A device and what happened on it, by time."""

    device_id: str
    actions: tuple[Action, ...]

    @property
    def last(self) -> Action:
        return self.actions[-1]

    @property
    def leaves_a_cart(self) -> bool:
        """Put something into the cart and left within five minutes of looking on, without an order."""
        later = self.last.at
        for action in reversed(self.actions):
            if later - action.at > CART_PAUSE or action.kind == "orders":
                break
            if action.kind == "carts":
                return True
            later = action.at
        return False

    def count(self, kind: Kind) -> int:
        """How many actions of that kind."""
        return sum(action.kind == kind for action in self.actions)

    def ending_at(self, end: int) -> Shopper:
        """The same, moved so that the last action lies at `end` (epoch ms)."""
        shift = end - self.last.at
        return replace(self, actions=tuple(replace(action, at=action.at + shift) for action in self.actions))


def read() -> list[Shopper]:
    """All shoppers of the shipped data, times as in it but for the pauses."""
    text = resources.files("rekindle.demo").joinpath("data/otto/train.jsonl").read_text(encoding="utf-8")
    return [shopper for line in text.splitlines() for shopper in deal(json.loads(line))]


def deal(user: dict[str, object]) -> Iterator[Shopper]:
    """One line of the data → shoppers `otto-<user>-<n>` of at most VISITS visits each. Gaps inside a visit stay as they were."""
    found = list(visits(actions(user["events"])))  # type: ignore[arg-type]
    for number, start in enumerate(range(0, len(found), VISITS), 1):
        yield Shopper(f"otto-{user['session']}-{number}", tuple(closed_up(found[start : start + VISITS])))


def actions(events: Iterable[dict[str, object]]) -> Iterator[Action]:
    """Events of one user, by time → actions; articles ordered at the same moment are one order."""
    pending: Action | None = None
    for event in events:
        action = Action(int(event["ts"]), event["type"], (int(event["aid"]),))  # type: ignore[arg-type, call-overload]
        if pending and pending.kind == action.kind == "orders" and pending.at == action.at:
            pending = replace(pending, articles=pending.articles + action.articles)
            continue
        if pending:
            yield pending
        pending = action
    if pending:
        yield pending


def visits(found: Iterable[Action]) -> Iterator[list[Action]]:
    """Cut where a pause is longer than PAUSE."""
    visit: list[Action] = []
    for action in found:
        if visit and action.at - visit[-1].at > PAUSE:
            yield visit
            visit = []
        visit.append(action)
    if visit:
        yield visit


def closed_up(found: Sequence[Sequence[Action]]) -> list[Action]:
    """The actions of some visits, with SHORT_PAUSE instead of each pause between them."""
    moved = list(found[0])
    for _, visit in pairwise(found):
        shift = moved[-1].at + SHORT_PAUSE - visit[0].at
        moved += [replace(action, at=action.at + shift) for action in visit]
    return moved
