"""Topics from their beginning to their end as of now, fast and in bounded memory: what dead letters and accounts are read with."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from types import TracebackType
from typing import NamedTuple, Self

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from connectors.kafka_admin import client_options

_CONNECT = 5.0
_ANSWER = 15.0
"""Seconds Kafka may take for a call, and between two batches."""
_BATCH = 5_000
_PATIENCE = 0.1
_MOVING = {KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.LEADER_NOT_AVAILABLE}
"""A partition that is new, or changes brokers: soon it will answer."""
_NEAR = 1_000
"""Offsets that are read over rather than sought past."""

Place = tuple[str, int, int]
"""Topic, partition, offset."""
Span = dict[tuple[str, int], tuple[int, int]]
"""(topic, partition) → first offset and end."""


class KafkaScanError(Exception):
    """Kafka did not answer, or refused. `reason` names no record."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Scanned(NamedTuple):
    """One record. at: its time in epoch ms. A value of None is a tombstone."""

    topic: str
    partition: int
    offset: int
    at: int
    key: bytes | None
    value: bytes | None


def librdkafka_options(options: Mapping[str, str]) -> dict[str, str]:
    """Java client properties → librdkafka's: user and password leave the JAAS line it does not read."""
    found = {name: value for name, value in options.items() if name != "sasl.jaas.config"}
    words = client_options({name: value for name, value in options.items() if name == "sasl.jaas.config"})
    for ours, theirs in (("sasl_plain_username", "sasl.username"), ("sasl_plain_password", "sasl.password")):
        if ours in words:
            found.setdefault(theirs, words[ours])
    return found


class Scan:
    """A reader that joins no group, commits nothing, and sees only what is committed. Raises: KafkaScanError."""

    def __init__(self, servers: str, options: Mapping[str, str] | None = None) -> None:
        own = {
            "bootstrap.servers": servers, "group.id": "rekindle-scan", "enable.auto.commit": False, "isolation.level": "read_committed",
            "auto.offset.reset": "earliest", "enable.partition.eof": True, "fetch.wait.max.ms": 10, "log_level": 0,
            "queued.max.messages.kbytes": 16_384, "max.poll.interval.ms": 86_400_000,
        }  # fmt: skip
        try:
            self._consumer = Consumer({**own, **librdkafka_options(options or {})})
        except KafkaException as error:
            raise KafkaScanError(_said(error)) from None

    def __enter__(self) -> Self:
        try:
            self._consumer.list_topics(timeout=_CONNECT)  # tells soon when nobody answers
        except KafkaException as error:
            self._consumer.close()
            raise KafkaScanError(_said(error)) from None
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._consumer.close()

    def span(self, topics: Iterable[str]) -> Span:
        """What there is, each topic's end asked for in the order given. A topic that does not exist has no place."""
        try:
            listed = self._consumer.list_topics(timeout=_ANSWER).topics
            return {
                (topic, number): self._ends(TopicPartition(topic, number))
                for topic in topics
                if topic in listed
                for number in sorted(listed[topic].partitions)
            }
        except KafkaException as error:
            raise KafkaScanError(_said(error)) from None

    def _ends(self, partition: TopicPartition) -> tuple[int, int]:
        deadline = time.monotonic() + _ANSWER
        while True:
            try:
                first, end = self._consumer.get_watermark_offsets(partition, _ANSWER)
                return first, end
            except KafkaException as error:
                if error.args[0].code() not in _MOVING or time.monotonic() > deadline:
                    raise
                time.sleep(_PATIENCE)

    def read(self, span: Mapping[tuple[str, int], tuple[int, int]]) -> Iterator[Scanned]:
        """Every record of `span`; those of a partition in order, partitions mixed."""
        left = {where: end for where, (first, end) in span.items() if first < end}
        if not left:
            return
        self._consumer.assign([TopicPartition(topic, number, span[topic, number][0]) for topic, number in left])
        try:
            yield from self._until(left)
        finally:
            self._consumer.resume(self._consumer.assignment())  # a pause outlives the assignment
            self._consumer.unassign()

    def _until(self, left: dict[tuple[str, int], int]) -> Iterator[Scanned]:
        """What comes, until none of these ends is left."""
        heard = time.monotonic()
        while left:
            messages = self._consume()
            if not messages and time.monotonic() - heard > _ANSWER:
                raise KafkaScanError("no answer")
            for message in messages:
                where = message.topic() or "", message.partition() or 0
                if message.error() is not None or where not in left:  # an error here says: this is the partition's end
                    left.pop(where, None)
                    continue
                offset = message.offset() or 0
                if offset < left[where]:
                    yield _scanned(message)
                if offset + 1 >= left[where]:
                    del left[where]
                    self._consumer.pause([TopicPartition(*where)])
            if messages:
                heard = time.monotonic()  # whoever reads may take their time

    def pick(self, places: Iterable[Place]) -> Iterator[Scanned]:
        """The records at these places, which rise within each partition and come partition by partition; what is gone is left out."""
        run: list[Place] = []
        for place in places:
            if run and (place[:2] != run[-1][:2] or place[2] - run[-1][2] > _NEAR):
                yield from self._run(run)
                run = []
            run.append(place)
        if run:
            yield from self._run(run)

    def _run(self, run: list[Place]) -> Iterator[Scanned]:
        (topic, number, first), wanted = run[0], {offset for _, _, offset in run}
        for found in self.read({(topic, number): (first, run[-1][2] + 1)}):
            if found.offset in wanted:
                yield found

    def _consume(self) -> list[Message]:
        try:
            messages = self._consumer.consume(_BATCH, _PATIENCE)
        except KafkaException as error:
            raise KafkaScanError(_said(error)) from None
        for message in messages:
            told = message.error()
            if told is not None and told.code() != KafkaError._PARTITION_EOF:
                raise KafkaScanError(told.str())
        return list(messages)


def _scanned(message: Message) -> Scanned:
    return Scanned(
        message.topic() or "", message.partition() or 0, message.offset() or 0, message.timestamp()[1], message.key(), message.value()
    )  # fmt: skip


def _said(error: KafkaException) -> str:
    found = error.args[0]
    return found.str() if isinstance(found, KafkaError) else str(found)
