"""The plan of attempts: bounded in number, time and expiry whatever chance and the platform say."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.esp.answers import parse_retry_after
from jobs.deliver.retry import BASE, CEILING, SHORTEST_CALL, Limits, Stop, call_timeout, next_delay

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
LIMITS = Limits(attempts=3, timeout=8, budget=15)
LATER = NOON + timedelta(hours=6)

chances = st.floats(0, 1)
seconds = st.floats(0, 30)
wishes = st.one_of(
    st.none(),
    st.timedeltas(timedelta(days=-1), timedelta(days=100)),
    st.integers(0, 200_000_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),
)
limits = st.builds(Limits, st.integers(1, 10), st.floats(0.1, 20), st.floats(0.1, 20))


def test_the_first_retry_waits_at_most_a_fifth_of_a_second_and_the_bound_doubles() -> None:
    bounds = [next_delay(Limits(10, 8, 1000), made, 0, NOON, LATER, None, lambda: 1.0) for made in range(1, 9)]
    assert bounds == [pytest.approx(min(5.0, 0.2 * 2**n)) for n in range(8)]


def test_full_jitter_can_be_no_wait_at_all() -> None:
    assert next_delay(LIMITS, 1, 0, NOON, LATER, None, lambda: 0.0) == 0


@pytest.mark.parametrize("wish", [timedelta(seconds=4), NOON + timedelta(seconds=4)])
def test_a_wish_of_the_platform_is_kept_and_spread_upwards_only(wish: timedelta | datetime) -> None:
    assert next_delay(LIMITS, 1, 0, NOON, LATER, wish, lambda: 0.0) == pytest.approx(4.0)
    assert next_delay(LIMITS, 1, 0, NOON, LATER, wish, lambda: 1.0) == pytest.approx(4.4)


def test_a_wish_in_the_past_leaves_the_jitter() -> None:
    assert next_delay(LIMITS, 1, 0, NOON, LATER, NOON - timedelta(hours=1), lambda: 0.5) == pytest.approx(0.1 * 1.05)


@pytest.mark.parametrize(
    ("made", "elapsed", "expires_at", "wish", "stop"),
    [
        (3, 0, LATER, None, Stop.ATTEMPTS),
        (1, 14.6, LATER, None, Stop.BUDGET),
        (1, 0, LATER, timedelta(seconds=15), Stop.BUDGET),
        (1, 0, NOON + timedelta(seconds=2), timedelta(seconds=3), Stop.EXPIRY),
        (1, 0, NOON, None, Stop.EXPIRY),
    ],
)
def test_there_is_no_further_attempt_and_it_says_why(
    made: int, elapsed: float, expires_at: datetime, wish: timedelta | None, stop: Stop
) -> None:
    assert next_delay(LIMITS, made, elapsed, NOON, expires_at, wish, lambda: 0.5) is stop


@given(limits, st.integers(1, 12), seconds, st.timedeltas(timedelta(0), timedelta(hours=1)), wishes, chances)
def test_every_further_attempt_fits_into_number_budget_and_expiry(
    limits: Limits, made: int, elapsed: float, left: timedelta, wish: timedelta | datetime | None, chance: float
) -> None:
    delay = next_delay(limits, made, elapsed, NOON, NOON + left, wish, lambda: chance)
    if isinstance(delay, Stop):
        return
    assert made < limits.attempts
    assert 0 <= delay < left.total_seconds()
    assert elapsed + delay + min(limits.timeout, SHORTEST_CALL) <= limits.budget
    if wish is None:
        assert delay <= min(CEILING, BASE * 2 ** (made - 1))
    else:
        asked = (wish if isinstance(wish, timedelta) else wish - NOON).total_seconds()
        assert delay >= asked


@given(limits, st.lists(st.tuples(chances, seconds), min_size=12, max_size=12))
def test_a_whole_turn_never_outlasts_its_budget(limits: Limits, course: list[tuple[float, float]]) -> None:
    elapsed = 0.0
    for made, (chance, wanted) in enumerate(course, start=1):
        elapsed += min(wanted, call_timeout(limits, elapsed))
        delay = next_delay(limits, made, elapsed, NOON, LATER, None, lambda chance=chance: chance)  # type: ignore[misc]
        if isinstance(delay, Stop):
            break
        elapsed += delay
    assert made <= limits.attempts
    assert elapsed <= limits.budget or math.isclose(elapsed, limits.budget)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("7", timedelta(seconds=7)),
        (" 0 ", timedelta(0)),
        ("Sun, 01 Mar 2026 12:00:05 GMT", NOON + timedelta(seconds=5)),
        ("Sun, 01 Mar 2026 13:00:05 +0100", NOON + timedelta(seconds=5)),
        ("Sun, 01 Mar 2026 12:00:05 -0000", NOON + timedelta(seconds=5)),
        (None, None),
        ("", None),
        ("-3", None),
        ("1.5", None),
        ("99999999999999999999", None),
        ("٣", None),
        ("soon", None),
        ("Sun, 99 Mar 2026 12:00:05 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date_and_anything_else_is_ignored(text: str | None, expected: timedelta | datetime | None) -> None:
    assert parse_retry_after(text) == expected


@given(st.text())
def test_no_retry_after_header_can_break_the_reader(text: str) -> None:
    parse_retry_after(text)
