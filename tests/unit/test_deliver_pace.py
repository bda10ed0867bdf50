"""Breaker, rate, calls in flight, order of a person's sends, batches: with clocks and loops of the test's own."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.esp.protocol import Batch, Send
from jobs.deliver.batching import Batcher
from jobs.deliver.breaker import FIRST_REST, LEAST_ATTEMPTS, Breaker
from jobs.deliver.exchange import Exchange, Slots
from jobs.deliver.order import PersonOrder
from jobs.deliver.pace import Bucket, InFlight, RetryBudget
from tests.unit.a_send import a_send


def test_the_breaker_opens_when_half_of_many_fail_and_one_probe_closes_it() -> None:
    breaker = Breaker.closed()
    for n in range(LEAST_ATTEMPTS):
        assert breaker.wait(float(n) / 10) == 0
        if n % 2:
            breaker.succeeded(n / 10)
        else:
            breaker.failed(n / 10, connected=True)
    breaker.failed(3.0, connected=True)
    assert breaker.wait(3.0) == pytest.approx(FIRST_REST)
    assert breaker.wait(3.0 + FIRST_REST) == 0  # the probe
    assert breaker.wait(3.0 + FIRST_REST) > 0  # and nobody beside it
    breaker.succeeded(9.0)
    assert breaker.wait(9.0) == 0


def test_five_connections_refused_in_a_row_are_enough_and_a_probe_that_fails_waits_longer() -> None:
    breaker = Breaker.closed()
    for _ in range(5):
        assert breaker.wait(1.0) == 0
        breaker.failed(1.0, connected=False)
    assert breaker.wait(1.0) == pytest.approx(FIRST_REST)
    assert breaker.wait(7.0) == 0
    breaker.failed(7.0, connected=False)
    assert breaker.wait(7.0) == pytest.approx(2 * FIRST_REST)


def test_a_refusal_of_single_sends_opens_nothing() -> None:
    breaker = Breaker.closed()
    for n in range(100):
        breaker.succeeded(n / 10)
    assert breaker.wait(10.0) == 0


@given(st.lists(st.floats(0, 0.5), min_size=2, max_size=200), st.integers(1, 50))
def test_no_second_has_more_calls_than_the_rate_and_its_burst(gaps: list[float], rate: int) -> None:
    bucket, now, calls = Bucket(float(rate)), 100.0, []
    for gap in gaps:
        now += gap
        wait = bucket.wait(now, 0.25)
        if wait <= 0.25:
            calls.append(now + wait)
    for first in calls:
        assert sum(first <= other < first + 1 for other in calls) <= rate * (1 + bucket.burst) + 1


def test_those_put_off_come_back_one_by_one_and_leave_room_for_fresh_ones() -> None:
    bucket = Bucket(10.0)
    slots = [bucket.slot(0.0) for _ in range(80)]
    assert slots == sorted(slots)
    assert slots[-1] == pytest.approx(10.0)  # eight a second of ten


def test_a_pause_holds_everyone_and_a_platform_that_is_nearly_full_is_called_slowly() -> None:
    bucket = Bucket(100.0)
    bucket.pause(5.0)
    assert bucket.wait(1.0, 0.25) == pytest.approx(4.0)
    bucket.told(10.0, 5, 20.0)  # five calls for the next ten seconds
    bucket.wait(10.0, 100)
    assert bucket.wait(10.0, 100) == pytest.approx(2.0, abs=0.2)


def test_calls_in_flight_are_halved_on_trouble_and_grow_by_one_a_second() -> None:
    limit = InFlight(16)
    limit.trouble(10.0)
    limit.trouble(10.5)  # of the same burst
    assert limit.now_allowed == 8
    limit.good(10.9)
    assert limit.now_allowed == 8
    limit.good(11.0)
    assert limit.now_allowed == 9


def test_retries_are_a_tenth_of_first_attempts() -> None:
    budget = RetryBudget()
    while budget.take():
        pass
    for _ in range(100):
        budget.first()
    assert sum(budget.take() for _ in range(50)) == pytest.approx(10, abs=1)


def test_slots_are_given_to_so_many_and_a_waiter_that_is_cut_off_takes_none_with_it() -> None:
    async def run() -> None:
        slots, inside, most = Slots(InFlight(2)), 0, 0
        free = asyncio.Event()

        async def call() -> None:
            nonlocal inside, most
            async with slots:
                inside += 1
                most = max(most, inside)
                await free.wait()
                inside -= 1

        tasks = [asyncio.create_task(call()) for _ in range(6)]
        await asyncio.sleep(0)
        tasks[3].cancel()
        await asyncio.sleep(0)
        free.set()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert (most, inside) == (2, 0)

    asyncio.run(run())


def test_sends_of_one_person_take_turns_in_their_order_and_others_do_not_wait() -> None:
    async def run() -> list[str]:
        order, told = PersonOrder(), []

        async def send(person: str, name: str) -> None:
            async with order.turn(person, 60) as mine:
                assert mine
                told.append(f"{name} begins")
                for _ in range(5):
                    await asyncio.sleep(0)
                told.append(f"{name} ends")

        await asyncio.gather(send("a", "a1"), send("a", "a2"), send("b", "b1"))
        assert not order._queues
        return told

    told = asyncio.run(run())
    assert told.index("a1 ends") < told.index("a2 begins")
    assert told.index("b1 begins") < told.index("a1 ends")


def test_those_behind_one_that_was_put_off_come_after_it_and_it_comes_behind_nobody() -> None:
    order = PersonOrder()
    order.put_off("a", "first", 60.0)
    assert order.behind("a", "second", 1.0) == 60.0
    order.put_off("a", "second", 61.0)  # it does not push the first one back, or they would wait for each other
    assert order.behind("b", "other", 1.0) is None
    assert order.behind("a", "first", 60.0) is None
    assert order.behind("a", "second", 60.5) is None


def test_patience_with_an_earlier_send_ends() -> None:
    async def run() -> bool:
        order = PersonOrder()
        async with order.turn("a", 60), order.turn("a", 0.01) as mine:
            return mine

    assert asyncio.run(run()) is False


def test_batches_are_as_large_as_count_and_bytes_allow_and_each_send_gets_its_own_answer() -> None:
    sizes: list[int] = []

    async def run_batch(sends: Sequence[Send], items: Sequence[bytes], timeout: float) -> list[Exchange]:
        sizes.append(len(sends))
        assert sum(len(item) + 2 for item in items) <= 1000
        return [Exchange(latency_ms=len(item)) for item in items]

    async def run() -> list[Exchange]:
        batcher = Batcher(Batch(count=10, size=1000), run_batch)
        sends = [batcher.exchange("g", a_send(), b"x" * (n % 7 * 40), 1.0) for n in range(35)]
        return list(await asyncio.gather(*sends))

    found = asyncio.run(run())
    assert [one.latency_ms for one in found] == [n % 7 * 40 for n in range(35)]
    assert (sum(sizes), max(sizes)) == (35, max(sizes))
    assert max(sizes) <= 10


def test_a_batch_that_breaks_breaks_for_all_in_it_and_for_nobody_else() -> None:
    async def run_batch(sends: Sequence[Send], items: Sequence[bytes], timeout: float) -> list[Exchange]:
        if b"bad" in items:
            raise ValueError("of one")
        return [Exchange(status=200) for _ in items]

    async def run() -> list[object]:
        batcher = Batcher(Batch(count=2, size=1000), run_batch)
        items = [b"bad", b"good", b"good", b"good"]
        return list(await asyncio.gather(*(batcher.exchange("g", a_send(), item, 1.0) for item in items), return_exceptions=True))

    first, second, third, fourth = asyncio.run(run())
    assert isinstance(first, RuntimeError)
    assert isinstance(second, RuntimeError)
    assert third == fourth == Exchange(status=200)


def test_no_second_sees_more_calls_than_the_rate_whatever_came_before_it() -> None:
    bucket, turns, now = Bucket(rate=100), [], 50.0
    for n in range(1_000):
        now += 0.5 if n % 200 == 0 else 0.0  # idle for a while: the burst is there again
        wait = bucket.wait(now, patience=60)
        turns.append(now + wait)
    assert max(sum(one - 1 < other <= one for other in turns) for one in turns) == 100


def test_a_rate_below_one_a_second_is_kept_over_a_longer_window() -> None:
    bucket = Bucket(rate=0.5)
    assert [round(bucket.wait(100.0, patience=60)) for _ in range(4)] == [0, 2, 4, 6]


def test_a_fresh_send_that_is_put_off_does_not_queue_behind_the_backlog() -> None:
    bucket = Bucket(rate=10)
    backlog = [bucket.slot(0.0) for _ in range(100)]
    assert backlog[-1] == pytest.approx(100 / 8)
    assert bucket.slot(0.0, fresh=True) == pytest.approx(1 / 2)
    assert bucket.slot(0.0) > backlog[-1]


def test_who_comes_while_the_probe_is_out_hears_soon_and_a_backlog_comes_back_spread_over_time() -> None:
    breaker = Breaker.closed()
    for _ in range(5):
        breaker.failed(0.0, connected=False)
    assert breaker.wait(FIRST_REST) == 0
    assert breaker.wait(FIRST_REST) <= 2
    assert breaker.spread(100.0) == pytest.approx(25)
    breaker.succeeded(100.0)
    assert breaker.spread(101.0) == 0
