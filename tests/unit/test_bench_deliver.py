"""What `rekindle bench deliver` makes of its measurements, and the clock its backlog drains on."""

from __future__ import annotations

import asyncio

import orjson
import pytest

from bench import deliver_clock
from bench.deliver import Added, DeliverRun, Rate, allowed
from bench.deliver_backlog import Case, busiest, simulate
from bench.deliver_esp import content_length
from bench.deliver_ground import row, value
from bench.deliver_show import show, tree
from jobs.deliver.envelope import Envelope
from jobs.deliver.send import parse_send


def a_rate(who: str, cpu_s: float, sends: int = 1_000, wall_s: float = 1.0, kind: str = "webhook", capacity: int = 50) -> Rate:
    return Rate(who, kind, capacity, sends, sends, wall_s, cpu_s, 0.1)


GOOD = DeliverRun(
    "stand-in",
    rates=[a_rate("bare", 0.2), a_rate("engine", 0.4), a_rate("bare", 0.1), a_rate("engine", 0.3), a_rate("engine", 0.3, 2_000)],
    batches=[a_rate("engine", 0.5, 12_000, kind="segment")],
    added=[Added("bare", 750, 10, 0.001, 0.5), Added("engine", 750, 10, 0.001, 0.02)],
)


def test_what_capacity_allows_ends_at_the_aim() -> None:
    assert [allowed(capacity) for capacity in (10, 50, 100, 200)] == [200, 1_000, 1_500, 1_500]
    assert a_rate("engine", 0.4, sends=900).share == pytest.approx(0.9)


def test_each_run_is_compared_with_the_bare_loop_beside_it() -> None:
    run = DeliverRun("stand-in", GOOD.rates[:4], [], [])
    assert run.ratio(50) == pytest.approx(2.5)


def test_an_aim_that_is_missed_is_named_and_a_bare_loop_has_none() -> None:
    rates = [a_rate("bare", 0.1), a_rate("engine", 0.3, sends=800)]
    run = DeliverRun("stand-in", rates, [a_rate("engine", 1.0, 9_000, kind="segment")], [Added("engine", 750, 10, 0.001, 0.04)])
    assert run.missed() == [
        "800 calls/s of 1,500",
        "capacity 50: 80% of what it allows, 85% wanted",
        "capacity 50: 3.8 × the CPU of a bare loop, 2.5 wanted",
        "9,000 triggers/s in batches of 10,000",
        "engine: added p99 40 ms",
    ]
    assert run.right


def test_a_send_that_was_not_taken_is_wrong() -> None:
    assert not DeliverRun("fake", [Rate("engine", "webhook", 50, 10, 9, 1.0, 1.0, 1.0)], [], []).right


def test_the_tables_and_the_json_say_what_was_measured(capsys: pytest.CaptureFixture[str]) -> None:
    run = DeliverRun("stand-in", [a_rate("bare", 0.2), a_rate("engine", 0.4), a_rate("engine+journal", 0.6)], GOOD.batches, GOOD.added)
    show(run, [], 0.3)
    shown = capsys.readouterr().out
    assert all(text in shown for text in ("12,000", "3.0", "100%", "missed: 1,000 calls/s"))
    assert tree(run, [])["ratios"] == {"engine": {"50": 2.0}, "engine+journal": {"50": 3.0}}


def test_the_busiest_second_is_found_wherever_it_begins() -> None:
    assert busiest([0.0, 0.9, 1.0, 1.1, 1.2, 5.0]) == 4
    assert busiest([]) == 0


def test_every_row_is_a_send_of_a_person_of_its_own() -> None:
    sends = [parse_send(Envelope.unpacked(orjson.loads(row(n)[2])).raw) for n in range(3)]
    assert len({one.trigger_id for one in sends}) == len({one.person_id for one in sends}) == 3
    assert len(value(0)) in range(700, 1200)


def test_the_stand_in_knows_how_long_a_body_is() -> None:
    assert content_length(b"POST / HTTP/1.1\r\nHost: a\r\nCONTENT-Length: 17\r\n") == 17
    assert content_length(b"GET / HTTP/1.1\r\n") == 0


def test_hours_pass_at_once_and_in_order() -> None:
    async def two() -> list[float]:
        loop, told = asyncio.get_running_loop(), []
        loop.call_later(7200, lambda: told.append(loop.time()))
        await asyncio.sleep(3600)
        told.append(loop.time())
        await asyncio.sleep(3601)
        return told

    assert deliver_clock.run(two()) == [pytest.approx(3600), pytest.approx(7200)]


@pytest.mark.parametrize("esp_away", [True, False])
def test_a_backlog_drains_once_and_no_faster_than_the_rate(esp_away: bool) -> None:
    found = simulate(Case(esp_away, backlog=100, rate=50, away_s=30))
    assert found.right
    assert found.outcomes["accepted"] == 100 + found.fresh
    assert found.drained_s >= 0
    assert found.most <= 50
