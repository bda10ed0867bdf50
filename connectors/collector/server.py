"""Puts the collector together and serves it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import uvicorn
from starlette.applications import Starlette

from connectors.collector.app import Receivers, create
from connectors.collector.index import Index
from connectors.collector.intake import Intake
from connectors.collector.log_writer import LogWriter
from connectors.collector.people import People
from connectors.collector.receivers import Receiver, check_of
from connectors.collector.signatures.fetching import fetch


@dataclass(frozen=True)
class Options:
    """Everything with its secrets read. index: file of what is known of sends and people; None = memory."""

    servers: str
    receivers: Mapping[str, Receiver]
    kafka: Mapping[str, str] = field(default_factory=dict, repr=False)
    index: Path | None = None
    max_body: int = 4 * 1024 * 1024


def application(options: Options, clock: Callable[[], datetime]) -> Starlette:
    """Raises: ValueError when a secret is not of its provider's form."""
    checks = {provider: check_of(provider, receiver) for provider, receiver in options.receivers.items()}
    found = Index(options.index)
    people = People(options.servers, options.kafka, found)
    log = LogWriter(options.servers, options.kafka)

    def close() -> None:
        log.close()
        people.close()

    return create(Receivers(checks, Intake(people, found, log, clock), options.max_body, clock, fetch), people, close)


def serve(options: Options, host: str, port: int, clock: Callable[[], datetime]) -> None:
    """Until SIGTERM or Ctrl-C; calls under way are finished first. No access log: a path can be a secret."""
    app = application(options, clock)
    uvicorn.Server(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            access_log=False,
            log_config=None,
            server_header=False,
            limit_concurrency=256,
            timeout_graceful_shutdown=15,
        )
    ).run()
