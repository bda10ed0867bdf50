"""Real HTTP servers on free ports of this machine, for tests; they live as long as the `async with`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web

from connectors.esp.fake.app import build_app
from connectors.esp.fake.ledger import Ledger


@asynccontextmanager
async def served(app: web.Application) -> AsyncIterator[str]:
    """Yields the server's base URL."""
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def fake_esp(folder: Path) -> AsyncIterator[tuple[str, Ledger]]:
    """Yields the fake ESP's base URL and its ledger."""
    ledger = Ledger(folder / "ledger.db")
    try:
        async with served(build_app(ledger)) as url:
            yield url, ledger
    finally:
        ledger.close()
