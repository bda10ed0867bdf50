"""The calling operator as Flink's worker runs it: unpickled, open() before the loop runs, close() after it has stopped."""

from __future__ import annotations

import asyncio
import base64
import json
import pickle
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from pyflink.common import Row

from connectors.esp.fake.ledger import Ledger
from jobs.deliver import shared
from jobs.deliver.envelope import Envelope, ms_of
from jobs.deliver.operator import DeliverSends, Kafka
from jobs.deliver.turnstile import CALL
from jobs.destinations import Destination
from tests.integration.esp_server import fake_esp
from tests.unit.a_send import a_destination, a_row
from tests.unit.test_deliver_outcome import check

KEY = a_row()["trigger_id"]
FIRST = ms_of(datetime.now(UTC))


@pytest.fixture(autouse=True)
def nothing_known() -> Iterator[None]:
    shared.forget_all()
    yield
    shared.forget_all()


def call(number: int, **changes: Any) -> Row:
    """A row for the caller, as the keyed function hands it on."""
    raw = json.dumps(a_row(**changes)).encode()
    return Row(CALL, a_row(**changes)["person_id"], orjson.dumps(Envelope(raw, ("triggers", 0, number), FIRST).packed()).decode())


def operate(
    folder: Path,
    rows: list[Row],
    destination: Callable[[str], Destination | None],
    use: Callable[[Ledger], Awaitable[None]] | None = None,
    kafka: Kafka | None = None,
) -> list[tuple[str, str, dict[str, Any]]]:
    """(topic, key, row) of everything the operator gives, each checked against its schema."""

    async def run() -> list[list[Row]]:
        async with fake_esp(folder) as (url, ledger):
            function = pickle.loads(pickle.dumps(DeliverSends("default", destination(url), 5, kafka)))
            await asyncio.to_thread(function.open, None)
            found = await asyncio.gather(*(function.async_invoke(row) for row in rows))
            if use is not None:
                await use(ledger)
            if function._client is not None:
                await function._client.close()
            function.close()
            return list(found)

    given: list[tuple[str, str, dict[str, Any]]] = []
    for found in asyncio.run(run()):
        for topic, key, body in found:
            row = json.loads(body)
            check(topic, row)
            given.append((topic, key, row))
    return given


def test_every_send_gives_exactly_one_outcome(tmp_path: Path) -> None:
    ids = ["".join(KEY[:-2]) + f"{n:02d}" for n in range(20)]

    async def judge(ledger: Ledger) -> None:
        assert ledger.summary()["delivered_distinct"] == 20

    rows = [call(n, trigger_id=one) for n, one in enumerate(ids)]
    given = operate(tmp_path, rows, lambda url: a_destination(f"{url}/webhook"), judge)
    assert [(topic, key, row["outcome"], row["trigger_id"]) for topic, key, row in given] == [
        ("delivery_outcomes", "42", "accepted", one) for one in ids
    ]


def test_a_row_that_comes_twice_at_once_is_one_call_and_one_outcome(tmp_path: Path) -> None:
    async def judge(ledger: Ledger) -> None:
        assert ledger.summary()["attempts"] == 1

    given = operate(tmp_path, [call(0), call(1)], lambda url: a_destination(f"{url}/webhook?mode=slow&delay_s=0.2"), judge)
    assert [row["outcome"] for _, _, row in given] == ["accepted"]


def test_what_is_not_for_the_caller_is_passed_on(tmp_path: Path) -> None:
    row = {"trigger_id": KEY, "destination": "default", "outcome": "expired", "status": None, "attempts": 0}
    row |= {"esp_id": None, "latency_ms": None, "at": "2026-03-01T17:00:00.000Z", "reason": "expired"}
    given = operate(tmp_path, [Row("delivery_outcomes", "42", json.dumps(row))], lambda _: None)
    assert given == [("delivery_outcomes", "42", row)]


def test_a_send_that_gets_nowhere_comes_again_with_its_very_bytes(tmp_path: Path) -> None:
    given = operate(tmp_path, [call(0)], lambda url: a_destination(f"{url}/webhook?mode=status&status=503", attempts=1))
    assert [topic for topic, _, _ in given] == ["delivery_outcomes", "triggers.retry"]
    assert (given[0][2]["outcome"], given[0][2]["reason"], given[1][2]["send"]) == ("retrying", "unavailable", a_row())


@pytest.mark.parametrize(("on_ambiguous", "called"), [("retry", 1), ("skip", 0)])
def test_where_a_repeat_must_not_be_no_call_begins_before_kafka_has_its_claim(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, on_ambiguous: str, called: int
) -> None:
    monkeypatch.setattr("jobs.deliver.journal.PATIENCE", 0.1)

    async def judge(ledger: Ledger) -> None:
        assert ledger.summary()["attempts"] == called

    nobody = ("127.0.0.1:1", {"metadata.max.age.ms": "1000"})
    given = operate(tmp_path, [call(0)], lambda url: a_destination(f"{url}/webhook", on_ambiguous=on_ambiguous), judge, nobody)
    put_off = [("delivery_outcomes", "retrying", "internal"), ("triggers.retry", None, None)]
    told = [(topic, row.get("outcome"), row.get("reason")) for topic, _, row in given]
    assert told == ([("delivery_outcomes", "accepted", None)] if called else put_off)


@pytest.mark.parametrize(
    ("destination", "expected"),
    [
        (None, {("delivery_outcomes", "no_destination"): 1, ("dead_letters", "no_destination"): 1}),
        (a_destination("nonsense"), {("delivery_outcomes", "configuration"): 1, ("triggers.retry", None): 1}),
        (
            a_destination("https://esp.example", headers={"Authorization": "${env:REKINDLE_TEST_NEVER_SET}"}),
            {("delivery_outcomes", "configuration"): 1, ("triggers.retry", None): 1},
        ),
    ],
)
def test_without_a_usable_destination_a_send_is_parked_or_kept(
    tmp_path: Path, destination: Destination | None, expected: dict[Any, int]
) -> None:
    given = operate(tmp_path, [call(7)], lambda _: destination)
    assert Counter((topic, row.get("reason")) for topic, _, row in given) == expected
    for topic, key, row in given:
        if topic == "dead_letters":
            assert (key, base64.b64decode(row["raw"])) == ("triggers-0-7", json.dumps(a_row()).encode())


def test_the_operator_never_raises_and_its_timeout_gives_a_row() -> None:
    function = DeliverSends("default", None, 1, None)  # not opened, and given what it cannot read
    for body in ("", "{}", "[]", json.dumps({"raw": "{}", "place": ["triggers", 0, 0], "first": 0})):
        assert asyncio.run(function.async_invoke(Row(CALL, "42", body))) == []
    assert [row[0] for row in function.timeout(call(0))] == ["delivery_outcomes", "dead_letters"]


def test_what_is_pickled_into_the_job_graph_holds_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REKINDLE_TEST_KEY", "s3cret")
    destination = a_destination("https://esp.example/${env:REKINDLE_TEST_KEY}", headers={"X-Key": "${env:REKINDLE_TEST_KEY}"})
    assert b"s3cret" not in pickle.dumps(DeliverSends("default", destination, 1, None))
