"""Every way of sending through the engine to its fake platform, with trouble at first: each send takes effect once, or is unknown."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from jobs.deliver.attempt import deliver
from jobs.deliver.client import HttpClient
from jobs.deliver.clock import Clock
from jobs.deliver.outcome import Outcome, Result
from jobs.deliver.retry import Limits
from jobs.deliver.send import Send
from tests.integration.esp_server import fake_esp
from tests.unit.a_send import a_lane, a_pass
from tests.unit.esp_cases import CASES, Case, some_sends

BATCHING = [
    name
    for name, case in CASES.items()
    if case.adapter("https://esp.example", case.platform).batch is not None and case.platform != "segment"  # tells nothing of single events
]
LIMITS = Limits(attempts=3, timeout=8, budget=15)


async def no_wait(_seconds: float) -> None:
    await asyncio.sleep(0)


CLOCK = Clock(lambda: datetime.now(UTC), time.monotonic, no_wait, lambda: 0.5)


def handed_over(folder: Path, case: Case, sends: Sequence[Send], **faults: Any) -> tuple[list[Result], dict[str, Any]]:
    """Results in the order of the sends, and what the ledger says of them."""

    async def run() -> tuple[list[Result], dict[str, Any]]:
        async with fake_esp(folder) as (url, ledger):
            async with aiohttp.ClientSession() as session, session.put(f"{url}/faults?dest={case.platform}", json=faults) as answer:
                assert answer.status == 200
            client = HttpClient(5, ["127.0.0.1"])
            adapter = case.adapter(url, case.platform)
            lane = a_lane(adapter, LIMITS, client.call, CLOCK, needs_address=True, retry_lost=adapter.deduplicates)
            try:
                results = await asyncio.gather(*(deliver(a_pass(send), lane) for send in sends))
            finally:
                await client.close()
            return list(results), ledger.summary(case.platform)

    return asyncio.run(run())


@pytest.mark.parametrize("name", CASES)
def test_what_was_not_taken_at_first_is_taken_in_the_end_and_once(tmp_path: Path, name: str) -> None:
    results, ledger = handed_over(tmp_path, CASES[name], some_sends(4), mode="status", status=503, first=1)
    assert Counter(result.outcome for result in results) == {Outcome.ACCEPTED: 4}
    assert (ledger["delivered_distinct"], ledger["duplicates"], ledger["took_effect_again"]) == (4, 0, 0)


@pytest.mark.parametrize("name", CASES)
def test_an_answer_that_was_lost_mails_nobody_twice(tmp_path: Path, name: str) -> None:
    case = CASES[name]
    results, ledger = handed_over(tmp_path, case, some_sends(4), mode="commit_then_drop", first=1)
    retried = case.adapter("https://esp.example", case.platform).deduplicates
    assert Counter(result.outcome for result in results) == {Outcome.ACCEPTED if retried else Outcome.UNKNOWN: 4}
    assert (ledger["delivered_distinct"], ledger["took_effect_again"]) == (4, 0)


@pytest.mark.parametrize("name", BATCHING)
def test_of_a_batch_the_bad_ones_fail_alone_and_the_others_are_taken_once(tmp_path: Path, name: str) -> None:
    results, ledger = handed_over(tmp_path, CASES[name], some_sends(20), mode="partial", share=0.3, seed=4, first=1)
    ended = Counter(result.outcome for result in results)
    assert set(ended) == {Outcome.ACCEPTED, Outcome.REJECTED}
    assert (ledger["delivered_distinct"], ledger["took_effect_again"]) == (ended[Outcome.ACCEPTED], 0)
