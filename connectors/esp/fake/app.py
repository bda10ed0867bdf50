"""The fake platform's HTTP face: /webhook takes sends, /faults scripts trouble, /ledger and /ledger/ids tell what arrived."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable

from aiohttp import web

from connectors.esp.fake.contract import MAX_BODY, RefusedError, check_webhook
from connectors.esp.fake.faults import Faults, parse_faults
from connectors.esp.fake.ledger import Ledger

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def build_app(ledger: Ledger) -> web.Application:
    """A server over an open ledger. Run it with `handler_cancellation=True`, or hanging answers outlive their callers."""
    platform = _Platform(ledger)
    app = web.Application()
    app.add_routes(
        [
            web.post("/webhook", platform.take),
            web.post("/webhook/{dest}", platform.take),
            web.get("/health", platform.health),
            web.get("/faults", platform.show_faults),
            web.put("/faults", platform.set_faults),
            web.get("/ledger", platform.summary),
            web.get("/ledger/ids", platform.ids),
        ]
    )
    return app


class _Platform:
    def __init__(self, ledger: Ledger) -> None:
        self._ledger, self._faults = ledger, Faults()

    async def take(self, request: web.Request) -> web.StreamResponse:
        """One send. `?mode=…&share=…` scripts a fault for this URL alone."""
        ts = time.time_ns() // 1_000_000
        dest = request.match_info.get("dest", "webhook")
        body = await _read(request)
        try:
            call = check_webhook(request.headers, request.content_type, body)
        except RefusedError as error:
            self._ledger.add(ts, dest, None, None, body, f"refused_{error.why}")
            return web.json_response({"error": error.why}, status=error.status)
        try:
            faults = parse_faults(request.query) if request.query else self._faults
        except ValueError as error:
            return web.json_response({"error": str(error)}, status=400)
        # nothing is awaited from here to the commit: of two requests with one key the second is the duplicate
        known = self._ledger.known(dest, call.key)
        struck = faults.strikes(call.key, known.attempts + 1)
        mode = faults.mode if struck else "ok"
        if mode in ("status", "drop_before_commit"):
            name = f"status_{faults.status}" if mode == "status" else mode
            self._ledger.add(ts, dest, call.key, call.person, body, f"fault_{name}")
            return _status_answer(faults) if mode == "status" else _drop(request)
        verdict = "accepted" if known.first is None else "duplicate"
        answered = mode in ("ok", "slow")
        row = self._ledger.add(ts, dest, call.key, call.person, body, verdict if answered else f"{verdict}_unanswered")
        if mode == "commit_then_drop":
            return _drop(request)
        if mode == "slow":
            await asyncio.sleep(faults.delay_s)
        if mode == "hang":
            await asyncio.Event().wait()
        return web.json_response({"id": f"fake-{known.first or row}", "status": verdict})

    async def health(self, _request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def show_faults(self, _request: web.Request) -> web.Response:
        return web.json_response(vars(self._faults))

    async def set_faults(self, request: web.Request) -> web.Response:
        """Replaces the script as a whole: keys not given fall back to their defaults."""
        try:
            given = json.loads(await request.read())
            if not isinstance(given, dict):
                raise ValueError("expected a JSON object")
            self._faults = parse_faults(given)
        except ValueError as error:
            return web.json_response({"error": str(error)}, status=400)
        return web.json_response(vars(self._faults))

    async def summary(self, request: web.Request) -> web.Response:
        return web.json_response(self._ledger.summary(request.query.get("dest")))

    async def ids(self, request: web.Request) -> web.Response:
        try:
            after, limit = int(request.query.get("after", "0")), int(request.query.get("limit", "1000"))
        except ValueError:
            return web.json_response({"error": "after, limit: expected integers"}, status=400)
        page = self._ledger.delivered(after, min(max(limit, 1), 10_000), request.query.get("dest"))
        return web.json_response(page)


async def _read(request: web.Request) -> bytes:
    """The body up to one byte more than a receiver takes."""
    body = bytearray()
    while len(body) <= MAX_BODY and (piece := await request.content.read(MAX_BODY + 1 - len(body))):
        body += piece
    return bytes(body)


def _status_answer(faults: Faults) -> web.Response:
    headers = {"Location": "/webhook"} if 300 <= faults.status < 400 else {}  # whoever follows it is caught by the ledger
    if faults.retry_after is not None:
        headers["Retry-After"] = faults.retry_after
    return web.Response(status=faults.status, headers=headers, text="<html>scripted fault</html>", content_type="text/html")


def _drop(request: web.Request) -> web.Response:
    """Cuts the connection without a byte of an answer."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
