"""Caps and arbitration: how many mails, and which."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from jobs.gate.inbox import Input
from jobs.gate.reasons import Reason
from jobs.gate.retention import GateSettings
from jobs.gate.rules import CapRule
from tests.unit.gate_samples import DAY, HOUR, NOON, OTHER_ID, SECOND, SETTINGS, a_candidate, a_change, an_order, an_outcome, decide

IDS = [digit * 26 for digit in "0123456789"]
DAILY = CapRule("marketing", "email", 1, DAY)


def capped(*caps: CapRule) -> GateSettings:
    return replace(SETTINGS, rules=replace(SETTINGS.rules, caps=caps))


def one_of(place: int, at: int, **changes: Any) -> Input:
    return a_candidate(at, trigger_id=IDS[place], trigger=f"trigger_{place}", **changes)


def reasons(*rows: Input, settings: GateSettings = SETTINGS) -> list[Reason]:
    return [decision.reason for decision in decide(*rows, settings=settings)]


def test_one_marketing_mail_in_24_hours_and_three_in_seven_days_by_default() -> None:
    assert reasons(one_of(0, NOON), one_of(1, NOON + DAY - 1)) == [Reason.SENT, Reason.CAPPED]
    assert reasons(one_of(0, NOON), one_of(1, NOON + DAY)) == [Reason.SENT, Reason.SENT]
    week = [one_of(place, NOON + place * DAY) for place in range(4)]
    assert reasons(*week) == [Reason.SENT] * 3 + [Reason.CAPPED]
    assert reasons(*week[:3], one_of(4, NOON + 7 * DAY)) == [Reason.SENT] * 4


def test_what_filled_a_cap_is_named_newest_first() -> None:
    *_, last = decide(one_of(0, NOON), one_of(1, NOON + HOUR), one_of(2, NOON + 2 * HOUR), settings=capped(replace(DAILY, limit=2)))
    assert last.reason == Reason.CAPPED
    assert last.evidence == {
        "class": "marketing",
        "channel": "email",
        "limit": 2,
        "per_ms": DAY,
        "calendar": False,
        "sends": [
            {"trigger_id": IDS[1], "decided_at": "2026-03-01T13:00:30.000Z"},
            {"trigger_id": IDS[0], "decided_at": "2026-03-01T12:00:30.000Z"},
        ],
    }


@pytest.mark.parametrize(
    "other",
    [
        {"class": "service"},
        {"channel": "push"},
        {"purpose": "transactional", "class": "transactional"},
        {"purpose": "transactional", "class": "marketing"},
    ],
)
def test_another_class_another_channel_and_transactional_mail_do_not_count(other: dict[str, Any]) -> None:
    for rows in ([one_of(0, NOON), one_of(1, NOON + 7 * HOUR, **other)], [one_of(0, NOON, **other), one_of(1, NOON + 7 * HOUR)]):
        assert reasons(*rows) == [Reason.SENT, Reason.SENT]


def test_a_calendar_cap_counts_local_days() -> None:
    awake = replace(SETTINGS.rules.quiet, enabled=False)
    by_day, by_hours = (
        replace(SETTINGS, rules=replace(SETTINGS.rules, caps=(cap,), quiet=awake)) for cap in (replace(DAILY, calendar=True), DAILY)
    )
    midnight, zone = NOON + 3 * HOUR, "Asia/Tokyo"
    over_midnight = [one_of(place, midnight + after, timezone_of_profile=zone) for place, after in ((0, -2 * HOUR), (1, HOUR))]
    assert reasons(*over_midnight, settings=by_day) == [Reason.SENT, Reason.SENT]
    assert reasons(*over_midnight, settings=by_hours) == [Reason.SENT, Reason.CAPPED]
    one_day = [one_of(place, midnight + after, timezone_of_profile=zone) for place, after in ((0, HOUR), (1, 23 * HOUR))]
    assert reasons(*one_day, settings=by_day) == [Reason.SENT, Reason.CAPPED]


def test_a_mail_that_reached_nobody_makes_room() -> None:
    later = one_of(1, NOON + HOUR)
    assert reasons(one_of(0, NOON), an_outcome(NOON + HOUR, "rejected", IDS[0]), later) == [Reason.SENT, Reason.SENT]
    assert reasons(one_of(0, NOON), an_outcome(NOON + HOUR, "accepted", IDS[0]), later) == [Reason.SENT, Reason.CAPPED]


def test_of_two_in_the_window_the_higher_priority_goes_out_whichever_fired_first() -> None:
    high_first = decide(one_of(0, NOON, priority=90), one_of(1, NOON + 20 * SECOND, priority=10))
    assert [d.reason for d in high_first] == [Reason.SENT, Reason.OUTRANKED]
    low_first = decide(one_of(0, NOON, priority=10), one_of(1, NOON + 20 * SECOND, priority=90))
    assert [d.reason for d in low_first] == [Reason.OUTRANKED, Reason.SENT]
    assert low_first[0].evidence == {"limit": 1, "per_ms": DAY, "winner": IDS[1], "winner_trigger": "trigger_1"}


def test_a_rival_that_would_not_be_sent_itself_wins_nothing() -> None:
    low, later = one_of(0, NOON, priority=10), NOON + 10 * SECOND
    ordered = an_order(NOON - HOUR)
    assert reasons(low, ordered, one_of(1, later, priority=90, since=NOON - 2 * HOUR)) == [Reason.SENT, Reason.ORDERED]
    assert reasons(low, one_of(1, later, priority=90, max_age=1)) == [Reason.SENT, Reason.EXPIRED]


def test_beyond_the_window_first_come_is_first_served() -> None:
    assert reasons(one_of(0, NOON, priority=10), one_of(1, NOON + 30 * SECOND + 1, priority=90)) == [Reason.SENT, Reason.CAPPED]
    assert reasons(one_of(0, NOON, priority=10), one_of(1, NOON + 30 * SECOND, priority=90)) == [Reason.OUTRANKED, Reason.SENT]


def test_a_cap_with_room_for_both_lets_both_out() -> None:
    assert reasons(one_of(0, NOON), one_of(1, NOON), settings=capped(replace(DAILY, limit=2))) == [Reason.SENT, Reason.SENT]


def test_operators_can_change_caps_and_stop_triggers_and_packs_from_a_time_on() -> None:
    two = {"caps": [{"class": "marketing", "channel": "email", "limit": 2, "per": "1 d"}]}
    first, second = one_of(0, NOON), one_of(1, NOON + HOUR)
    d = NOON + HOUR + 30 * SECOND
    assert reasons(first, second, a_change(d, "setting:caps", two)) == [Reason.SENT, Reason.SENT]
    assert reasons(first, second, a_change(d + 1, "setting:caps", two)) == [Reason.SENT, Reason.CAPPED]
    for key, value in (("trigger:trigger_1", {"paused": True}), ("pack:core", {"muted": True})):
        decisions = decide(first, second, a_change(d, key, value))
        assert [one.reason for one in decisions] == [Reason.SENT, Reason.PAUSED]
        assert decisions[1].evidence == {"control": key, "at": "2026-03-01T13:00:30.000Z"}
        again = dict.fromkeys(value, False)
        assert reasons(first, second, a_change(d - 5, key, value), a_change(d, key, again))[-1] != Reason.PAUSED


def test_people_of_the_control_share_are_held_out_always_the_same_ones() -> None:
    half = replace(SETTINGS, rules=replace(SETTINGS.rules, holdout_share=0.5, holdout_salt="spring"))
    held = {person: reasons(a_candidate(person=str(person)), settings=half)[0] for person in range(40)}
    assert set(held.values()) == {Reason.SENT, Reason.HOLDOUT}
    assert held == {person: reasons(a_candidate(NOON + 9 * DAY, person=str(person)), settings=half)[0] for person in range(40)}
    everybody = replace(SETTINGS, rules=replace(SETTINGS.rules, holdout_share=1.0, holdout_salt="spring"))
    decision = decide(a_candidate(), settings=everybody)[0]
    assert (decision.reason, decision.evidence) == (Reason.HOLDOUT, {"experiment": "spring", "share": 1.0})
    assert reasons(a_candidate(purpose="transactional"), settings=everybody) == [Reason.SENT]


def test_a_person_keeps_the_variant_and_weights_say_how_many_get_which() -> None:
    variants = '{"control": 10, "a": 45, "b": 45}'
    found = [decide(a_candidate(person=str(n), variants=variants))[0].variant for n in range(400)]
    assert {name: found.count(name) // 20 for name in ("control", "a", "b")} == {"control": 2, "a": 8, "b": 9}
    again = [decide(a_candidate(NOON + DAY, person=str(n), variants=variants, trigger_id=OTHER_ID))[0].variant for n in range(400)]
    assert again == found
    assert decide(a_candidate())[0].variant is None
    assert {decide(a_candidate(person=str(n), variants='{"off": 0, "on": 1}'))[0].variant for n in range(20)} == {"on"}
