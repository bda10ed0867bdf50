"""The machine against a brute force that knows the whole history, keeps no state and shares no code with it.

Watermarks, arrival orders, repeats, restarts and crashes are random; the decisions must not be. Memory is short here (seconds for days),
so that its ends are met as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.gate.cancels import CancelEvent
from jobs.gate.candidates import Candidate
from jobs.gate.contract import read_candidate
from jobs.gate.decisions import Decision
from jobs.gate.machine import Machine
from jobs.gate.retention import GateSettings
from jobs.gate.state import PersonState
from tests.unit.gate_samples import candidate_columns

CANCELS_KEPT, DECIDED_KEPT, SENDS_KEPT = 80_000, 90_000, 300_000
MACHINE = Machine(GateSettings(cancels_ms=CANCELS_KEPT, decided_ms=DECIDED_KEPT, sends_ms=SENDS_KEPT))
ORDER = "Order Completed"
TRIGGERS = ["cart_abandoned", "browse_abandoned"]
EDGES = ["since", "fired_at", "decide_at"]
EVENTS = [ORDER, "Product Added", "Cart Viewed"]
USABLE, BROKEN = "ana@example.com", "ana@@example.com"
Verdicts = dict[tuple[str, int], tuple[int, str, str | None]]
"""(trigger_id, fired_at) → D, reason, id of the event or send that decided it."""


def brute_force(candidates: list[dict[str, Any]], cancels: list[CancelEvent]) -> Verdicts:
    verdicts: Verdicts = {}
    sends: list[dict[str, Any]] = []
    for one in sorted(candidates, key=lambda c: (c["decide_at"], -c["priority"], c["fired_at"], c["trigger_id"])):
        reason, proof = judge(one, cancels, sends)
        verdicts[one["trigger_id"], one["fired_at"]] = (one["decide_at"], reason, proof)
        if reason == "sent":
            sends.append(one)
    return verdicts


def judge(one: dict[str, Any], cancels: list[CancelEvent], sends: list[dict[str, Any]]) -> tuple[str, str | None]:
    t, d = one["fired_at"], one["decide_at"]
    listed = sorted((c.at, c.event_id, c.event) for c in cancels if c.event in one["cancel_on"] and d - CANCELS_KEPT < c.at <= d)
    before = [c for c in listed if one["since"] <= c[0] <= t]
    orders = [c for c in before if c[2] == ORDER]
    since = [c for c in listed if c[0] > t]
    same = [s for s in sends if s["trigger_id"] == one["trigger_id"] and s["decide_at"] > d - SENDS_KEPT]
    cooling = [s for s in sends if s["trigger"] == one["trigger"] and s["decide_at"] > d - one["cooldown_ms"]]
    yes = {when: one[f"consent_{when}granted"] is True and one[f"consent_{when}at"] is not None for when in ("at_fire_", "")}
    if one["purpose"] == "transactional":
        yes = {"at_fire_": True, "": True}
    table: list[tuple[Any, str, str | None]] = [
        (d > t + one["max_age_ms"], "expired", None),
        (same, "duplicate", one["trigger_id"]),
        (orders, "ordered", orders[0][1] if orders else None),
        (before, "cancelled", before[0][1] if before else None),
        (since, "ordered_since", since[0][1] if since else None),
        (not one["profile_found"], "erased" if one["profile_at_fire"] else "no_profile", None),
        (one["email"] != USABLE, "no_address", None),
        (not yes["at_fire_"], "no_consent", None),
        (not yes[""], "consent_withdrawn", None),
        (one["suppressed"] is not None, "suppressed", None),
        (cooling, "cooldown", max((s["decide_at"], s["trigger_id"]) for s in cooling)[1] if cooling else None),
    ]
    return next(((reason, proof) for refuses, reason, proof in table if refuses), ("sent", None))


@dataclass(frozen=True)
class Arrival:
    """An input and the watermark the gate stands at when it comes."""

    watermark: int
    item: Candidate | CancelEvent


def mostly(usual: Any, *rare: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from([usual] * (8 * len(rare)) + list(rare))


def instants(least: int, most: int) -> st.SearchStrategy[int]:
    """ms within so many seconds, coarse so that times meet, and now and then 1 ms off so that they just miss."""
    return st.tuples(st.integers(least // 10, most // 10), mostly(0, -1, 1)).map(lambda parts: parts[0] * 10_000 + parts[1])


@st.composite
def candidate_rows(draw: st.DrawFn) -> dict[str, Any]:
    profile_at_fire, profile_found = draw(mostly((True, True), (True, False), (False, True), (False, False)))
    fired_at = 1_000_000 + draw(instants(0, 600))
    return candidate_columns(
        fired_at,
        wait=draw(mostly(30_000, 0, 50_000)),
        max_age=draw(mostly(60_000, 29_999, 30_000)),
        since=fired_at - draw(st.sampled_from([20_000, 0, -10_000, 40_000, 100_000])),
        trigger_id=draw(st.sampled_from("ABCDEFGHJK")) * 26,
        trigger=draw(st.sampled_from(TRIGGERS)),
        priority=draw(st.integers(1, 2)),
        cancel_on=draw(st.sampled_from([EVENTS[:1], EVENTS[:2], EVENTS[1:], []])),
        purpose=draw(mostly("marketing_email", "transactional")),
        profile_at_fire=profile_at_fire,
        profile_found=profile_found,
        email=draw(mostly(USABLE, BROKEN, None)),
        consent_at_fire_granted=draw(mostly(True, False, None)),
        consent_at_fire_at=draw(mostly("2026-02-01T08:00:00.000Z", None)),
        consent_granted=draw(mostly(True, False, None)),
        consent_at=draw(mostly("2026-02-01T08:00:00.000Z", None)),
        suppressed=draw(mostly(None, "manual")),
    )


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[dict[str, Any]], list[CancelEvent], list[Arrival]]:
    """Rows, cancel events, and when each comes: before the watermark passes it, again at any time while repeats are known."""
    candidates = draw(st.lists(candidate_rows(), min_size=1, max_size=12, unique_by=lambda row: (row["trigger_id"], row["fired_at"])))
    # A trigger has one cooldown. One raised beyond what sends are kept for finds only those that are still there (retention.py).
    cooldowns = {name: draw(st.sampled_from([20_000, 0, 60_000, 400_000])) for name in TRIGGERS}
    candidates = [row | {"cooldown_ms": cooldowns[row["trigger"]]} for row in candidates]
    edges = st.builds(lambda row, edge, off: row[edge] + off, st.sampled_from(candidates), st.sampled_from(EDGES), mostly(0, -1, 1))
    times = draw(st.lists(st.tuples(edges, st.sampled_from(EVENTS)), max_size=8))
    cancels = [CancelEvent(at, f"m-{number}", event) for number, (at, event) in enumerate(times)]
    arrivals = []
    for row in candidates:
        item, due = read_candidate(row), row["decide_at"]
        arrivals.append(Arrival(due - 1 - draw(st.integers(0, 60_000)), item))
        arrivals += [Arrival(due - 1 + draw(st.integers(-60_000, DECIDED_KEPT)), item) for _ in range(draw(mostly(0, 1, 2)))]
    for cancel in cancels:
        arrivals.append(Arrival(cancel.at - 1 - draw(st.integers(0, 60_000)), cancel))
        arrivals += [Arrival(cancel.at - 1 + draw(st.integers(0, 200_000)), cancel) for _ in range(draw(mostly(0, 1, 2)))]
    return candidates, cancels, sorted(draw(st.permutations(arrivals)), key=lambda arrival: arrival.watermark)


class Run:
    """Drives the machine as the adapter does: event-time timers once each, in order of time, before the input that follows."""

    def __init__(self) -> None:
        self.state: bytes | None = None
        self.timers: set[int] = set()

    def advance(self, watermark: float) -> Iterator[Decision]:
        for at_ms in sorted(timer for timer in self.timers if timer <= watermark):
            state = PersonState.from_bytes(self.state)
            yield from MACHINE.on_timer(state, at_ms)
            self.state = state.to_bytes()
            self.timers.discard(at_ms)

    def take(self, arrival: Arrival) -> None:
        state = PersonState.from_bytes(self.state)
        if isinstance(arrival.item, Candidate):
            self.timers.update(MACHINE.on_candidate(state, arrival.item, arrival.watermark))
        else:
            self.timers.update(MACHINE.on_cancel(state, arrival.item, arrival.watermark))
        self.state = state.to_bytes()


def decisions_of(arrivals: list[Arrival], run: Run) -> Iterator[Decision]:
    for arrival in arrivals:
        yield from run.advance(arrival.watermark)
        run.take(arrival)
    yield from run.advance(float("inf"))


def verdict_of(decision: Decision) -> tuple[int, str, str | None]:
    named = decision.evidence.get("event_id", decision.evidence.get("trigger_id"))
    return decision.decided_at, str(decision.reason), None if named is None else str(named)


@settings(max_examples=250, deadline=None)
@given(histories())
def test_decisions_are_those_of_the_brute_force_whatever_the_order_of_arrival(history: Any) -> None:
    candidates, cancels, arrivals = history
    decisions = list(decisions_of(arrivals, Run()))
    found = {decision.candidate.key: verdict_of(decision) for decision in decisions}
    assert found == brute_force(candidates, cancels)
    assert len(decisions) == len(found)  # one row each, repeats or not


@settings(max_examples=60, deadline=None)
@given(histories(), st.data())
def test_a_crash_and_a_restart_from_the_last_checkpoint_repeat_decisions_but_change_none(history: Any, data: st.DataObject) -> None:
    _, _, arrivals = history
    checkpoint = data.draw(st.integers(0, len(arrivals)))
    crash = data.draw(st.integers(checkpoint, len(arrivals)))
    run = Run()
    rows: list[Decision] = []
    for arrival in arrivals[:checkpoint]:
        rows += run.advance(arrival.watermark)
        run.take(arrival)
    kept, timers = run.state, set(run.timers)
    for arrival in arrivals[checkpoint:crash]:
        rows += run.advance(arrival.watermark)
        run.take(arrival)
    restarted = Run()
    restarted.state, restarted.timers = kept, timers
    rows += decisions_of(arrivals[checkpoint:], restarted)
    straight = {decision.candidate.key: decision for decision in decisions_of(arrivals, Run())}
    assert all(row == straight[row.candidate.key] for row in rows)
    assert {row.candidate.key for row in rows} == straight.keys()
