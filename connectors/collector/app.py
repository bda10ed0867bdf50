"""The receiver of webhooks: `POST /receipts/{provider}` (`/receipts/{provider}/{secret}` where the path is the secret).

200: all of it is in Kafka. 400: nothing of it can be read. 401: not proven to be the provider's. 404: no such provider here. 413: too
large. 503: Kafka is away, try again. Log lines name the provider, numbers and reasons, never an address, a header or a path.
"""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse
from starlette.routing import Route

from connectors.collector.errors import KafkaAwayError
from connectors.collector.intake import Intake
from connectors.collector.people import People
from connectors.collector.receipts.receipt import Receipt, Unreadable, UnreadableBodyError
from connectors.collector.receipts.registry import PROVIDERS
from connectors.collector.signatures.confirming import Confirm, subscribe_url
from connectors.collector.signatures.remembered import Remembered
from connectors.collector.signatures.request import BadSignatureError, Check, Request

LOG = logging.getLogger("rekindle.collector")
_MOST_TOLD = 20


class Receivers:
    """The doors, and what lies behind them."""

    def __init__(self, checks: Mapping[str, Check], intake: Intake, max_body: int, clock: Callable[[], datetime], confirm: Confirm) -> None:
        self._checks, self._intake, self._max_body, self._clock, self._confirm = checks, intake, max_body, clock, confirm
        self._used = Remembered()

    async def receive(self, http: HttpRequest) -> JSONResponse:
        """One webhook call."""
        provider = http.path_params["provider"]
        check = self._checks.get(provider)
        if check is None:
            return _answer(404, "unknown", "no such provider here")
        if http.method != "POST":  # some look whether anybody is there before they save the address
            return _answer(200, provider, "")
        body = await self._body(http)
        if body is None:
            return _answer(413, provider, f"more than {self._max_body} bytes")
        call = Request(body, {name.lower(): value for name, value in http.headers.items()}, http.path_params.get("secret", ""))
        try:
            used = await run_in_threadpool(check, call, self._clock())
            found = await run_in_threadpool(PROVIDERS[provider], body, call.headers)
        except BadSignatureError as error:
            return _answer(401, provider, error.reason)
        except UnreadableBodyError as error:
            return _answer(400, provider, error.reason)
        if used is not None and (provider, used) in self._used:
            return _answer(200, provider, "", repeated=True)
        url = subscribe_url(body) if provider == "amazon_ses" else None
        if url is not None:
            return _answer(*await run_in_threadpool(self._confirmed, provider, url))
        return await self._take(provider, found, used)

    async def _take(self, provider: str, found: list[Receipt | Unreadable], used: str | None) -> JSONResponse:
        receipts = [one for one in found if isinstance(one, Receipt)]
        unreadable = [{"index": one.index, "reason": one.reason} for one in found if isinstance(one, Unreadable)]
        if unreadable and not receipts:
            return _answer(400, provider, str(unreadable[0]["reason"]), unreadable=unreadable[:_MOST_TOLD])
        try:
            taken = await run_in_threadpool(self._intake.take, provider, receipts)
        except KafkaAwayError as error:
            return _answer(503, provider, error.reason)
        if used is not None:
            self._used.add((provider, used))
        told = {"written": taken.written, "ignored": taken.ignored, "profiles_changed": taken.changed}
        return _answer(200, provider, "", **told, unreadable=unreadable[:_MOST_TOLD])

    def _confirmed(self, provider: str, url: str) -> tuple[int, str, str]:
        try:
            self._confirm(url)
        except OSError:
            return 503, provider, "the subscription could not be confirmed"
        return 200, provider, "subscription confirmed"

    async def _body(self, http: HttpRequest) -> bytes | None:
        length = http.headers.get("content-length", "0")
        if not length.isdigit() or int(length) > self._max_body:
            return None
        body = bytearray()
        try:
            async for chunk in http.stream():
                body += chunk
                if len(body) > self._max_body:
                    return None
        except ClientDisconnect:
            pass  # nobody is there to read the answer, and half a body has no valid signature
        return bytes(body)


def create(receivers: Receivers, people: People, close: Callable[[], None]) -> Starlette:
    """The application. close: what to do when it ends."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        people.start()
        try:
            yield
        finally:
            await run_in_threadpool(close)

    async def health(_: HttpRequest) -> JSONResponse:
        return JSONResponse({"ready": people.is_ready}, 200 if people.is_ready else 503)

    ways = ["GET", "HEAD", "POST"]
    return Starlette(
        routes=[
            Route("/health", health),
            Route("/receipts/{provider}", receivers.receive, methods=ways),
            Route("/receipts/{provider}/{secret}", receivers.receive, methods=ways),
        ],
        lifespan=lifespan,
    )


def _answer(status: int, provider: str, reason: str, **told: Any) -> JSONResponse:
    content: dict[str, Any] = {**({"reason": reason} if reason else {}), **told}
    LOG.log(logging.INFO if status == 200 else logging.WARNING, "%s %d %s", provider, status, json.dumps(content))
    return JSONResponse(content, status, {"Retry-After": "5"} if status == 503 else None)
