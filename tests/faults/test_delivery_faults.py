"""Parts die and lines are cut while sends are in the air: none is lost, and a repeat is one only where the answer was lost."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.esp.times import iso
from jobs.destinations import Destination
from rekindle.local.waiting import wait_until
from tests.faults.test_kills import kill_broker, kill_taskmanager
from tests.integration.pipeline import LIMIT, Pipeline, pipeline
from tests.unit.a_send import a_row

MANY = 400
IN_THE_AIR = 20
HIDE = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class Wire:
    """A TCP proxy that can be cut: everything that goes through it at that moment is lost, both ways."""

    def __init__(self, port: int) -> None:
        self._to, self._writers = port, set[asyncio.StreamWriter]()
        self._loop = asyncio.new_event_loop()
        self._server = self._loop.run_until_complete(asyncio.start_server(self._carry, "127.0.0.1", 0))
        self.port = int(self._server.sockets[0].getsockname()[1])
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def cut(self) -> None:
        def now() -> None:
            for writer in list(self._writers):
                writer.transport.abort()

        self._loop.call_soon_threadsafe(now)

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(30)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(30)
        self._loop.close()

    async def _end(self) -> None:
        self._server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self._to)
        except OSError:
            writer.transport.abort()
            return
        self._writers |= {writer, back}
        await asyncio.gather(_pour(reader, back), _pour(there, writer), return_exceptions=True)
        self._writers -= {writer, back}


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while piece := await reader.read(65_536):
            writer.write(piece)
            await writer.drain()
    finally:
        writer.close()


def send(kind: str, number: int, **changes: Any) -> dict[str, Any]:
    text = "".join(letter if letter in HIDE else "0" for letter in kind.upper())
    now = datetime.now(UTC)
    return a_row(
        **{
            "trigger_id": f"{text}{number}".rjust(26, "0")[-26:],
            "person_id": f"{kind}-{number}",
            "destination": kind,
            "decided_at": iso(now),
            "expires_at": iso(now + timedelta(hours=1)),
        }
        | changes
    )


def destination(url: str, **more: Any) -> Destination:
    return Destination.model_validate({"url": url, "private_hosts": ["127.0.0.1"], "waits": ["2 s"], **more})


@contextmanager
def delivering(state: Path, jars: Path) -> Iterator[tuple[Pipeline, Wire]]:
    with pipeline(state, jars, "flink.checkpoint_interval=3 s", "deliver.recheck_after=1 d", slots=2) as running:
        esp = running.stack.esp_url or ""
        wire = Wire(int(esp.rsplit(":", 1)[1]))
        through = f"http://127.0.0.1:{wire.port}"
        running.settings = running.settings.model_copy(
            update={
                "destinations": {
                    "tells": destination(f"{through}/webhook/tells?mode=slow&delay_s=0.2", capacity=IN_THE_AIR),
                    "forgets": destination(f"{through}/webhook/forgets?mode=slow&delay_s=0.2", capacity=IN_THE_AIR, on_ambiguous="skip"),
                }
            }
        )
        try:
            running.start("deliver")
            yield running, wire
        finally:
            wire.close()


def attempts(running: Pipeline, dest: str) -> list[tuple[str, str]]:
    """(trigger id, verdict) of every call the platform saw, in order."""
    file = running.stack.places.ledger
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as base:
        return list(base.execute("SELECT key, verdict FROM attempts WHERE dest = ? ORDER BY rowid", (dest,)))


@pytest.mark.parametrize("fault", ["taskmanager", "broker", "network"])
def test_no_send_is_lost_and_a_repeat_has_the_same_id_and_a_lost_answer(fault: str, tmp_path: Path, jars: Path) -> None:
    with delivering(tmp_path / "state", jars) as (running, wire):
        rows = [send(kind, number) for number in range(MANY) for kind in ("tells", "forgets")]
        for row in rows:
            running.produce("triggers", row["person_id"], json.dumps(row).encode())
        assert running.producer.flush(LIMIT) == 0
        assert wait_until(lambda: len(attempts(running, "tells")) > MANY // 5, LIMIT, pause=0.1)
        if fault == "taskmanager":
            kill_taskmanager(running.stack)
        elif fault == "broker":
            kill_broker(running.stack)
        else:
            wire.cut()
        running.wait_running("deliver")
        ids = {row["trigger_id"] for row in rows}

        def ended() -> dict[str, set[str]]:
            found: dict[str, set[str]] = {}
            for row in running.rows("delivery_outcomes"):
                if row["outcome"] != "retrying":
                    found.setdefault(row["trigger_id"], set()).add(row["outcome"])
            return found

        assert wait_until(lambda: ids <= set(ended()), LIMIT, pause=1.0), len(ids - set(ended()))
        ends = ended()
        assert all(len(found) == 1 for found in ends.values()), "two ends of one send"
        for kind in ("tells", "forgets"):
            mine = {row["trigger_id"] for row in rows if row["destination"] == kind}
            calls = attempts(running, kind)
            effects = {key for key, verdict in calls if verdict.startswith("accepted")}
            assert {one for one in mine if ends[one] == {"accepted"}} <= effects
            repeats = Counter(key for key, verdict in calls if verdict.startswith("duplicate"))
            assert sum(repeats.values()) <= 2 * IN_THE_AIR  # when the line, the process or the log went away
            if kind == "tells":
                assert {one for one in mine if ends[one] != {"accepted"}} == set()
