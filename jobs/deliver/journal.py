"""Outcomes on their way into Kafka past Flink: in the topic some milliseconds after the answer, not after the bundle.

PyFlink hands on what an AsyncFunction gives when its bundle ends, which may be seconds later. A TaskManager that dies in between has made
calls nobody knows of, and makes them again. So a final outcome is acknowledged by Kafka before the row is done; and where a lost answer is
not asked for again (`on_ambiguous`), a claim is acknowledged before the call: claimed, and no word after it, is `unknown` (`before.py`).
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from confluent_kafka import KafkaException, Producer

PATIENCE = 5.0
"""Seconds. Kafka away for longer: the row goes the long way, through Flink, which waits for it."""
COMMON = ("client.id", "client.rack", "security.protocol", "sasl.mechanism", "metadata.max.age.ms", "connections.max.idle.ms")
"""Client options that Java's client and librdkafka read alike."""


def for_librdkafka(options: Mapping[str, str]) -> dict[str, str]:
    """Those of the suite's Kafka options that librdkafka understands."""
    return {name: value for name, value in options.items() if name in COMMON}


class Journal:
    """Belongs to one event loop. Made before it runs; the producer and its thread begin with the first row."""

    def __init__(self, servers: str, options: Mapping[str, str]) -> None:
        self._settings: dict[str, Any] = {
            "bootstrap.servers": servers,
            "enable.idempotence": True,
            "linger.ms": 2,
            "compression.type": "lz4",
            "partitioner": "murmur2_random",  # Kafka's own: a person's rows stay in one partition, whoever writes them
            "message.timeout.ms": 10_000,
            "log_level": 0,
            **for_librdkafka(options),
        }
        self._producer: Producer | None = None
        self._ended = threading.Event()
        self._told: list[tuple[asyncio.Future[bool], bool]] = []
        """By the thread that polls, which alone touches it."""

    async def write(self, topic: str, key: str, value: str) -> bool:
        """Whether Kafka has acknowledged the row, within PATIENCE. Raises nothing of Kafka's."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[bool] = loop.create_future()

        def told(error: Any, _message: Any) -> None:
            self._told.append((done, error is None))

        try:
            self._open(loop).produce(topic, key=key.encode(), value=value.encode(), on_delivery=told)
            async with asyncio.timeout(PATIENCE):
                return await done
        except (KafkaException, BufferError, TimeoutError):
            return False

    def close(self) -> None:
        """Ends the thread; waits for nothing."""
        self._ended.set()

    def _open(self, loop: asyncio.AbstractEventLoop) -> Producer:
        if self._producer is None:
            self._producer = Producer(self._settings)
            threading.Thread(target=self._poll, args=(self._producer, loop), name="deliver-journal", daemon=True).start()
        return self._producer

    def _poll(self, producer: Producer, loop: asyncio.AbstractEventLoop) -> None:
        while not self._ended.is_set():
            producer.poll(0.1)
            if self._told:
                told, self._told = self._told, []
                with suppress(RuntimeError):  # the loop has ended: nobody waits
                    loop.call_soon_threadsafe(_settle, told)  # wakes the loop: once for all that one poll brought


def _settle(told: Sequence[tuple[asyncio.Future[bool], bool]]) -> None:
    for done, acknowledged in told:
        if not done.done():
            done.set_result(acknowledged)
