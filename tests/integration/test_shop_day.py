"""A shop day through real Kafka and a real cluster equals the brute-force oracle, row by row."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.shop import ShopDay
from jobs.settings import process_environment
from tests.integration.contracts import broken_rows
from tests.integration.pipeline import AT_ANY_HOUR, Pipeline, dump, pipeline
from tests.oracle import shop
from tests.oracle.differences import differences

DEVICES = int(process_environment().get("SHOP_DAY_DEVICES", "2500"))
HOURS = 6.0
# The day ends an hour and a half before it is fed: everything in it is due, and younger than the 24 h from which rows are history.
SINCE_START_MS = int((HOURS + 1.5) * 3_600_000)
JOBS = ("ingest", "quarantine", "evaluate", "gate", "deliver")
pytestmark = pytest.mark.scaled


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory, jars: Path) -> Iterator[tuple[Pipeline, shop.Result]]:
    # without caps, for `preview` decides about one trigger alone; those of several triggers are in test_gate_replay.py
    # and without a second look at what was decided hours ago: that is asked for by the wall clock, which the oracle does not have
    with pipeline(tmp_path_factory.mktemp("day") / "state", jars, "gate.caps=[]", "deliver.recheck_after=1 d") as running:
        generated = ShopDay(seed=20261122, devices=DEVICES, start_ms=int(time.time() * 1000) - SINCE_START_MS, hours=HOURS)
        running.feed(generated.lines(), generated.profiles())
        expected = running.oracle()
        running.start(*JOBS)
        running.wait_for("trigger_decisions", len(expected.decisions))
        running.wait_for("delivery_outcomes", len(expected.triggers))
        yield running, expected


@pytest.mark.parametrize(
    ("topic", "result"),
    [
        ("events", "events"),
        ("identities", "identities"),
        ("carts", "carts"),
        ("sessions", "sessions"),
        ("dead_letters", "dead_letters"),
        ("trigger_candidates", "candidates"),
        ("trigger_decisions", "decisions"),
        ("triggers", "triggers"),
    ],
)
def test_every_row_of_a_shop_day_is_the_oracles(day: tuple[Pipeline, shop.Result], topic: str, result: str) -> None:
    running, expected = day
    rows = running.rows(topic)
    wanted = getattr(expected, result)
    assert wanted, "an empty day proves nothing"
    if topic == "events":  # `late` depends on what the watermark was when the row came: the oracle cannot know it
        for row in rows:
            row["flags"] = [flag for flag in row.get("flags") or [] if flag != "late"] or None
    columns = [column for column in wanted[0] if column != "evidence"]
    assert not (text := differences(wanted, rows, columns)), text[:4000]


CONTRACTS = ("identities", "carts", "sessions", "dead_letters", "trigger_candidates", "trigger_decisions", "triggers", "delivery_outcomes")


@pytest.mark.parametrize("topic", CONTRACTS)
def test_no_row_breaks_its_contract(day: tuple[Pipeline, shop.Result], topic: str) -> None:
    assert not broken_rows(topic, dump(day[0].settings.kafka.servers, topic))


def test_no_event_breaks_its_contract(day: tuple[Pipeline, shop.Result]) -> None:
    """One row in ten: all of them equal the oracle's anyway, and a schema takes half a millisecond a row."""
    assert not broken_rows("events", dump(day[0].settings.kafka.servers, "events")[::10])


def test_every_send_has_one_outcome_and_what_was_accepted_is_at_the_esp(day: tuple[Pipeline, shop.Result]) -> None:
    running, expected = day
    outcomes = {row["trigger_id"]: row["outcome"] for row in running.rows("delivery_outcomes")}
    assert set(outcomes) == {row["trigger_id"] for row in expected.triggers}
    assert set(outcomes.values()) <= {"accepted", "expired", "cancelled"}, Counter(outcomes.values())
    back = {row["trigger_id"] for row in running.rows("trigger_decisions") if row["reason"] == "cancelled_after_send"}
    assert {id_ for id_, outcome in outcomes.items() if outcome == "cancelled"} <= back
    assert running.delivered() == {id_ for id_, outcome in outcomes.items() if outcome == "accepted"}
    assert "accepted" in outcomes.values()


def test_no_line_vanishes(day: tuple[Pipeline, shop.Result]) -> None:
    running, expected = day
    lines = len(running.records("events.raw"))
    repeats = lines - len(expected.events) - len(expected.dead_letters)
    assert repeats > 0, "the day must hold repeats"
    assert lines == len(running.rows("events")) + len(running.rows("dead_letters")) + repeats


def test_preview_says_what_was_decided_and_writes_nothing(day: tuple[Pipeline, shop.Result]) -> None:
    running, _ = day
    before = {topic: len(running.records(topic)) for topic in ("trigger_decisions", "triggers")}
    command = [sys.executable, "-m", "rekindle.cli.main", "--state-dir", str(running.stack.places.root)]
    settings = [f"kafka.servers={running.settings.kafka.servers}", "gate.caps=[]", *AT_ANY_HOUR]
    words = [*(word for one in settings for word in ("--set", one)), "preview", "cart_abandoned", "--limit", "1000000", "--json"]
    done = subprocess.run([*command, *words], capture_output=True, text=True, timeout=1200, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    decided = [row for row in running.rows("trigger_decisions") if row["trigger"] == "cart_abandoned"]
    columns = ["trigger_id", "person_id", "verdict", "reason", "fired_at", "decided_at"]
    assert not (text := differences(decided, json.loads(done.stdout), columns)), text[:4000]
    assert {topic: len(running.records(topic)) for topic in before} == before
