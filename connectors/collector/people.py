"""Keeps the index level with the topics `profiles` and `triggers`, and reads a person's row when it is to be changed."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import Any

import orjson
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from connectors.collector import index
from connectors.collector.clients import properties
from connectors.collector.errors import KafkaAwayError
from connectors.collector.index import Index, Place, Send
from connectors.heartbeats import is_heartbeat
from connectors.topics import TOPICS

PROFILES, TRIGGERS = TOPICS["profiles"].name, TOPICS["triggers"].name
_BATCH = 5000
_WAIT = 5.0
_REMEMBERED_MS = 60 * 86_400_000
"""Opens and complaints of a mail two months old are looked up by what the platform hands back, or by address."""


class People:
    """A thread that reads the two topics from where it last was. `is_ready` once it has seen all there was at its start."""

    def __init__(self, servers: str, options: Mapping[str, str], found: Index) -> None:
        self._index = found
        own = {
            "group.id": "rekindle-collector",
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            "isolation.level": "read_committed",
        }
        self._client = {**properties(servers, options), **own}
        self._next: dict[tuple[str, int], int] = {}
        self._ended: set[tuple[str, int]] = set()
        self._partitions = 0
        self._moved = threading.Condition()
        self._closing = threading.Event()
        self._reader = threading.Lock()
        self._rows: Consumer | None = None
        self._thread = threading.Thread(target=self._follow, name="collector-people", daemon=True)

    def start(self) -> None:
        """Begins to read."""
        self._thread.start()

    def close(self) -> None:
        """Stops reading."""
        self._closing.set()
        self._thread.join()
        with self._reader:
            if self._rows is not None:
                self._rows.close()
        self._index.close()

    @property
    def is_ready(self) -> bool:
        """Whether everything that was there at the start has been read."""
        return 0 < self._partitions <= len(self._ended) and self._thread.is_alive()

    def place(self, person: str) -> Place | None:
        """Where the person's row lies as of now; waits for what is already in the log. Raises: KafkaAwayError."""
        found = self._index.place(person)
        if found is None:
            return None
        with self._reader:
            try:
                _, end = self._of_rows().get_watermark_offsets(TopicPartition(PROFILES, found.partition), timeout=_WAIT)
            except KafkaException as error:
                raise KafkaAwayError(type(error).__name__) from None
        key = (PROFILES, found.partition)
        with self._moved:
            if not self._moved.wait_for(lambda: self._next.get(key, 0) >= end, _WAIT):
                raise KafkaAwayError("the profiles are not read up to their end")
        return self._index.place(person)

    def row(self, person: str, partition: int, offset: int) -> dict[str, Any] | None:
        """The profile at a place; None when it is no JSON object. Raises: KafkaAwayError, also when something else lies there by now."""
        with self._reader:
            consumer = self._of_rows()
            try:
                consumer.assign([TopicPartition(PROFILES, partition, offset)])
                until = time.monotonic() + _WAIT
                while (message := consumer.poll(0.2)) is None or message.error() is not None:
                    if time.monotonic() > until:
                        raise KafkaAwayError("a profile could not be read")
            except KafkaException as error:
                raise KafkaAwayError(type(error).__name__) from None
            finally:
                consumer.unassign()
        if message.offset() != offset or _text(message.key()) != person:
            raise KafkaAwayError("a profile has moved")
        return _object(message.value())

    def _of_rows(self) -> Consumer:
        if self._rows is None:
            # one row is wanted at a time: little is fetched, and what was fetched for the last one delays nothing
            own = {"fetch.wait.max.ms": 20, "fetch.message.max.bytes": 65_536, "fetch.queue.backoff.ms": 1}
            self._rows = Consumer({**self._client, **own})
        return self._rows

    def _follow(self) -> None:
        consumer = Consumer({**self._client, "enable.partition.eof": True, "fetch.wait.max.ms": 50})
        try:
            while not self._closing.is_set() and not self._assigned(consumer):
                self._closing.wait(1.0)
            pruned = 0.0
            while not self._closing.is_set():
                found = consumer.poll(0.2)  # `consume` alone would wait for a full batch
                if found is not None:
                    self._take([found, *consumer.consume(_BATCH, timeout=0)])
                if time.monotonic() - pruned > 3600:
                    pruned = time.monotonic()
                    self._index.apply([index.old_sends(int(time.time() * 1000) - _REMEMBERED_MS)])
        finally:
            consumer.close()

    def _assigned(self, consumer: Consumer) -> bool:
        try:
            known = consumer.list_topics(timeout=_WAIT)
            partitions = [(topic, number) for topic in (PROFILES, TRIGGERS) for number in known.topics[topic].partitions]
            self._index.belongs_to(str(known.cluster_id))
            reached = self._index.reached()
            for topic, number in partitions:
                _, end = consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=_WAIT)
                if reached.get((topic, number), 0) > end:  # the topic was made anew
                    self._index.forget()
                    self._index.belongs_to(str(known.cluster_id))
                    reached = {}
        except (KafkaException, KeyError):
            return False
        self._next = dict(reached)
        consumer.assign([TopicPartition(topic, number, reached.get((topic, number), 0)) for topic, number in partitions])
        self._partitions = len(partitions)
        return bool(partitions)

    def _take(self, messages: list[Message]) -> None:
        changes: list[tuple[str, tuple[object, ...]]] = []
        moved: dict[tuple[str, int], int] = {}
        ended = set()
        for message in messages:
            place = (str(message.topic()), int(message.partition() or 0))
            error = message.error()
            if error is not None:
                if error.code() == KafkaError._PARTITION_EOF:
                    ended.add(place)
                    moved[place] = int(message.offset() or 0)
                continue
            changes += self._change(message)
            moved[place] = int(message.offset() or 0) + 1
        if not moved:
            return
        self._index.apply([*changes, *(index.reached(topic, number, offset) for (topic, number), offset in moved.items())])
        with self._moved:
            self._next |= moved
            self._ended |= ended
            self._moved.notify_all()

    def _change(self, message: Message) -> list[tuple[str, tuple[object, ...]]]:
        key = _text(message.key())
        if key is None or is_heartbeat(message.key()):
            return []
        if message.topic() == PROFILES:
            if message.value() is None:
                return [index.erased(key)]
            email = (_object(message.value()) or {}).get("email")
            hashed = self._index.hashed(email) if isinstance(email, str) and email.strip() else None
            return [index.profile(key, hashed, int(message.partition() or 0), int(message.offset() or 0))]
        row = _object(message.value()) or {}
        told = [row.get(name) for name in ("trigger_id", "person_id", "trigger", "purpose")]
        if not all(isinstance(one, str) for one in told):
            return []
        trigger_id, person, name, purpose = (str(one) for one in told)
        return [index.send(trigger_id, Send(person, name, purpose), int(message.timestamp()[1]))]


def _text(key: bytes | str | None) -> str | None:
    return key.decode("utf-8", "replace") if isinstance(key, bytes) else key


def _object(value: bytes | str | None) -> dict[str, Any] | None:
    try:
        found = orjson.loads(value or b"")
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
