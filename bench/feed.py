"""Puts a bench's input into Kafka before the jobs start: profiles, lines, and the heartbeats that end it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

import orjson
from confluent_kafka import Producer

from bench import load
from bench.loop_text import iso, millis
from bench.shop_people import Person, profile
from connectors.heartbeats import heartbeat_key

Load = Literal["bursty", "sparse"]
HOURS = 20.0
LEAD_MS = 21 * 3_600_000  # the day is over when the feed is written, and younger than what counts as historical
SESSION_GAP_MS = 30 * 60_000


@dataclass(frozen=True)
class Fed:
    """What was written. Times in epoch ms; closes: event time of the heartbeats at the end, past every session's end."""

    events: int
    users: int
    last: int
    closes: int
    seconds: float

    @property
    def all_ended(self) -> int:
        """No session or cart ends later."""
        return self.last + SESSION_GAP_MS


def feed(servers: str, partitions: int, *, kind: Load, events: int, users: int, seed: int = 7) -> Fed:
    """Write profiles of the users who are logged in, then `events` lines, then heartbeats into every partition."""
    begun = time.time()
    start = int(begun * 1000) - LEAD_MS
    producer = Producer(producer_options(servers))
    before = start - 3_600_000
    for user in range(0, users, 3):  # load.py logs in every third one
        person = Person(f"u{user}", "consented", start)
        put(producer, "profiles", person.person_id, orjson.dumps(profile(person, before)), before)
    generate = load.bursty if kind == "bursty" else load.sparse
    line = b""
    for number, (key, line) in enumerate(generate(seed, events, users, start_ms=start, hours=HOURS)):
        put(producer, "events.raw", key, line)
        if number % 1000 == 0:
            producer.poll(0)
    producer.flush()
    closes = int(time.time() * 1000)
    fed = Fed(events, users, millis(orjson.loads(line)["timestamp"]), closes, time.time() - begun)
    assert fed.all_ended + 60_000 < closes, "the last session has not ended"
    for topic, key, row in heartbeats(partitions, closes):
        put(producer, topic, key, orjson.dumps(row), closes)
    producer.flush()
    return fed


def producer_options(servers: str) -> dict[str, str | int]:
    """librdkafka's options for writing much, to the partitions a Java producer would choose."""
    return {
        "bootstrap.servers": servers,
        "partitioner": "murmur2_random",
        "linger.ms": 20,
        "batch.size": 131_072,
        "compression.type": "lz4",
        "queue.buffering.max.messages": 500_000,
        "queue.buffering.max.kbytes": 262_144,
    }


def put(producer: Producer, topic: str, key: str, value: bytes, timestamp: int = 0) -> None:
    """Hand a record to the producer, waiting while its queue is full. timestamp: epoch ms; 0 = now."""
    while True:
        try:
            producer.produce(topic, value, key, timestamp=timestamp)
        except BufferError:
            producer.poll(0.1)
        else:
            return


def heartbeats(partitions: int, at: int, topics: Iterable[str] = ("events.raw", "profiles")) -> Iterator[tuple[str, str, dict[str, str]]]:
    """(topic, key, row): one for each partition of the topics that outsiders write, as `ingest` would send them."""
    for partition in range(partitions):
        key = heartbeat_key(partition, partitions)
        for topic in topics:
            columns = ("anonymousId", "timestamp") if topic == "events.raw" else ("person_id", "at")
            yield topic, key, {"event": "$heartbeat", columns[0]: key, columns[1]: iso(at)}
