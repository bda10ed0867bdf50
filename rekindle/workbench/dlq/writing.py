"""What is retried and what is noted of it reach Kafka together or not at all, and one run at a time does it.

A transaction holds both: a letter can neither go back unnoticed nor be noted without having gone. The transactional id is one for all: who
comes later shuts out who came before, and reads the states only then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Self

import orjson
from confluent_kafka import KafkaError, KafkaException, Producer

from connectors.kafka_scan import librdkafka_options
from connectors.topics import TOPICS
from jobs.errors import RunError
from jobs.gate.instants import to_text
from rekindle.workbench.dlq.letters import State
from rekindle.workbench.dlq.way_back import Back

HEADER = "rekindle-retry"
"""Of every record that is written back: the run's batch."""
_ID = "rekindle-dlq"
_ANSWER = 30.0
_ROWS = 100
_ANY = -1
"""A partition by the key, or any."""
_SHUT_OUT = {KafkaError._FENCED, KafkaError.INVALID_PRODUCER_EPOCH, KafkaError.PRODUCER_FENCED}


class Pace:
    """No more than `rate` a second (None: no limit). clock: seconds that only rise."""

    def __init__(self, rate: float | None, clock: Callable[[], float], sleep: Callable[[float], None]) -> None:
        self._gap = 1 / rate if rate else 0.0
        self._clock, self._sleep = clock, sleep
        self._next = clock()

    def ahead(self) -> float:
        """Seconds until the next may go."""
        return max(0.0, self._next - self._clock())

    def wait(self) -> None:
        """Until the next may go. What was missed is not made up for: no burst after a stall."""
        now = self._clock()
        if now < self._next:
            self._sleep(self._next - now)
        self._next = max(now, self._next) + self._gap


class Writer:
    """Raises: RunError when Kafka does not take it; what was not committed has not happened."""

    def __init__(self, servers: str, options: Mapping[str, str], clock: Callable[[], float], every: float = 1.0) -> None:
        """every: seconds after which what was written is committed, also when it is little. clock: seconds that only rise."""
        own = {
            "bootstrap.servers": servers, "transactional.id": _ID, "partitioner": "murmur2_random", "compression.type": "lz4",
            "message.max.bytes": TOPICS["dead_letters"].max_bytes, "log_level": 0,
        }  # fmt: skip
        self._clock, self._every = clock, every
        self._pending, self._since = 0, 0.0
        self.committed = 0
        with _told(servers):
            self._producer = Producer({**own, **librdkafka_options(options)})
            self._producer.init_transactions(_ANSWER)
        self._servers = servers

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if kind is None:
            self.commit()
        elif self._pending:
            with suppress(KafkaException):  # the broker forgets it by itself; the first error is the one to tell
                self._producer.abort_transaction(_ANSWER)

    def write(self, state: State, back: Back | None = None) -> None:
        """One letter's new state and, when it is retried, the record that goes back."""
        with _told(self._servers):
            if not self._pending:
                self._producer.begin_transaction()
                self._since = self._clock()
            if back is not None:
                self._producer.produce(
                    back.topic,
                    back.value,
                    back.key,
                    partition=_ANY if back.partition is None else back.partition,
                    timestamp=back.at or 0,  # 0: now
                    headers={HEADER: state.batch.encode()},
                )
            self._producer.produce("dead_letters.state", _row(state), state.letter)
            self._pending += 1
        if self._pending >= _ROWS or self._clock() - self._since >= self._every:
            self.commit()

    def commit(self) -> None:
        """All that was written since the last one."""
        if self._pending:
            with _told(self._servers):
                self._producer.commit_transaction(_ANSWER)
            self.committed += self._pending
            self._pending = 0


@contextmanager
def _told(servers: str) -> Iterator[None]:
    """KafkaException → RunError."""
    try:
        yield
    except KafkaException as error:
        found = error.args[0]
        if found.code() in _SHUT_OUT:
            raise RunError(
                "another `rekindle dlq` has begun meanwhile and goes on in this one's place", "run it again when the other is done"
            ) from None
        raise RunError(
            f"Kafka at {servers} (kafka.servers) did not take it: {found.str()}",
            "run it again when Kafka is back: what was noted before is not done twice",
        ) from None


def _row(state: State) -> bytes:
    return orjson.dumps(
        {
            "letter": state.letter, "failed_at": to_text(state.failed_at), "state": state.state, "batch": state.batch,
            "at": to_text(state.at), "by": state.by, "why": state.why,
        }
    )  # fmt: skip
