"""Figures of one run: how many, why not, on which day, and how hard it would have pressed the caps."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from jobs.gate.decisions import Decision
from jobs.gate.instants import to_text
from jobs.gate.reasons import Reason

DAY_MS = 86_400_000
PRESSURE = ((1, 1), (3, 7))
"""Most sends in so many days: the default caps of semantics.md, section 5."""
NOT_FINAL = frozenset({Reason.HELD, Reason.CANCELLED_AFTER_SEND})
"""Rows beside the one that ends a candidate."""


@dataclass(frozen=True)
class Figures:
    """candidates, sends: how many. reasons: of those not sent. days: sends by UTC day. pressure: sends beyond `most` in `days`."""

    candidates: int
    sends: int
    people: int
    reasons: dict[str, int]
    days: dict[str, int]
    pressure: dict[str, int]


def within(decisions: Iterable[Decision], since: int | None, until: int | None) -> list[Decision]:
    """Those with T in [since, until), epoch ms."""
    return [
        one for one in decisions if (since is None or one.candidate.fired_at >= since) and (until is None or one.candidate.fired_at < until)
    ]


def of(decisions: Sequence[Decision]) -> Figures:
    """Figures of decisions, each list of names in a fixed order."""
    decisions = [one for one in decisions if one.reason not in NOT_FINAL and not one.again]
    sends = [one for one in decisions if one.sent]
    reasons = Counter(one.reason.value for one in decisions if not one.sent)
    days = Counter(to_text(one.decided_at)[:10] for one in sends)
    times: dict[str, list[int]] = defaultdict(list)
    for one in sends:
        times[one.candidate.person_id].append(one.decided_at)
    return Figures(
        candidates=len(decisions),
        sends=len(sends),
        people=len(times),
        reasons=dict(sorted(reasons.items(), key=lambda item: (-item[1], item[0]))),
        days=dict(sorted(days.items())),
        pressure={
            f"more than {most} in {span} d": sum(_beyond(at, most, span * DAY_MS) for at in times.values()) for most, span in PRESSURE
        },
    )


def _beyond(times: list[int], most: int, span_ms: int) -> int:
    """Sends of one person that find `most` others in the span before them."""
    times.sort()
    return sum(place - bisect_right(times, at - span_ms) >= most for place, at in enumerate(times))
