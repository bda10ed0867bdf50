"""A process dies while the shop is open: afterwards the same triggers as without the fault, and repeats only with the same id."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.shop import ShopDay
from rekindle.local.stack import Stack
from rekindle.local.waiting import wait_until
from tests.integration.pipeline import LIMIT, Line, Pipeline, pipeline
from tests.oracle import shop

DEVICES = 600
HOURS = 2.0
SINCE_START_MS = int((HOURS + 1.0) * 3_600_000)


def kill_taskmanager(stack: Stack) -> None:
    stack.kill("taskmanager-1")
    stack.restart("taskmanager-1")


def kill_broker(stack: Stack) -> None:
    stack.kill("kafka")
    stack.restart("kafka")


@pytest.fixture(params=[kill_taskmanager, kill_broker], ids=["taskmanager", "broker"])
def broken(request: pytest.FixtureRequest, tmp_path: Path, jars: Path) -> Iterator[tuple[Pipeline, shop.Result]]:
    """A day whose second half is fed while a part is killed and started again.

    Heartbeats of the wall clock are off, and closing ones are written by hand at the end: else the hours the second half lies in would be
    over before it is fed.
    """
    with pipeline(
        tmp_path / "state", jars, "heartbeats.enabled=false", "flink.checkpoint_interval=3 s", "deliver.recheck_after=1 d"
    ) as running:
        day = ShopDay(seed=7, devices=DEVICES, start_ms=int(time.time() * 1000) - SINCE_START_MS, hours=HOURS, tail=0)
        lines = list(day.lines())
        running.feed(lines[: len(lines) // 2], day.profiles())
        running.start("ingest", "quarantine", "evaluate", "gate", "deliver")
        assert wait_until(lambda: len(running.rows("events")) > len(lines) // 8, LIMIT, pause=1.0)
        while_feeding(running, lines[len(lines) // 2 :], lambda: request.param(running.stack))
        running.close_time()
        running.wait_running(*running.jobs)

        expected = running.oracle()
        due = {row["trigger_id"] for row in expected.triggers}
        wait_until(lambda: due <= {row["trigger_id"] for row in running.rows("delivery_outcomes")}, LIMIT, pause=2.0)
        yield running, expected


def while_feeding(running: Pipeline, lines: list[Line], fault: Callable[[], None]) -> None:
    """Feeds `lines` from a thread in small steps while the fault happens here."""

    def feed() -> None:
        for at in range(0, len(lines), 200):
            running.feed(lines[at : at + 200])

    feeding = threading.Thread(target=feed)
    feeding.start()
    fault()
    feeding.join(LIMIT)
    assert not feeding.is_alive(), "the feed never reached the log"


def ends(rows: list[dict[str, Any]]) -> dict[tuple[str, str], str]:
    """How each candidate ended."""
    return {(row["trigger_id"], row["fired_at"]): row["reason"] for row in rows if row["reason"] != "cancelled_after_send"}


def test_the_same_triggers_as_without_the_fault(broken: tuple[Pipeline, shop.Result]) -> None:
    running, expected = broken
    assert len(expected.triggers) > 20
    assert {row["trigger_id"] for row in running.rows("triggers")} == {row["trigger_id"] for row in expected.triggers}
    assert ends(running.rows("trigger_decisions")) == ends(expected.decisions)

    accepted = {row["trigger_id"] for row in running.rows("delivery_outcomes") if row["outcome"] == "accepted"}
    assert running.delivered() == accepted

    # at-least-once: a row may be there twice after a restart, and then it is the same row
    by_id: dict[str, str] = {}
    for row in running.rows("triggers"):
        text = json.dumps(row, sort_keys=True)
        assert by_id.setdefault(row["trigger_id"], text) == text
