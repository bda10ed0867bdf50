"""Counts of a report, from the index."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

import orjson

from jobs.gate.reasons import Reason
from rekindle.workbench.index import rows
from rekindle.workbench.index.rows import DAY_MS, ORDER, Kind
from rekindle.workbench.index.store import Index
from rekindle.workbench.why.activity import is_machine

WINDOW_DAYS = 7
"""An order this long after a send counts as its effect."""
STEPS = ("sent", "accepted", "opened", "clicked", "ordered")
HOLDOUT = "holdout"
_CALLED_BACK = {
    str(Reason.CANCELLED_AFTER_SEND),
    *(reason + rows.AGAIN for reason in Reason if reason not in (Reason.SENT, Reason.HELD)),
}
"""Words of decisions that stop what was sent: afterwards, or when it came back from delivery."""


@dataclass
class Group:
    """People who got one variant, or (holdout) none. sent: sends, or would-have-been sends. The others: how many of them."""

    sent: int = 0
    accepted: int = 0
    opened: int = 0
    clicked: int = 0
    ordered: int = 0
    running: int = 0
    """Sends younger than the window: their orders may still come."""


@dataclass
class Line:
    """One trigger, on one day or in all. candidates: decided for good. reasons: of those not sent. held: put off, at least once."""

    candidates: int = 0
    reasons: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    held: int = 0
    called_back: int = 0
    """Sends that were cancelled after they had been let through."""
    groups: dict[str | None, Group] = field(default_factory=lambda: defaultdict(Group))
    """By variant; None without one; `holdout` for those who got nothing on purpose."""

    def total(self) -> Group:
        """All sends together, without the holdout."""
        groups = [group for variant, group in self.groups.items() if variant != HOLDOUT]
        return Group(*(sum(getattr(group, name) for group in groups) for name in (*STEPS, "running")))


@dataclass(frozen=True)
class Funnel:
    """first, last: days since 1970, inclusive. days: (trigger, day) → line. triggers: trigger → line of all days."""

    first: int
    last: int
    days: dict[tuple[str, int], Line]
    triggers: dict[str, Line]


@dataclass(frozen=True)
class _Acts:
    """What became of sends: trigger ids. orders: who → times, sorted."""

    accepted: set[str]
    opened: set[str]
    clicked: set[str]
    orders: dict[int, list[int]]


def count(index: Index, first: int, last: int, trigger: str | None, now_ms: int) -> Funnel:
    """first, last: days of the decision (since 1970, UTC). trigger: only that one. now_ms: for sends whose window is still open."""
    days: dict[tuple[str, int], Line] = defaultdict(Line)
    triggers: dict[str, Line] = defaultdict(Line)
    stopped: set[str] = set()
    for day, name, word, _, number in index.counts(Kind.DECISION, first, last):
        if name is None or word is None or trigger not in (None, name):
            continue
        if word in _CALLED_BACK:
            stopped.add(word)
        for line in (days[name, day], triggers[name]):
            _add_decisions(line, word, number)
    acts = _acts(index, first, last)
    for (name, _), at in _called_back(index, first, last, trigger, stopped).items():
        for line in (days[name, at // DAY_MS], triggers[name]):
            line.called_back += 1
    for word in (Reason.SENT, Reason.HOLDOUT):
        for row in index.between(Kind.DECISION, first, last, word, trigger):
            if row.name is not None:
                variant = HOLDOUT if word is Reason.HOLDOUT else row.variant
                for line in (days[row.name, row.at // DAY_MS], triggers[row.name]):
                    _add_send(line.groups[variant], row.who, row.at, row.ref or "", acts, now_ms)
    return Funnel(first, last, dict(sorted(days.items())), dict(sorted(triggers.items())))


def _called_back(index: Index, first: int, last: int, trigger: str | None, words: Iterable[str]) -> dict[tuple[str, str], int]:
    """(trigger, trigger_id) → when it was stopped first: several events, and a look at what came back, may all stop one mail."""
    found: dict[tuple[str, str], int] = {}
    for word in words:
        for row in index.between(Kind.DECISION, first, last, word, trigger):
            if row.name is not None:
                one = row.name, row.ref or ""
                found[one] = min(row.at, found.get(one, row.at))
    return found


def _add_decisions(line: Line, word: str, number: int) -> None:
    if word == Reason.HELD:
        line.held += number
    elif word != Reason.CANCELLED_AFTER_SEND and not word.endswith(rows.AGAIN):
        line.candidates += number
        if word != Reason.SENT:
            line.reasons[word] += number


def _add_send(group: Group, who: int, at: int, trigger_id: str, acts: _Acts, now_ms: int) -> None:
    end = at + WINDOW_DAYS * DAY_MS
    bought = acts.orders.get(who, [])
    place = bisect_right(bought, at)
    group.sent += 1
    group.accepted += trigger_id in acts.accepted
    group.opened += trigger_id in acts.opened
    group.clicked += trigger_id in acts.clicked
    group.ordered += place < len(bought) and bought[place] <= end
    group.running += end > now_ms


def _acts(index: Index, first: int, last: int) -> _Acts:
    accepted = {row.ref for row in index.between(Kind.OUTCOME, first, 2**31, "accepted") if row.ref}
    seen: dict[str, set[str]] = {"Email Opened": set(), "Email Link Clicked": set()}
    for word, ids in seen.items():
        for row in index.between(Kind.EVENT, first, 2**31, word):
            # a scanner's or proxy's act is nobody's interest
            if row.ref and not (b'"machine"' in row.body and is_machine(orjson.loads(row.body))):
                ids.add(row.ref)
    opened, clicked = seen.values()
    # who clicks has opened, even with pictures switched off
    return _Acts(accepted, opened | clicked, clicked, _orders(index, first, last + WINDOW_DAYS + 1))


def _orders(index: Index, first: int, last: int) -> dict[int, list[int]]:
    """who → times of orders. One on a device counts for whoever owns it at that time, else for its next owner."""
    found: dict[int, list[int]] = defaultdict(list)
    pairs: dict[int, list[tuple[int, str]]] = {}
    for row in index.between(Kind.EVENT, first, last, ORDER):
        body = orjson.loads(row.body)
        found[row.who].append(row.at)
        if not body.get("user_id"):
            if row.who not in pairs:
                identities = index.of([row.who], (Kind.IDENTITY,))
                pairs[row.who] = [(one.at, orjson.loads(one.body)["person_id"]) for one in identities]
            if owner := _owner(pairs[row.who], row.at):
                found[rows.person(owner)].append(row.at)
            # a mail that went to the device itself
            found[rows.person(str(body.get("device_id")))].append(row.at)
    return {who: sorted(times) for who, times in found.items()}


def _owner(pairs: Iterable[tuple[int, str]], at: int) -> str | None:
    """pairs: (from when, person), by time."""
    before = [person for since, person in pairs if since <= at]
    return before[-1] if before else next((person for _, person in pairs), None)
