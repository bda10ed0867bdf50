"""rekindle.demo.expected: what the demo waits for is what the oracle finds in the same lines."""

from __future__ import annotations

from collections import Counter

import pytest

from jobs.gate.reasons import Reason
from jobs.settings import Times
from rekindle.demo import expected, feed
from rekindle.demo.happenings import Happening, record
from rekindle.demo.people import Profile, Story, iso, profiles
from rekindle.demo.scenes import ARBITRATION, CART_GAP, CART_MEMORY, IDENTITY_WAIT, LAST_DECISION, SESSION_GAP
from tests.oracle import shop
from tests.oracle.gate_history import Rules

NOW = 1_800_000_000_000
SEEN = {"sent", "held", "capped", "cooldown", "no_profile", "no_consent", "suppressed", "no_address", "consent_withdrawn", "erased"}
CANCELLED = {"ordered", "ordered_since", "cancelled"}


def oracle(made: feed.Feed, until: int) -> shop.Result:
    lines = [(0, number, NOW, one.value) for number, one in enumerate(made.records) if one.topic == "events.raw"]
    late = [(1, number, one.at, record(one, f"later-{number}").value) for number, one in enumerate(made.appointments) if one.at <= until]
    people = [(profile.at, profile.person_id, profile.value) for profile in made.profiles]
    return shop.run([*lines, *late], people, rules=Rules(identity_wait=IDENTITY_WAIT))


def test_the_demo_expects_what_the_oracle_finds() -> None:
    made, until = feed.make(NOW), NOW + LAST_DECISION
    found = oracle(made, until)
    wanted = expected.decisions([*made.history, *made.appointments], made.profiles, until)
    decided = {
        (row["trigger"], row["person_id"], row["fired_at"]): row["reason"]
        for row in found.decisions
        if row["decided_at"] <= iso(until) and row["reason"] != "cancelled_after_send"
    }
    assert {(due.trigger, due.person_id, iso(due.fired_at)): reason for due, reason in wanted.items()} == decided
    assert Counter(row["reason"] for row in found.dead_letters) == made.dead_letters


def test_the_feed_shows_every_reason_a_first_form_of_the_gate_has() -> None:
    made = feed.make(NOW)
    wanted = expected.decisions([*made.history, *made.appointments], made.profiles, NOW + LAST_DECISION)
    assert set(wanted.values()) == SEEN | CANCELLED
    assert {reason for due, reason in wanted.items() if due.trigger == "cart_abandoned"} >= {"sent", "ordered", "ordered_since"}
    assert set(wanted.values()) <= set(Reason)


def test_all_is_decided_once_the_last_cart_is() -> None:
    made = feed.make(NOW)
    happenings = [*made.history, *made.appointments]
    at_the_end = expected.decisions(happenings, made.profiles, NOW + LAST_DECISION)
    assert expected.decisions(happenings, made.profiles, NOW + 4 * LAST_DECISION) == at_the_end
    assert len(expected.decisions(happenings, made.profiles, NOW + LAST_DECISION - 1)) == len(at_the_end) - 2
    assert max(due.decided_at for due in at_the_end) == NOW + LAST_DECISION


def test_its_times_are_the_settings_defaults() -> None:
    times = Times()
    assert [gap.total_seconds() * 1000 for gap in (times.cart_gap, times.cart_memory, times.session_gap, times.arbitration)] == [
        CART_GAP,
        CART_MEMORY,
        SESSION_GAP,
        ARBITRATION,
    ]


def at(minute: float, event: str, person: str | None = None, device: str | None = "d") -> Happening:
    return Happening(NOW + int(minute * 60_000), event, device, person, (1,))


def outcome(happenings: list[Happening], rows: list[Profile]) -> list[tuple[str, str, str]]:
    found = expected.decisions(happenings, rows, NOW + 10 * SESSION_GAP)
    return [(due.trigger, due.person_id, reason) for due, reason in found.items()]


CONSENT = list(profiles("ana", Story.CONSENTS, NOW - 1, NOW))


@pytest.mark.parametrize(
    ("happenings", "wanted"),
    [
        ([at(0, "Product Viewed"), at(1, "Product Added")], [("cart_abandoned", "d", "no_profile")]),
        ([at(0, "Product Added", "ana"), at(1, "Order Completed", "ana")], []),
        ([at(0, "Product Added", "ana"), at(2, "Order Completed", "ana", None)], [("cart_abandoned", "ana", "ordered")]),
        ([at(0, "Product Added", "ana"), at(5.5, "Order Completed", "ana", None)], [("cart_abandoned", "ana", "ordered_since")]),
        ([at(0, "Product Added", "ana"), at(5.6, "Order Completed", "ana", None)], [("cart_abandoned", "ana", "sent")]),
        ([at(0, "Product Viewed"), at(30, "Product Viewed")], [("browse_abandoned", "d", "no_profile")]),
        ([at(0, "Product Viewed"), at(30.1, "Identified", "ana")], [("browse_abandoned", "ana", "sent")]),
        ([at(0, "Product Viewed"), at(31, "Identified", "ana")], [("browse_abandoned", "ana", "sent")]),
        ([at(0, "Product Viewed"), at(31.1, "Identified", "ana")], [("browse_abandoned", "d", "no_profile")]),
        ([at(0, "Product Viewed"), at(30, "Identified", "ana")], [("browse_abandoned", "ana", "sent")]),
        (
            [at(0, "Product Added", "ana"), at(6, "Product Added", "ana")],
            [("cart_abandoned", "ana", "sent"), ("cart_abandoned", "ana", "cooldown")],
        ),
    ],
)
def test_gaps_and_orders_at_their_limits(happenings: list[Happening], wanted: list[tuple[str, str, str]]) -> None:
    assert outcome(happenings, CONSENT) == wanted
