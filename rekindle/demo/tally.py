"""What the jobs have done so far, folded out of the rows they write."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from rekindle.demo.expected import Due
from rekindle.demo.people import iso

TOPICS = ("events", "trigger_candidates", "trigger_decisions", "triggers", "delivery_outcomes", "dead_letters")
Key = tuple[str, str, str]
"""trigger, person_id, fired_at as ISO text: which candidate a decision is of."""


@dataclass
class Tally:
    """Rows by id, so that a repeat counts once. delivered: trigger_id → when the ESP accepted it, ISO text.

    taken_back: ids of sends the gate cancelled later: what the last hours' shoppers did after their mail was decided.
    """

    events: set[str] = field(default_factory=set)
    candidates: dict[Key, dict[str, Any]] = field(default_factory=dict)
    decisions: dict[Key, dict[str, Any]] = field(default_factory=dict)
    triggers: set[str] = field(default_factory=set)
    outcomes: dict[str, str] = field(default_factory=dict)
    delivered: dict[str, str] = field(default_factory=dict)
    taken_back: set[str] = field(default_factory=set)
    dead_letters: dict[tuple[str, int, int], str] = field(default_factory=dict)

    def take(self, topic: str, row: dict[str, Any]) -> None:
        """One row of one of TOPICS."""
        match topic:
            case "events":
                self.events.add(row["event_id"])
            case "trigger_candidates":
                self.candidates[key_of(row)] = row
            case "trigger_decisions":
                # what was decided stays decided: delivery reads what comes afterwards
                again = row.get("evidence", {}).get("recheck")
                if row["reason"] == "cancelled_after_send" or (again and row.get("verdict") not in ("sent", "held")):
                    self.taken_back.add(row["trigger_id"])
                elif not again:
                    self.decisions[key_of(row)] = row
            case "triggers":
                self.triggers.add(row["trigger_id"])
            case "delivery_outcomes":
                self.outcomes[row["trigger_id"]] = row["outcome"]
            case "dead_letters":
                self.dead_letters[row["topic"], row["partition"], row["offset"]] = row["reason"]

    def reasons(self) -> Counter[tuple[str, str]]:
        """How many decisions of (trigger, reason)."""
        return Counter((row["trigger"], row["reason"]) for row in self.decisions.values())

    def cancelled(self) -> set[str]:
        """Sends that were taken back before their call, and so are at no platform."""
        return {one for one in self.taken_back if self.outcomes.get(one) == "cancelled"}

    def gave_back(self, person: str) -> bool:
        """Whether one of a person's mails reached nobody: it fills no cap, so a later one may go out instead."""
        return any(row["person_id"] == person and row.get("trigger_id") in self.cancelled() for row in self.decisions.values())

    def accepted(self) -> dict[str, str]:
        """trigger_id → when the ESP accepted it, of what these jobs sent: an adopted ESP may have seen others."""
        return {one: at for one, at in self.delivered.items() if one in self.triggers}

    def summary(self, first_delivery_s: float | None) -> dict[str, Any]:
        """The line of `--json`."""
        refused = Counter(row["reason"] for row in self.decisions.values() if row["reason"] != "sent")
        return {
            "events": len(self.events),
            "candidates": len(self.candidates),
            "triggers": len(self.triggers),
            "delivered": len(self.accepted()),
            "taken_back": len(self.cancelled()),
            "suppressed": dict(sorted(refused.items())),
            "first_delivery_s": first_delivery_s,
        }


def key_of(row: Mapping[str, Any]) -> Key:
    """Of a row of `trigger_candidates` or `trigger_decisions`."""
    return row["trigger"], row["person_id"], row["fired_at"]


def missing(tally: Tally, expected: Mapping[Due, str], dead_letters: Counter[str], until: int) -> Iterator[str]:
    """One line for each thing that must be there and is not, or is there and must not. until: of `expected`, epoch ms."""
    for due, reason in expected.items():
        key = due.trigger, due.person_id, iso(due.fired_at)
        name = f"{due.trigger} of {due.person_id}, due {iso(due.fired_at)}"
        row = tally.decisions.get(key)
        if row is None:
            yield f"{name}: no {'decision' if key in tally.candidates else 'candidate'}"
        elif row["reason"] != reason and not (
            row["reason"] == "sent" and reason in ("capped", "cooldown") and tally.gave_back(due.person_id)
        ):
            yield f"{name}: expected {reason}, decided {row['reason']}"
        elif row["reason"] == "sent" and row["trigger_id"] in tally.cancelled():
            if row["trigger_id"] in tally.accepted():
                yield f"{name}: taken back, and at the e-mail platform all the same"
        elif row["reason"] == "sent" and row["trigger_id"] not in tally.accepted():
            yield f"{name}: sent, but not at the e-mail platform"
        elif row["reason"] == "sent" and tally.outcomes.get(row["trigger_id"]) != "accepted":
            yield f"{name}: no outcome"
    known = {(due.trigger, due.person_id, iso(due.fired_at)) for due in expected}
    for key, row in tally.decisions.items():
        if key not in known and row["decided_at"] <= iso(until):
            yield f"{key[0]} of {key[1]}, due {key[2]}: decided {row['reason']}, but nothing was due"
    found = Counter(tally.dead_letters.values())
    for reason, count in dead_letters.items():
        if found[reason] < count:
            yield f"dead letters: {found[reason]} of {count} with reason {reason}"
