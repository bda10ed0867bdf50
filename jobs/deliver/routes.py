"""Destinations of the settings → routes: reads secrets, so it runs where the calls are made, never where the job is built."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from connectors.esp.protocol import Adapter, Batch, EndpointError, Reason
from connectors.esp.registry import build_adapter
from jobs.deliver.retry import Limits
from jobs.destinations import Destination
from jobs.errors import SettingsError
from jobs.settings import secret

FURTHER = 2_000
"""Rows of a platform that takes batches which one subtask works on at most."""


@dataclass(frozen=True)
class Route:
    """What is fixed about a destination. waits: seconds between passes. rate: calls a second, None = no limit.

    retry_lost: whether a lost answer is asked for again.
    """

    adapter: Adapter
    limits: Limits
    needs_address: bool = False
    retry_lost: bool = True
    retry_for: timedelta = timedelta(hours=4)
    waits: tuple[float, ...] = (60.0, 600.0, 3600.0)
    rate: float | None = None
    capacity: int = 50


def build_route(destination: Destination, capacity: int, read: Callable[[str], str] = secret) -> Route | Reason:
    """The route, or CONFIGURATION when a secret is missing or what it holds cannot be used. capacity: of settings `deliver`.

    read: `${env:NAME}` text → text, SettingsError when not set.
    """
    try:
        adapter = build_adapter(destination.kind, destination.options, read)
    except (SettingsError, EndpointError):
        return Reason.CONFIGURATION
    set_rate = destination.rate
    if set_rate is not None:
        rate: float | None = set_rate.calls / set_rate.per.total_seconds()
    else:
        rate = None if adapter.rate is None else adapter.rate.calls / adapter.rate.per.total_seconds()
    return Route(
        adapter=adapter,
        limits=Limits(destination.attempts, destination.timeout.total_seconds(), destination.budget.total_seconds()),
        needs_address=destination.needs_address,
        retry_lost=adapter.deduplicates if destination.on_ambiguous is None else destination.on_ambiguous == "retry",
        retry_for=destination.retry_for,
        waits=tuple(wait.total_seconds() for wait in destination.waits),
        rate=rate,
        capacity=destination.capacity or capacity,
    )


def rows_at_once(capacity: int, batch: Batch | None) -> int:
    """How many rows a subtask may hold: one for each call in flight, and of batches as many as fill them."""
    return capacity if batch is None else min(FURTHER, capacity * batch.count)
