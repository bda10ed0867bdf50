"""Random histories of a few people, small enough that the gate's rules meet: seed and number always give the same one.

A batch shares what is the same for everybody: settings, and control rows that name no trigger. Ids of a history carry its number, so that
all histories of a batch may lie in the same topics.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from tests.oracle import gate
from tests.oracle.gate_history import DAY, HOUR, MINUTE, Cap, History, Quiet, Row, Rules, millis
from tests.oracle.history_rows import Trigger, candidate_row, event_row, profile_value
from tests.oracle.instants import to_text

SECOND = 1000
WINDOW = 30 * SECOND
PACK = "core"
USUAL = 1_773_144_000_000  # 2026-03-10T12:00Z
STARTS = {
    USUAL: ("UTC", "Europe/Paris", "Asia/Tokyo", "America/New_York"),
    1_773_177_000_000: ("UTC", "Europe/Paris", "Pacific/Auckland", "America/Sao_Paulo"),  # 2026-03-10T21:10Z
    1_774_740_600_000: ("Europe/Paris", "Europe/Lisbon", "Europe/Helsinki"),  # 2026-03-28T23:30Z: an hour and a half before a gap
    1_792_884_600_000: ("Europe/Paris", "Europe/Berlin", "Atlantic/Azores"),  # 2026-10-24T23:30Z: before an hour that comes twice
    1_793_507_400_000: ("America/New_York", "America/Chicago", "America/Havana"),  # 2026-11-01T04:30Z: the same in America
    1_772_949_600_000: ("America/New_York", "America/Chicago", "America/Havana"),  # 2026-03-08T06:00Z: before a gap
}
QUIET = [("22:00", "08:00"), ("22:00", "08:00"), ("12:00", "14:00"), ("00:30", "02:30"), ("21:00", "03:15"), ("01:00", "02:00")]
CAPS: list[tuple[Cap, ...]] = [
    Rules().caps,
    (Cap("marketing", "email", 1, 10 * MINUTE), Cap("marketing", "email", 2, DAY), Cap("news", "email", 1, WINDOW)),
    (Cap("marketing", "email", 1, DAY, True), Cap("news", "email", 2, 2 * DAY, True)),
    (Cap("marketing", "email", 2, 2 * MINUTE), Cap("news", "email", 0, HOUR)),
    (Cap("news", "email", 1, 7 * DAY), Cap("marketing", "sms", 0, DAY)),
]
EVENTS = ("Order Completed", "Product Added", "Checkout Started")


@dataclass(frozen=True)
class Batch:
    """control: (record time, row)."""

    seed: int
    start: int
    rules: Rules
    control: list[tuple[int, Row]]


def batch(seed: int) -> Batch:
    """What the histories of a seed share."""
    rng = Random(f"batch {seed}")
    start = rng.choice([USUAL, USUAL, *STARTS])
    rules = Rules(
        identity_wait=rng.choice([0, 10 * MINUTE, 2 * HOUR, 2 * HOUR]),
        caps=rng.choice([CAPS[0], *CAPS]),
        quiet=_quiet(rng),
        timezone=rng.choice(["UTC", *STARTS[start]]),
        share=rng.choice([0.0, 0.0, 0.1, 0.3]),
        salt=rng.choice(["", "spring", "été"]),
    )
    control: list[tuple[int, Row]] = []
    if rng.random() < 0.3:
        control.append(_control(start - HOUR + rng.randrange(3 * HOUR), "setting:caps", rng.choice([{}, _caps(rng.choice(CAPS))])))
    if rng.random() < 0.3:
        control.append(_control(start + rng.randrange(3 * HOUR), "setting:quiet_hours", rng.choice([{}, _hours(_quiet(rng))])))
    if rng.random() < 0.2:
        muted = start + rng.randrange(4 * HOUR)
        control.append(_control(muted, f"pack:{PACK}", {"muted": True}))
        control.append(_control(muted + rng.randrange(1, HOUR), f"pack:{PACK}", rng.choice([{"muted": False}, {}])))
        if rng.random() < 0.5:
            control += [_control(at + 2 * HOUR, row["key"], {}) for at, row in control if row["key"].startswith("setting")]
    return Batch(seed, start, rules, sorted(control, key=lambda row: row[0]))


def history(of: Batch, number: int) -> History:
    """One of its histories, with everything in it that happens to its people."""
    return _Maker(of, number).make()


class _Maker:
    def __init__(self, of: Batch, number: int) -> None:
        self.rng, self.of, self.n = Random(f"{of.seed}/{number}"), of, number
        self.span = self.rng.choice([WINDOW, 10 * MINUTE, 2 * HOUR, 30 * HOUR])
        self.edges: list[int] = [of.start]
        self.users = [f"u{user}.{number}" for user in range(1, self.rng.randint(2, 4))]
        self.devices = [f"d{device}.{number}" for device in range(1, self.rng.randint(2, 4))]
        self.zones = STARTS[of.start]
        self.healthy = self.rng.random() < 0.6
        """Whether most people may get mail, so that the later checks are reached."""

    def make(self) -> History:
        """Candidates first, then facts around their instants, then around the instants at which those were decided."""
        rng = self.rng
        triggers = [self.trigger(place) for place in range(1, rng.randint(2, 5))]
        pairs = [pair for device in self.devices for pair in self.pairs(device)]
        candidates = self.candidates(triggers, pairs)
        profiles = [version for user in self.users for version in self.profiles(user)]
        found = History(candidates, [], profiles, pairs, [], list(self.of.control))
        self.edges += [decision.decided_at for decision in gate.decide(found, self.of.rules)]
        events = [event_row(self.n, place, *self.act()) for place in range(rng.choice([0, 1, 2, 3, 5]))]
        found = replace(found, events=events, identities=pairs + self.merges(profiles), control=found.control + self.pauses(triggers))
        found = replace(found, profiles=profiles + self.changes(profiles))
        return replace(found, outcomes=self.outcomes(found))

    def when(self, near: float = 0.6) -> int:
        """An instant: often one at which something else happens, or a millisecond beside it."""
        if self.rng.random() < near:
            return self.rng.choice(self.edges) + self.rng.choice([-WINDOW, -1, 0, 0, 1, WINDOW])
        return self.of.start - HOUR // 2 + self.rng.randrange(self.span + HOUR)

    def trigger(self, place: int) -> Trigger:
        rng = self.rng
        purpose = rng.choice(["marketing_email"] * 6 + ["newsletter", "transactional"])
        return Trigger(
            name=f"t{place}_{self.n}",
            priority=rng.choice([40, 50, 50, 60]),
            purpose=purpose,
            class_=rng.choice(["marketing", purpose if purpose == "transactional" else "marketing", "marketing", "news"]),
            cancel_on=rng.choice([EVENTS[:1], EVENTS[:2], EVENTS[1:], ()]),
            cooldown=rng.choice([0, 0, 0, WINDOW, MINUTE, HOUR, DAY]),
            max_age=rng.choice([WINDOW - 1, WINDOW, 5 * MINUTE, 2 * HOUR, *[12 * HOUR] * 4, *[2 * DAY] * 8]),
            send_after=rng.choice([0, 0, 0, 0, 0, 10 * SECOND, MINUTE, 30 * MINUTE, 9 * HOUR]),
            variants=rng.choice([None, {"control": 10, "a": 45, "b": 45}, {"b": 1, "a": 1}, {"off": 0, "on": 1}]),
        )

    def pairs(self, device: str) -> list[Row]:
        rng = self.rng
        if rng.random() < 0.1:
            return []
        at = rng.choice([self.of.start - DAY, self.of.start - DAY, self.when(0)])
        pairs = [{"device_id": device, "person_id": rng.choice(self.users), "at": to_text(at)}]
        if rng.random() < 0.2:
            pairs.append({"device_id": device, "person_id": rng.choice(self.users), "at": to_text(at + rng.choice([1, MINUTE, HOUR]))})
        return pairs

    def candidates(self, triggers: list[Trigger], pairs: list[Row]) -> list[Row]:
        rng, found, seen = self.rng, [], set()
        for _ in range(rng.choice([1, 2, 3, 4, 5, 7])):
            trigger, device, occasion = rng.choice(triggers), rng.choice(self.devices), rng.choice(["o1", "o2", "o3"])
            fired_at = rng.choice([self.when(), self.of.start + rng.randrange(self.span)])
            if (trigger.name, occasion, fired_at) in seen:  # nothing would tell two of one person apart
                continue
            seen.add((trigger.name, occasion, fired_at))
            known = [pair["person_id"] for pair in pairs if pair["device_id"] == device and pair["at"] <= to_text(fired_at)]
            person = rng.choice(self.users) if rng.random() < 0.25 else (known or [device])[-1]
            since = rng.choice([None, fired_at, fired_at - MINUTE, fired_at - HOUR])
            zone = rng.choice([None, None, *self.zones, "Mars/Olympus"])
            found.append(candidate_row(self.of.rules, PACK, trigger, person, device, occasion, fired_at, since, zone))
            due = fired_at + trigger.send_after + WINDOW
            self.edges += [fired_at, due, due - WINDOW, fired_at + trigger.max_age, fired_at + self.of.rules.identity_wait, since or due]
        if rng.random() < 0.1:
            found.append(dict(found[0]))  # written twice
        return found

    def profiles(self, user: str) -> list[tuple[int, str, Row | None]]:
        at = self.of.start - 10 * DAY if self.healthy or self.rng.random() < 0.85 else self.when()
        return [(at, user, profile_value(self.rng, user, self.zones, self.healthy))]

    def changes(self, profiles: list[tuple[int, str, Row | None]]) -> list[tuple[int, str, Row | None]]:
        """Later versions: each changes one thing of the one before, or erases, or brings back."""
        rng, found = self.rng, []
        for first_at, user, value in profiles:
            times = sorted({self.when(0.8) for _ in range(rng.choice([0, 0, 0, 1] if self.healthy else [0, 1, 1, 2, 3]))} - {first_at})
            for at in (at for at in times if at > first_at):
                fresh = profile_value(rng, user, self.zones, False)
                if value is not None and rng.random() < 0.15:
                    value = None
                elif value is None:
                    value = fresh
                else:
                    value = value | {
                        key: fresh[key] for key in [rng.choice(["email", "timezone", "country", "consent", "consent", "suppressed"])]
                    }
                found.append((at, user, value))
        return found

    def merges(self, profiles: list[tuple[int, str, Row | None]]) -> list[Row]:
        """Chains only: the first becomes the second, the second the third. Each side that goes has a profile by then."""
        found, last = [], 0
        for old, new in zip(self.users, self.users[1:], strict=False):
            at = self.when(0.7)
            known = any(person == old and time <= at for time, person, _ in profiles)
            if known and at != last and self.rng.random() < 0.3:
                found.append({"device_id": old, "person_id": new, "at": to_text(at)})
                self.edges.append(at)
                last = at
        return found

    def act(self) -> tuple[str, int, int, bool, str, str | None]:
        """event, t, received_at, late, device, user."""
        rng = self.rng
        t = self.when(0.7) + (rng.choice([0, HOUR]) if self.healthy else 0)
        late = rng.random() < 0.3
        received = max(t, self.when(0.7)) if late else t + rng.choice([0, SECOND])
        return rng.choice([EVENTS[0], *EVENTS]), t, received, late, rng.choice(self.devices), rng.choice([None, *self.users])

    def pauses(self, triggers: list[Trigger]) -> list[tuple[int, Row]]:
        found: dict[tuple[str, int], tuple[int, Row]] = {}
        for _ in range(self.rng.choice([0, 0, 0, 1, 2])):
            key, at = f"trigger:{self.rng.choice(triggers).name}", self.when()
            found[key, at] = _control(at, key, self.rng.choice([{"paused": True}, {"paused": True}, {"paused": False}, {}]))
        return sorted(found.values(), key=lambda row: row[0])

    def outcomes(self, found: History) -> list[tuple[int, Row]]:
        """Of sends that there are: one that only an outcome made possible may go when another comes."""
        rng, outcomes = self.rng, list[tuple[int, Row]]()
        decided = gate.decide(found, self.of.rules)
        self.edges = (
            [at for at, _, _ in found.profiles] + [at for at, _ in found.control] + [millis(row["received_at"]) for row in found.events]
        )
        self.edges += [decision.decided_at for decision in decided]
        for decision in (one for one in decided if one.reason == "sent"):
            if rng.random() < 0.5:
                word = rng.choice(["accepted", "rejected", "dead", "dead", "dead", "expired", "cancelled", "retrying", "unknown"])
                outcomes.append(self.outcome(min, decision, word))
            for _ in range(rng.choice([0, 0, 1, 1, 2, 3])):
                outcomes.append(self.outcome(max, decision, "retrying", reason="recheck"))
            if rng.random() < 0.1:
                outcomes.append(self.outcome(max, decision, "dead"))
        while True:
            decided = gate.decide(replace(found, outcomes=outcomes), self.of.rules)
            sent = {one.trigger_id: one.decided_at for one in decided if one.reason == "sent" and not one.again}
            kept = [(at, row) for at, row in outcomes if sent.get(row["trigger_id"], at + 1) <= at]
            if kept == outcomes:
                return sorted(outcomes, key=lambda outcome: outcome[0])
            outcomes = kept

    def outcome(self, of_two: Callable[[list[int]], int], decision: gate.Decision, word: str, **more: Any) -> tuple[int, Row]:
        """Of a send, at any time after it: the earlier or the later of two."""
        later = [at for at in self.edges if at >= decision.decided_at]
        at = of_two([self.rng.choice(later) + self.rng.choice([0, 0, 1, SECOND, MINUTE, HOUR, 12 * HOUR]) for _ in range(2)])
        self.edges.append(at)
        row = {"trigger_id": decision.trigger_id, "destination": "default", "outcome": word, "at": to_text(at), **more}
        return at, row | {"person_id": decision.person_id}


def _quiet(rng: Random) -> Quiet:
    start, end = rng.choice(QUIET)
    return Quiet(start, end, rng.choice([0, 5 * MINUTE, 5 * MINUTE]), rng.random() < 0.8)


def _control(at: int, key: str, value: dict[str, Any]) -> tuple[int, Row]:
    return at, {"key": key, "value": value, "at": to_text(at), "by": "operator"}


def _caps(caps: tuple[Cap, ...]) -> dict[str, Any]:
    return {
        "caps": [
            {"class": cap.class_, "channel": cap.channel, "limit": cap.limit, "per": f"{cap.per // SECOND} s", "calendar": cap.calendar}
            for cap in caps
        ]
    }


def _hours(quiet: Quiet) -> dict[str, Any]:
    return {"from": quiet.from_, "to": quiet.to, "spread": f"{quiet.spread // MINUTE} minutes", "enabled": quiet.enabled}
