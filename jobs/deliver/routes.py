"""Destinations of the settings → routes: reads secrets, so it runs where the calls are made, never where the job is built."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from connectors.esp.protocol import EndpointError, Reason
from connectors.esp.registry import build_adapter
from jobs.deliver.attempt import Route
from jobs.deliver.retry import Limits
from jobs.destinations import Destination
from jobs.errors import SettingsError
from jobs.settings import secret


def build_routes(destinations: Mapping[str, Destination], read: Callable[[str], str] = secret) -> dict[str, Route | Reason]:
    """Per destination its route, or CONFIGURATION when a secret is missing or its url or headers cannot be used.

    One bad destination must not stop the others. read: `${env:NAME}` text → text, SettingsError when not set.
    """
    return {name: _route(destination, read) for name, destination in destinations.items()}


def _route(destination: Destination, read: Callable[[str], str]) -> Route | Reason:
    try:
        adapter = build_adapter(destination.kind, destination.options, read)
    except (SettingsError, EndpointError):
        return Reason.CONFIGURATION
    limits = Limits(destination.attempts, destination.timeout.total_seconds(), destination.budget.total_seconds())
    return Route(adapter, limits, destination.needs_address)
