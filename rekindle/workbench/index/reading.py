"""Brings the index up to what the topics hold now, from where it stopped the last time."""

from __future__ import annotations

import fcntl
import json
import time
from collections.abc import Callable, Container, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from connectors.topics import TOPICS
from jobs.durations import millis
from jobs.errors import RunError
from rekindle.workbench.index import records
from rekindle.workbench.index.privacy import pseudonyms
from rekindle.workbench.index.rows import Record
from rekindle.workbench.index.store import Index

KEPT_MS = millis(TOPICS["trigger_decisions"].retention)
"""Rows leave the index with the decisions they explain."""
_CONNECT = 5.0
_ANSWER = 15.0
"""Seconds Kafka may take for a call."""
_BATCH = 10_000
_PATIENCE = 0.05
"""Seconds a batch may take to fill: at the end of the topics it never does."""
_COMMIT_EVERY = 500_000
_WITHOUT = "run it without --offline"
Report = Callable[[str], None]


@dataclass(frozen=True)
class Source:
    """Where the topics are. options: client properties. wanted: names of events that are kept."""

    servers: str
    options: Mapping[str, str]
    wanted: frozenset[str]


@contextmanager
def opened(folder: Path) -> Iterator[Index]:
    """The index in `folder` as it is. Raises: RunError when there is none yet."""
    if not _file(folder).is_file():
        raise RunError("there is no index yet", _WITHOUT)
    index = Index(_file(folder), pseudonyms(folder))
    try:
        if not index.built:
            raise RunError("the index was never finished", _WITHOUT)
        yield index
    finally:
        index.close()


def update(folder: Path, source: Source, now_ms: int, rebuild: bool = False, report: Report | None = None) -> int:
    """Reads what is new in the topics, or all of it. Returns: records read. One process at a time: others wait for it.

    A half-built index, another Kafka cluster or topics that were made anew mean that all is read again. Raises: RunError when Kafka does
    not answer.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        own = {
            "bootstrap.servers": source.servers, "group.id": "rekindle-why", "enable.auto.commit": False,
            "isolation.level": "read_committed", "auto.offset.reset": "earliest", "enable.partition.eof": True, "fetch.wait.max.ms": 10,
            "log_level": 0,
        }  # fmt: skip
        consumer = Consumer({**own, **source.options})
        try:
            places = _places(consumer)
            if not places:
                raise RunError(f"there are no topics at {source.servers} (kafka.servers)", "run `rekindle topics create`")
            index = _fitting(folder, _cluster(consumer), places, rebuild, report)
            try:
                wanted = _wanted(index, source.wanted)
                return _read(index, consumer, places, wanted, now_ms, report)
            finally:
                index.close()
        except KafkaException as error:
            raise RunError(
                f"the topics cannot be read at {source.servers} (kafka.servers): {error.args[0]}", "run `rekindle up`, or use --offline"
            ) from None
        finally:
            consumer.close()


def _file(folder: Path) -> Path:
    return folder / "index.sqlite"


def _cluster(consumer: Consumer) -> str:
    return str(consumer.list_topics(timeout=_ANSWER).cluster_id)


def _places(consumer: Consumer) -> dict[tuple[str, int], tuple[int, int]]:
    """(topic, partition) → first offset and end, of all topics that exist, in the order they are to be read."""
    listed = consumer.list_topics(timeout=_CONNECT).topics
    return {
        (topic, partition): consumer.get_watermark_offsets(TopicPartition(topic, partition), _ANSWER)
        for topic in records.TOPICS
        if topic in listed
        for partition in sorted(listed[topic].partitions)
    }


def _wanted(index: Index, asked: frozenset[str]) -> frozenset[str]:
    """Events that are kept: those asked for now and ever before. A new one means that the events are read once more."""
    before = frozenset(json.loads(index.fact("events") or "[]"))
    if asked - before:
        index.forget_offsets("events")
        index.set_fact("events", json.dumps(sorted(asked | before)))
    return asked | before


def _fitting(folder: Path, cluster: str, places: Mapping[tuple[str, int], tuple[int, int]], rebuild: bool, report: Report | None) -> Index:
    """The index, or a new one when it is of something else. What was erased stays erased."""
    file, names = _file(folder), pseudonyms(folder)
    erasures: dict[int, int] = {}
    if file.exists():
        try:
            index = Index(file, names)
        except RunError:
            if not rebuild:
                raise
        else:
            beyond = any(place > places.get(where, (0, 0))[1] for where, place in index.offsets().items())  # the topics were made anew
            if index.built and not rebuild and not beyond and index.fact("cluster") == cluster:
                return index
            erasures = index.erasures()
            index.close()
        file.unlink()
    if report:
        report("building the index over the topics")
    index = Index(file, names)
    index.set_fact("cluster", cluster)
    index.keep_erasures(erasures)
    return index


def _read(
    index: Index,
    consumer: Consumer,
    places: Mapping[tuple[str, int], tuple[int, int]],
    wanted: Container[str],
    now_ms: int,
    report: Report | None,
) -> int:
    known, count = index.offsets(), 0
    start = {where: max(first, known.get(where, 0)) for where, (first, _) in places.items()}
    index.begin()
    # profiles alone and last: a tombstone takes all rows of the person
    for last in (False, True):
        some = {where: place for where, place in start.items() if place < places[where][1] and (where[0] == "profiles") is last}
        count = _stage(index, consumer, some, wanted, count, report)
    index.finish(now_ms - KEPT_MS)
    return count


def _stage(
    index: Index, consumer: Consumer, start: Mapping[tuple[str, int], int], wanted: Container[str], count: int, report: Report | None
) -> int:
    """Until every partition has said that this is its end. start: where to begin."""
    if not start:
        return count
    consumer.assign([TopicPartition(topic, partition, place) for (topic, partition), place in start.items()])
    left, offsets, told, heard = set(start), dict(start), count, time.monotonic()
    while left:
        messages = consumer.consume(_BATCH, _PATIENCE)
        if not messages and time.monotonic() - heard > _ANSWER:
            raise RunError("Kafka does not answer: the topics cannot be read to their end", "try again when the broker is back")
        heard = time.monotonic() if messages else heard
        read = []
        for message in messages:
            error, where = message.error(), (message.topic() or "", message.partition() or 0)
            if error is not None and error.code() == KafkaError._PARTITION_EOF:
                left.discard(where)
            elif error is not None:
                raise KafkaException(error)
            else:
                offsets[where] = (message.offset() or 0) + 1
                read.append((where[0], Record(message.timestamp()[1], message.key(), message.value())))
        index.add(found for topic, record in read for found in records.read(topic, record, wanted))
        count += len(read)
        if count - told >= _COMMIT_EVERY:
            index.commit(offsets)
            told = count
            if report:
                report(f"  {count:,} records read")
    index.commit(offsets)
    consumer.unassign()
    return count
