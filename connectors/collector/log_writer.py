"""Writes records and waits until Kafka has them: a provider's 2xx must mean that nothing can be lost any more."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from connectors.collector.clients import properties
from connectors.collector.errors import KafkaAwayError

_ACK_MS = 5000


@dataclass(frozen=True)
class Record:
    """partition: None = where the key belongs."""

    topic: str
    key: str
    value: bytes = field(repr=False)
    partition: int | None = None


class LogWriter:
    """One idempotent producer; may be used from several threads. ack_ms: how long Kafka may take to acknowledge."""

    def __init__(self, servers: str, options: Mapping[str, str], ack_ms: int = _ACK_MS) -> None:
        self._ack_ms = ack_ms
        own = {"partitioner": "murmur2_random", "enable.idempotence": True, "linger.ms": 2, "message.timeout.ms": ack_ms}
        self._producer = Producer({**properties(servers, options), **own})
        self._closing = threading.Event()
        self._poller = threading.Thread(target=self._poll, name="collector-acks", daemon=True)
        self._poller.start()

    def write(self, records: Sequence[Record]) -> list[int]:
        """Offsets of the records, all of which are in the log on return. Raises: KafkaAwayError; some may have been written then."""
        waiting = _Waiting(len(records))
        try:
            for number, record in enumerate(records):
                place = -1 if record.partition is None else record.partition  # -1: librdkafka's partitioner chooses
                self._producer.produce(record.topic, record.value, record.key, place, partial(waiting.told, number))
        except (BufferError, KafkaException) as error:
            raise KafkaAwayError(type(error).__name__) from None
        return waiting.offsets(self._ack_ms / 1000 + 1)

    def close(self) -> None:
        """Flushes what is left."""
        self._closing.set()
        self._poller.join()
        self._producer.flush(self._ack_ms / 1000)

    def _poll(self) -> None:
        while not self._closing.is_set():
            self._producer.poll(0.1)


class _Waiting:
    """Acknowledgements of one call's records."""

    def __init__(self, count: int) -> None:
        self._offsets = [-1] * count
        self._left = count
        self._failed = ""
        self._done = threading.Event()
        self._lock = threading.Lock()
        if not count:
            self._done.set()

    def told(self, number: int, error: KafkaError | None, message: Message) -> None:
        """Kafka's answer to one record."""
        with self._lock:
            if error is not None:
                self._failed = str(error.name())
            else:
                self._offsets[number] = message.offset() or 0
            self._left -= 1
            if not self._left:
                self._done.set()

    def offsets(self, seconds: float) -> list[int]:
        """Of all records. Raises: KafkaAwayError."""
        if not self._done.wait(seconds) or self._failed:
            raise KafkaAwayError(self._failed or "no acknowledgement in time")
        return self._offsets
