"""The delivering operator. PyFlink's AsyncFunction is not Java's: every rule kept here is in `facts/delivery.md`, section 1."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from pyflink.common import Row, Types
from pyflink.datastream import RuntimeContext
from pyflink.datastream.functions import AsyncFunction

from connectors.esp.protocol import Reason
from jobs.deliver.attempt import REAL, Route, deliver
from jobs.deliver.client import HttpClient
from jobs.deliver.outcome import Origin, Outcome, Result, dead_letter, describe, describe_malformed, outcome_row
from jobs.deliver.routes import build_routes
from jobs.deliver.send import MalformedSendError, Send, parse_send
from jobs.destinations import Deliver, Destination

DELIVERED = Types.ROW_NAMED(["person_id", "outcome", "origin", "dead_letter"], [Types.STRING()] * 4)
"""What comes out: key and value of an outcome row, key and value of a dead letter; the pair that does not apply is None."""


def operator_options(deliver: Deliver) -> dict[str, str]:
    """Flink options this operator cannot do without.

    A bundle ends by waiting for all its calls, and a checkpoint for the bundle: so bundles no larger than what is in flight, and
    barriers that overtake rows. The bundle's time is added to each send's latency.
    """
    return {
        "python.execution-mode": "process",
        "python.fn-execution.bundle.size": str(deliver.capacity),
        "python.fn-execution.bundle.time": "100",
        "execution.checkpointing.unaligned.enabled": "true",
        "execution.checkpointing.timeout": "60 s",
    }


class DeliverSends(AsyncFunction):
    """Rows (partition, offset, value of `triggers`) → exactly one DELIVERED row each. Never raises: the message would carry the row."""

    def __init__(self, destinations: Mapping[str, Destination], topic: str, connections: int) -> None:
        # pickled into the job graph: secrets are still `${env:NAME}` here
        self._destinations, self._topic, self._connections = dict(destinations), topic, connections
        self._routes: dict[str, Route | Reason] = {}
        self._client: HttpClient | None = None

    def open(self, runtime_context: RuntimeContext) -> None:
        self._routes = build_routes(self._destinations)
        self._client = HttpClient(self._connections)

    def close(self) -> None:
        if self._client is not None:
            self._client.forget()

    async def async_invoke(self, value: Row) -> list[Row]:
        try:
            return [await self._deliver(value)]
        except BaseException:
            return [self._given_up(value, Reason.INTERNAL, "internal error")]

    def timeout(self, value: Row) -> list[Row]:
        # never called with a timeout of 0; the inherited one would fail the job and print the row
        return [self._given_up(value, Reason.INTERNAL, "operator timeout")]

    async def _deliver(self, value: Row) -> Row:
        raw = value[2]
        try:
            send = parse_send(raw)
        except MalformedSendError as error:
            return self._given_up(value, error.reason, describe_malformed(error))
        result = await self._result(send)
        at = datetime.now(UTC)
        row = outcome_row(send, result, at)
        if not result.needs_a_person:
            return Row(send.person_id, row, None, None)
        origin = self._origin(value)
        reason = result.reason or Reason.INTERNAL
        letter = dead_letter(origin, raw, reason, result.attempts, at, describe(send, result))
        return Row(send.person_id, row, _key(origin), letter)

    async def _result(self, send: Send) -> Result:
        route = self._routes.get(send.destination, Reason.NO_DESTINATION)
        if isinstance(route, Reason) or self._client is None:
            return Result(Outcome.DEAD, route if isinstance(route, Reason) else Reason.INTERNAL)
        return await deliver(send, route, self._client.call, REAL)

    def _given_up(self, value: Row, reason: Reason, detail: str) -> Row:
        origin = self._origin(value)
        return Row(None, None, _key(origin), dead_letter(origin, value[2], reason, 0, datetime.now(UTC), detail))

    def _origin(self, value: Row) -> Origin:
        return Origin(self._topic, value[0], value[1])


def _key(origin: Origin) -> str:
    return f"{origin.topic}-{origin.partition}-{origin.offset}"
