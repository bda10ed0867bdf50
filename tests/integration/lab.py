"""A pack of made-up triggers and a feed that never stops, in event time of its own: a step is a second."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from confluent_kafka import Producer

from connectors.heartbeats import heartbeat_key, heartbeat_value
from connectors.topics import TOPICS

SECOND = 1000
START = (int(time.time()) - 7200) * SECOND
"""Event time of the first step. Not long ago: Kafka deletes what is older than a topic's retention."""
HEADER = "/* ---\nname: {name}\ndescription: Was it?\nowner: o\ntemplate: t\npurpose: p\nmax_age: 1 h\nversion: {version}\n--- */\n"
SEEN = """SELECT device_id, user_id, {id} AS occasion, {clock} AS fired_at, '{{}}' AS payload FROM {table} WHERE {condition}"""
COUNTED = """SELECT
    device_id, MAX(user_id) AS user_id, CAST(window_start AS STRING) AS occasion, window_time AS fired_at,
    JSON_OBJECT(KEY 'n' VALUE COUNT(*)) AS payload
FROM TUMBLE(TABLE {table}, DESCRIPTOR({clock}), INTERVAL '{seconds}' SECOND)
GROUP BY device_id, window_start, window_end, window_time
HAVING COUNT(*) >= {least}"""
_TABLES = {"sessions": ("session_id", "ended_at"), "carts": ("cart_hash", "ended_at"), "events": ("event_id", "event_time")}
_TOLD = ("sessions", "carts", "events", "identities", "profiles")

Found = tuple[str, int, int]
"""Device, T in ms, count in the window (0 without one)."""


def seen(name: str, table: str, condition: str = "TRUE", version: int = 1) -> str:
    """Text of a trigger that keeps nothing."""
    key, clock = _TABLES[table]
    return HEADER.format(name=name, version=version) + SEEN.format(id=key, clock=clock, table=table, condition=condition)


def counted(name: str, table: str, seconds: int, least: int | str = 1, version: int = 1) -> str:
    """Text of a trigger with a window. least: rows it takes, or SQL."""
    return HEADER.format(name=name, version=version) + COUNTED.format(table=table, clock=_TABLES[table][1], seconds=seconds, least=least)


def write(folder: Path, **files: str | None) -> None:
    """Makes or, for None, removes trigger files."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        file = folder / f"{name}.sql"
        file.unlink() if text is None else file.write_text(text, encoding="utf-8")


def device(table: str, step: int) -> str:
    """Who acted at a step."""
    return f"d{(step * step + len(table)) % 7}"


def expected_seen(table: str, steps: range, searches: range = range(99)) -> set[Found]:
    return {(device(table, step), START + step * SECOND, 0) for step in steps if step % 3 in searches}


def expected_counted(table: str, steps: range, seconds: int, least: int = 1) -> set[Found]:
    counts: dict[tuple[str, int], int] = {}
    for step in steps:
        end = (START + step * SECOND) // (seconds * SECOND) * seconds * SECOND + seconds * SECOND
        counts[device(table, step), end - 1] = counts.get((device(table, step), end - 1), 0) + 1
    return {(who, at, count) for (who, at), count in counts.items() if count >= least}


@dataclass
class Feed:
    """Writes a row of each table per step until it is stopped; its heartbeats are the only ones."""

    producer: Producer
    partitions: int
    pace: float = 0.1
    steps: int = 0
    _over: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def finish(self) -> None:
        """Stops, and moves event time a minute beyond the last row."""
        self._over.set()
        if self._thread is not None:
            self._thread.join()
        self._tell(self.now + 60 * SECOND)
        assert self.producer.flush(240) == 0

    @property
    def now(self) -> int:
        """Event time reached, epoch ms."""
        return START + (self.steps - 1) * SECOND

    def _run(self) -> None:
        while not self._over.wait(self.pace):
            for table, row in _rows(self.steps):
                self.producer.produce(table, key=row["device_id"], value=json.dumps(row), timestamp=START + self.steps * SECOND)
            self._tell(START + self.steps * SECOND)
            self.steps += 1
            self.producer.poll(0)

    def _tell(self, at: int) -> None:
        for name in _TOLD:
            for partition in range(self.partitions):
                key = heartbeat_key(partition, self.partitions)
                self.producer.produce(name, key=key, value=heartbeat_value(TOPICS[name], key, at), timestamp=at)


def _rows(step: int) -> Iterator[tuple[str, dict[str, Any]]]:
    yield "sessions", {"session_id": f"s{step}", "device_id": device("sessions", step), "searches": step % 3}
    yield "carts", {"cart_hash": f"c{step}", "device_id": device("carts", step), "item_count": 1, "orders": 0}
    yield "events", {"event_id": f"e{step}", "event": "Product Viewed", "device_id": device("events", step)}
