"""Quiet hours: whose clock, until when, and what happens then."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from jobs.gate import zones
from jobs.gate.reasons import Reason
from jobs.gate.rules import QuietHours
from tests.unit.gate_samples import DAY, HOUR, MINUTE, NOON, SECOND, SETTINGS, a_candidate, a_change, a_version, an_order, decide

NIGHT = QuietHours(True, 22 * 60, 8 * 60, 0)
AT_ONCE = replace(SETTINGS, rules=replace(SETTINGS.rules, quiet=NIGHT))


def instant(text: str, zone: str = "UTC", fold: int = 0) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).timestamp() * 1000)


@pytest.mark.parametrize(
    ("at", "end"),
    [
        ("2026-03-01 21:59:59.999", None),
        ("2026-03-01 22:00", "2026-03-02 08:00"),
        ("2026-03-02 07:59:59.999", "2026-03-02 08:00"),
        ("2026-03-02 08:00", None),
    ],
)
@pytest.mark.parametrize("zone", ["UTC", "Europe/Paris", "Asia/Kathmandu", "America/St_Johns"])
def test_the_night_begins_at_22_and_ends_before_8_by_the_clock_on_the_wall(at: str, end: str | None, zone: str) -> None:
    assert zones.quiet_until(instant(at, zone), zone, NIGHT) == (instant(end, zone) if end else None)


def test_a_rest_at_noon_is_possible_and_no_rest_too() -> None:
    noon = QuietHours(True, 12 * 60, 14 * 60, 0)
    assert zones.quiet_until(NOON, "UTC", noon) == NOON + 2 * HOUR
    assert zones.quiet_until(NOON + 2 * HOUR, "UTC", noon) is None
    assert zones.quiet_until(NOON + 12 * HOUR, "UTC", replace(NIGHT, enabled=False)) is None


def test_an_end_that_clocks_jump_over_is_the_end_of_the_gap() -> None:
    """Paris, 29 March 2026: 02:00 to 03:00 do not exist."""
    early = QuietHours(True, 22 * 60, 2 * 60 + 30, 0)
    assert zones.quiet_until(instant("2026-03-29 01:00", "Europe/Paris"), "Europe/Paris", early) == instant(
        "2026-03-29 03:00", "Europe/Paris"
    )


def test_of_an_end_that_comes_twice_the_second_counts() -> None:
    """New York, 1 November 2026: 01:00 to 02:00 come twice."""
    early, zone = QuietHours(True, 22 * 60, 60 + 30, 0), "America/New_York"
    second = instant("2026-11-01 01:30", zone, fold=1)
    assert second == instant("2026-11-01 01:30", zone) + HOUR
    assert zones.quiet_until(instant("2026-11-01 00:30", zone), zone, early) == second
    assert zones.quiet_until(instant("2026-11-01 01:10", zone, fold=1), zone, early) == second


@pytest.mark.parametrize(
    ("profile", "event", "country", "expected"),
    [
        ("Asia/Tokyo", "Europe/Paris", "US", "Asia/Tokyo"),
        (None, "Europe/Paris", "US", "Europe/Paris"),
        (None, None, "us", "America/New_York"),
        (None, None, "AU", "Australia/Sydney"),
        ("Mars/Olympus", "", " fr ", "Europe/Paris"),
        ("../../etc/passwd", 7, "XX", "Etc/UTC"),
    ],
)
def test_the_zone_is_the_profiles_then_the_events_then_the_countrys_then_the_projects(
    profile: Any, event: Any, country: Any, expected: str
) -> None:
    assert zones.choose(profile, event, country, "Etc/UTC") == expected


def test_at_night_a_mail_is_held_to_the_morning_and_looked_at_again() -> None:
    late = NOON + 11 * HOUR  # 23:00
    held, sent = decide(a_candidate(late, max_age=DAY), settings=AT_ONCE)
    assert (held.reason, held.evidence) == (Reason.HELD, {"until": "2026-03-02T08:00:00.000Z", "timezone": "UTC"})
    assert (sent.reason, sent.decided_at) == (Reason.SENT, NOON + 20 * HOUR)
    assert sent.candidate.trigger_id == held.candidate.trigger_id


def test_what_happens_during_the_hold_counts() -> None:
    late, morning = NOON + 11 * HOUR, NOON + 20 * HOUR
    waiting = a_candidate(late, max_age=DAY)
    assert [d.reason for d in decide(waiting, an_order(morning), settings=AT_ONCE)] == [Reason.HELD, Reason.ORDERED_SINCE]
    gone = decide(waiting, a_version(morning - 1, None), settings=AT_ONCE)
    assert [d.reason for d in gone] == [Reason.HELD, Reason.ERASED]
    stopped = decide(waiting, a_change(morning, "trigger:cart_abandoned", {"paused": True}), settings=AT_ONCE)
    assert [d.reason for d in stopped] == [Reason.HELD, Reason.PAUSED]


def test_a_hold_past_the_greatest_age_is_the_end() -> None:
    (decision,) = decide(a_candidate(NOON + 11 * HOUR, max_age=9 * HOUR - 1), settings=AT_ONCE)
    assert decision.reason == Reason.QUIET_EXPIRED
    assert decision.evidence == {"expires_at": "2026-03-02T07:59:59.999Z", "until": "2026-03-02T08:00:00.000Z", "timezone": "UTC"}
    assert decide(a_candidate(NOON + 11 * HOUR, max_age=9 * HOUR), settings=AT_ONCE)[-1].reason == Reason.SENT


def test_in_the_morning_two_held_mails_compete() -> None:
    low = a_candidate(NOON + 11 * HOUR, max_age=DAY, trigger="low", trigger_id="0" * 26, priority=1)
    high = a_candidate(NOON + 13 * HOUR, max_age=DAY, trigger="high", trigger_id="1" * 26, priority=2)
    reasons = [(d.candidate.trigger, d.reason) for d in decide(low, high, settings=AT_ONCE)]
    assert reasons == [("low", Reason.HELD), ("high", Reason.HELD), ("high", Reason.SENT), ("low", Reason.OUTRANKED)]


def test_people_are_released_one_after_the_other_each_always_at_the_same_place() -> None:
    rows = [a_candidate(NOON + 11 * HOUR, max_age=DAY, person=str(n)) for n in range(50)]
    out = [d.decided_at - (NOON + 20 * HOUR) for d in decide(*rows) if d.sent]
    assert all(0 <= after < 5 * MINUTE for after in out)
    assert len(set(out)) == 50
    assert max(out) - min(out) > 4 * MINUTE
    assert out == [d.decided_at - (NOON + 20 * HOUR) for d in decide(*reversed(rows)) if d.sent]


def test_quiet_hours_can_be_changed_while_a_mail_is_held() -> None:
    late = a_candidate(NOON + 11 * HOUR, max_age=DAY)
    off = a_change(NOON + 11 * HOUR + 30 * SECOND, "setting:quiet_hours", {"enabled": False})
    assert [d.reason for d in decide(late, off, settings=AT_ONCE)] == [Reason.SENT]
    longer = a_change(NOON + 12 * HOUR, "setting:quiet_hours", {"from": "22:00", "to": "09:00", "spread": "0 s"})
    assert [d.reason for d in decide(late, longer, settings=AT_ONCE)] == [Reason.HELD, Reason.HELD, Reason.SENT]


def test_a_person_in_another_zone_sleeps_at_another_time() -> None:
    assert decide(a_candidate(timezone_of_profile="Pacific/Auckland", max_age=DAY), settings=AT_ONCE)[0].reason == Reason.HELD
    assert decide(a_candidate(timezone="Pacific/Auckland", max_age=DAY), settings=AT_ONCE)[0].reason == Reason.HELD
    assert decide(a_candidate(country="NZ", max_age=DAY), settings=AT_ONCE)[0].reason == Reason.HELD
    assert decide(a_candidate(timezone_of_profile="Europe/Paris", country="NZ"), settings=AT_ONCE)[0].reason == Reason.SENT
