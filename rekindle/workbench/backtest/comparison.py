"""Two versions of a trigger over the same history: what comes, what goes, what moves, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from jobs.gate.decisions import Decision
from jobs.gate.instants import to_text

EXAMPLES = 20
Change = Literal["more", "fewer", "moved"]
NO_CANDIDATE = "no candidate"


@dataclass(frozen=True)
class Example:
    """One occasion that ends otherwise. before, after: when it was sent, or the reason why not."""

    change: Change
    person_id: str
    occasion: str
    before: str
    after: str


@dataclass(frozen=True)
class Comparison:
    """more, fewer: sends only one version has. moved: sent by both, at another instant. same: sent by both at the same one."""

    more: int
    fewer: int
    moved: int
    same: int
    examples: list[Example]


def compare(before: Sequence[Decision], after: Sequence[Decision]) -> Comparison:
    """Occasion by occasion of each person: names and versions of the triggers need not agree."""
    old, new = _outcomes(before), _outcomes(after)
    found: dict[Change, list[Example]] = {"more": [], "fewer": [], "moved": []}
    same = 0
    for key in sorted(old.keys() | new.keys()):
        was, will = old.get(key), new.get(key)
        change = _change(was, will)
        if change is None:
            same += bool(was and was.sent)
        else:
            found[change].append(Example(change, *key, _words(was), _words(will)))
    return Comparison(len(found["more"]), len(found["fewer"]), len(found["moved"]), same, _examples(found))


def _outcomes(decisions: Sequence[Decision]) -> dict[tuple[str, str], Decision]:
    """How each occasion of a person ended: its send, else its last refusal."""
    ends: dict[tuple[str, str], Decision] = {}
    for one in decisions:
        key = one.candidate.person_id, one.candidate.occasion
        if not one.again and (key not in ends or not ends[key].sent):
            ends[key] = one
    return ends


def _change(was: Decision | None, will: Decision | None) -> Change | None:
    sent_before, sent_after = was is not None and was.sent, will is not None and will.sent
    if sent_before != sent_after:
        return "more" if sent_after else "fewer"
    if was is not None and will is not None and sent_after and was.decided_at != will.decided_at:
        return "moved"
    return None


def _words(decision: Decision | None) -> str:
    if decision is None:
        return NO_CANDIDATE
    return f"sent {to_text(decision.decided_at)}" if decision.sent else decision.reason.value


def _examples(found: dict[Change, list[Example]]) -> list[Example]:
    """As many of each kind as there is room for, none of them crowded out."""
    kinds = [list(examples) for examples in found.values() if examples]
    chosen: list[Example] = []
    while kinds and len(chosen) < EXAMPLES:
        for examples in kinds:
            chosen.append(examples.pop(0))
        kinds = [examples for examples in kinds if examples]
    return sorted(chosen[:EXAMPLES], key=lambda one: (list(found).index(one.change), one.person_id, one.occasion))
