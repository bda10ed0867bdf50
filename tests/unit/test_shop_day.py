"""The generators of bench/: what the feed promises to those who replay it."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from bench.load import bursty, sparse
from bench.shop import ShopDay
from tests.oracle.decode import Raw, Row, decode
from tests.oracle.samples import HOUR, MINUTE, NOON, TABLE
from tests.oracle.shop import Result, run

DAY = ShopDay(seed=7, devices=800, start_ms=NOON)
ARRIVED = NOON + int(DAY.hours * HOUR)
Load = Callable[..., Iterator[tuple[str, bytes]]]
REASONS = {
    *("sent", "duplicate", "ordered", "cancelled", "ordered_since", "no_profile", "erased", "no_address", "no_consent"),
    *("consent_withdrawn", "suppressed", "cooldown", "capped", "cancelled_after_send"),
}


@pytest.fixture(scope="module")
def feed() -> list[tuple[str, bytes | None]]:
    return list(DAY.lines())


@pytest.fixture(scope="module")
def rows(feed: list[tuple[str, bytes | None]]) -> list[Row | str | None]:
    return [decode(Raw(0, offset, ARRIVED, value), TABLE) for offset, (_, value) in enumerate(feed)]


@pytest.fixture(scope="module")
def result(feed: list[tuple[str, bytes | None]]) -> Result:
    return run([(0, offset, ARRIVED, value) for offset, (_, value) in enumerate(feed)], DAY.profiles())


def test_a_seed_always_gives_the_same_day(feed: list[tuple[str, bytes | None]]) -> None:
    assert list(DAY.lines()) == feed
    assert list(ShopDay(seed=8, devices=800, start_ms=NOON).lines()) != feed
    assert DAY.profiles() == DAY.profiles()


def test_only_repeats_and_history_are_older_than_the_disorder_allows(rows: list[Row | str | None]) -> None:
    newest, seen, late = 0, set(), []
    for row in rows[: -DAY.tail]:
        if not isinstance(row, Row):
            continue
        if row.t <= newest - DAY.out_of_orderness_ms and row.content not in seen and "historical" not in row.flags:
            late.append(row)
        seen.add(row.content)
        newest = max(newest, row.t)
    assert late == []
    assert newest < DAY.end_ms + 30 * MINUTE


def test_some_lines_are_out_of_order(rows: list[Row | str | None]) -> None:
    times = [row.t for row in rows if isinstance(row, Row)]
    assert sum(later < earlier for earlier, later in itertools.pairwise(times)) > len(times) / 20


def test_lines_without_a_time_come_last_and_are_no_behaviour(rows: list[Row | str | None]) -> None:
    at_arrival = [offset for offset, row in enumerate(rows) if isinstance(row, Row) and row.t == ARRIVED]
    assert at_arrival == list(range(len(rows) - DAY.tail, len(rows)))
    assert not any(row.behavioural for row in rows[-DAY.tail :] if isinstance(row, Row))


def test_the_key_holds_all_behaviour_of_a_device_together(feed: list[tuple[str, bytes | None]], rows: list[Row | str | None]) -> None:
    keys: dict[str, set[str]] = {}
    for (key, _), row in zip(feed, rows, strict=True):
        if isinstance(row, Row) and row.behavioural:
            keys.setdefault(row.device_id, set()).add(key)
    assert {device: names for device, names in keys.items() if names != {device}} == {}


def test_everything_has_fallen_due_before_the_end(result: Result) -> None:
    end, two_hours_later = "2026-03-01T18:00:00.000Z", "2026-03-01T20:00:00.000Z"
    late = {row["reason"] for row in result.decisions if row["decided_at"] >= end}
    assert late == {"no_profile", "ordered_since"}, "only those of devices that stay unknown"
    assert all(row["decided_at"] < two_hours_later for row in result.decisions)
    assert all(row["ended_at"] < end for row in result.sessions + result.carts)


def test_every_kind_of_bad_line_is_there(result: Result) -> None:
    reasons = Counter(row["reason"] for row in result.dead_letters)
    assert set(reasons) >= {"not_json", "not_object", "no_identity", "no_event", "no_time", "id_collision"}
    flags = {flag for row in result.events for flag in row["flags"]}
    assert flags >= {"bad_price", "bad_quantity", "bad_category", "bad_time", "bad_user_id", "historical", "future"}


def test_every_reason_of_the_gate_occurs_but_the_one_only_settings_can_cause(result: Result) -> None:
    assert {row["reason"] for row in result.decisions} == REASONS
    assert {row["trigger"] for row in result.triggers} == {"cart_abandoned", "browse_abandoned"}


def test_poison_that_is_said_to_be_poison_is_never_a_row() -> None:
    clean = ShopDay(3, 60, NOON, poison=0, collisions=0)
    dirty = ShopDay(3, 60, NOON, poison=1, collisions=0)
    assert run(_records(clean)).dead_letters == []
    dead = len(run(_records(dirty)).dead_letters)
    assert dead == pytest.approx(len(list(dirty.lines())) / 2, rel=0.15)


def _records(day: ShopDay) -> list[Raw]:
    return [Raw(0, offset, ARRIVED, value) for offset, (_, value) in enumerate(day.lines())]


def test_nobody_in_the_profiles_could_be_real() -> None:
    emails = [value["email"] for _, _, value in DAY.profiles() if value is not None and value["email"] is not None]
    assert emails
    assert all(email.startswith("person-") and email.endswith("@example.com") for email in emails)


def test_profiles_are_in_the_order_of_their_topic_and_within_the_day() -> None:
    times = [at for at, _, _ in DAY.profiles()]
    assert times == sorted(times)
    assert times[0] < NOON < times[-1] < ARRIVED


@pytest.mark.parametrize("hours", [1.0, 24.0])
def test_a_day_too_short_to_end_or_too_long_to_be_recent_is_refused(hours: float) -> None:
    with pytest.raises(ValueError, match="hours"):
        ShopDay(1, 10, NOON, hours=hours)


@pytest.mark.parametrize("load", [bursty, sparse])
def test_the_load_is_in_order_complete_and_without_repeats(load: Load) -> None:
    lines = list(load(1, 5000, 400, start_ms=NOON, hours=2))
    rows = [decode(Raw(0, offset, NOON + 3 * HOUR, value), TABLE) for offset, (_, value) in enumerate(lines)]
    times = [row.t for row in rows if isinstance(row, Row) and row.flags == []]
    assert len(times) == 5000
    assert times == sorted(times)
    assert len({row.event_id for row in rows if isinstance(row, Row)}) == 5000
    assert [key for key, _ in lines] == [json.loads(value)["anonymousId"] for _, value in lines]
    assert len({key for key, _ in lines}) == 400
    assert 1.5 * HOUR < times[-1] - times[0] < 2.5 * HOUR


def test_bursty_sessions_have_about_eight_events_and_sparse_ones_one() -> None:
    def per_session(load: Load) -> float:
        lines = load(1, 6000, 1200, start_ms=NOON, hours=4)
        result = run([Raw(0, offset, NOON + 5 * HOUR, value) for offset, (_, value) in enumerate(lines)])
        return len(result.events) / len(result.sessions)

    assert 7 < per_session(bursty) < 9
    assert per_session(sparse) == 1
