"""Quiet hours, by the oracle, with clocks read off by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from tests.oracle.gate_history import HOUR, MINUTE, Quiet
from tests.oracle.gate_world import bucket
from tests.oracle.quiet import end_of_quiet, is_quiet, zone_of
from tests.oracle.samples import NOON
from tests.unit.gate_history import CART, LONG_AGO, MAY, NOTICE, ONE_A_DAY, OPEN, WINDOW, decisions, fired, reasons, switch

NIGHT = replace(OPEN, quiet=Quiet(spread=0))
PARIS = [(LONG_AGO, MAY | {"timezone": "Europe/Paris"})]
TEN = 10 * HOUR
"""Ten at night in UTC, after NOON."""


def at(text: str) -> int:
    return int(datetime.fromisoformat(text + "+00:00").timestamp()) * 1000


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-03-28T23:30:00", "2026-03-29T01:00:00"),  # 02:30 never comes: the first instant after the gap
        ("2026-03-29T01:30:00", "2026-03-30T00:30:00"),  # half past three in summer time: the next night's
        ("2026-10-24T23:30:00", "2026-10-25T01:30:00"),  # 02:30 comes twice: the second
        ("2026-10-25T01:10:00", "2026-10-25T01:30:00"),  # from inside the second of both hours
        ("2026-03-10T23:30:00", "2026-03-11T01:30:00"),
    ],
)
def test_the_end_of_quiet_hours_in_paris(now: str, until: str) -> None:
    assert end_of_quiet(at(now), "Europe/Paris", Quiet("22:00", "02:30")) == at(until)


@pytest.mark.parametrize(("now", "until"), [("2026-03-08T06:30:00", "2026-03-08T07:00:00"), ("2026-11-01T05:10:00", "2026-11-01T07:15:00")])
def test_the_end_of_quiet_hours_in_new_york(now: str, until: str) -> None:
    assert end_of_quiet(at(now), "America/New_York", Quiet("22:00", "02:15")) == at(until)


def test_eight_in_the_morning_is_eight_on_the_clock_also_after_a_changed_night() -> None:
    assert end_of_quiet(at("2026-03-28T22:00:00"), "Europe/Paris", Quiet()) == at("2026-03-29T06:00:00")
    assert end_of_quiet(at("2026-10-24T22:00:00"), "Europe/Paris", Quiet()) == at("2026-10-25T07:00:00")


def test_quiet_hours_begin_with_their_first_millisecond_and_end_before_their_last() -> None:
    for hours in (Quiet(), Quiet("12:00", "14:00")):
        start, end = (at(f"2026-03-10T{text}:00") for text in (hours.from_, hours.to))
        assert [is_quiet(t, "UTC", hours) for t in (start - 1, start, end - 1, end)] == [False, True, True, False]
    assert not is_quiet(at("2026-03-10T23:00:00"), "UTC", Quiet(enabled=False))


@pytest.mark.parametrize(
    ("profile", "of_event", "expected"),
    [
        ({"timezone": "Asia/Tokyo", "country": "FR"}, "America/New_York", "Asia/Tokyo"),
        ({"timezone": "Mars/Olympus", "country": "FR"}, "America/New_York", "America/New_York"),
        ({"country": "FR"}, "+02:00", "Europe/Paris"),
        ({"country": "US"}, None, "America/New_York"),
        ({"country": "ZZ"}, "", "UTC"),
        ({"timezone": "../../etc/localtime"}, None, "UTC"),
        ({}, None, "UTC"),
    ],
)
def test_the_first_zone_that_is_one_counts(profile: dict[str, Any], of_event: str | None, expected: str) -> None:
    assert zone_of(profile, of_event, "UTC") == expected


def test_a_send_at_night_is_held_and_decided_again_in_the_morning() -> None:
    cart = replace(CART, max_age=24 * HOUR)
    found = decisions(fired(TEN, cart), rules=NIGHT)
    assert [(one.reason, one.decided_at - NOON) for one in found] == [("held", TEN + WINDOW), ("sent", 20 * HOUR)]
    assert found[0].evidence == {"until": "2026-03-02T08:00:00.000Z", "timezone": "UTC"}
    assert reasons(fired(TEN, cart), rules=NIGHT, profiles=[(LONG_AGO, MAY), (20 * HOUR, None)]) == ["held", "erased"]
    assert reasons(fired(TEN, replace(NOTICE, max_age=24 * HOUR)), rules=NIGHT) == ["held", "sent"]


def test_a_hold_that_would_end_too_late_is_given_up_at_once() -> None:
    for max_age, expected in ((10 * HOUR, ["held", "sent"]), (10 * HOUR - 1, ["quiet_expired"])):
        assert reasons(fired(TEN, replace(CART, max_age=max_age)), rules=NIGHT) == expected


def test_releases_are_spread_over_people() -> None:
    rules = replace(NIGHT, quiet=Quiet(spread=5 * MINUTE))
    found = decisions(fired(TEN, replace(CART, max_age=24 * HOUR)), rules=rules)[1]
    assert found.decided_at - NOON == 20 * HOUR + int(bucket("ana", "release") * 5 * MINUTE)


def test_of_two_that_were_held_the_better_one_is_sent() -> None:
    cart, browse = replace(CART, max_age=24 * HOUR), replace(CART, name="browse", priority=40, max_age=24 * HOUR)
    found = decisions(fired(TEN, browse), fired(TEN + HOUR, cart), rules=replace(NIGHT, caps=ONE_A_DAY.caps))
    assert [(one.candidate.trigger, one.reason) for one in found[2:]] == [("cart", "sent"), ("browse", "outranked")]


def test_quiet_hours_changed_by_an_operator_count_from_then_on() -> None:
    value = {"from": "12:00", "to": "13:00", "spread": "0 min", "enabled": True}
    for t, expected in ((WINDOW, ["held", "sent"]), (WINDOW + 1, ["sent"])):
        assert reasons(fired(), rules=NIGHT, control=[switch(t, "setting:quiet_hours", **value)]) == expected
    assert reasons(fired(), control=[switch(0, "setting:quiet_hours", **value), switch(1, "setting:quiet_hours")]) == ["sent"]


def test_the_zone_is_the_persons_as_of_d() -> None:
    found = decisions(fired(9 * HOUR, replace(CART, max_age=24 * HOUR)), rules=NIGHT, profiles=PARIS)
    assert [(one.reason, one.decided_at - NOON) for one in found] == [("held", 9 * HOUR + WINDOW), ("sent", 19 * HOUR)]
