"""The yardstick: one Python process that does the work of `ingest` and `evaluate`, and has none of their durability.

`python -m bench.yardstick --servers HOST:PORT --partitions N` reads all of `profiles` and `events.raw`, writes events, identities, carts,
sessions and candidates to topics of its own (`bench.…`), and prints one line of JSON: its CPU seconds from the first poll to the last
acknowledged row, wall seconds, lines and rows. librdkafka's threads count: they are the loop's I/O. Its start does not count.
"""

from __future__ import annotations

import argparse
import gc
import json
import resource
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import orjson
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, Producer, TopicPartition

from bench.feed import producer_options
from bench.loop import Loop
from connectors.topics import TOPICS
from jobs.errors import RunError

PREFIX = "bench."
OUTPUTS = {
    PREFIX + name: replace(TOPICS[name], name=PREFIX + name, compact=False)
    for name in ("events", "identities", "carts", "sessions", "trigger_candidates")
}
"""Its topics, made like those of the jobs."""
BATCH = 5000


def main() -> None:
    """Run over what the topics hold now."""
    parser = argparse.ArgumentParser(description="The hand-written loop that the jobs are measured against.")
    parser.add_argument("--servers", required=True)
    parser.add_argument("--partitions", type=int, required=True)
    options = parser.parse_args()
    print(json.dumps(run(options.servers, options.partitions)))


def run(servers: str, partitions: int) -> dict[str, Any]:
    """{cpu_s, wall_s, lines, dropped, rows: {topic: n}, memory_mb}."""
    written: Counter[str] = Counter()
    producer = Producer(producer_options(servers))
    produce, poll = producer.produce, producer.poll
    names = {name.removeprefix(PREFIX): name for name in OUTPUTS}

    def emit(topic: str, key: str, row: dict[str, Any], at: int) -> None:
        written[topic] += 1
        value = orjson.dumps(row)
        while True:
            try:
                return produce(names[topic], value, key, timestamp=at)
            except BufferError:
                poll(0.05)

    gc.disable()  # nothing here is cyclic, and walking a million live objects would double the cost
    loop = Loop(emit)
    begun, before = time.monotonic(), cpu_seconds()
    for _, _, key, value in records(servers, "profiles", partitions):
        if value is not None and not key.startswith(b"$hb"):
            loop.profiles[key.decode()] = orjson.loads(value)
    lines, take = 0, loop.take
    for partition, at, _, value in records(servers, "events.raw", partitions):
        take(partition, at, value)
        lines += 1
        if not lines % BATCH:
            poll(0)
    producer.flush()
    return {
        "cpu_s": cpu_seconds() - before,
        "wall_s": time.monotonic() - begun,
        "lines": lines,
        "dropped": loop.dropped,
        "rows": dict(written),
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def records(servers: str, topic: str, partitions: int) -> Iterator[tuple[int, int, bytes, Any]]:
    """(partition, Kafka time, key, value) of all records a topic holds; those of a partition in order. Raises RunError on a Kafka error."""
    consumer = Consumer(
        {
            "bootstrap.servers": servers,
            "group.id": "bench",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "fetch.message.max.bytes": 8_388_608,
            "queued.max.messages.kbytes": 262_144,
        }
    )
    consumer.assign([TopicPartition(topic, partition, OFFSET_BEGINNING) for partition in range(partitions)])
    open_partitions = partitions
    while open_partitions:
        for message in consumer.consume(BATCH, 1.0):
            error = message.error()
            if error is None:
                yield message.partition() or 0, message.timestamp()[1], message.key() or b"", message.value()
            elif error.code() == KafkaError._PARTITION_EOF:
                open_partitions -= 1
            else:
                raise RunError(f"reading {topic}: {error}")
    consumer.close()


def cpu_seconds() -> float:
    """User and system time of this process, all its threads."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()
