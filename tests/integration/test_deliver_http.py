"""Delivery over real HTTP: each fault of the fake ESP, servers that misbehave below HTTP, and the operator as Flink calls it."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from connectors.esp.protocol import Answer, Reason
from connectors.esp.webhook import Webhook, WebhookOptions
from jobs.deliver.attempt import deliver
from jobs.deliver.client import MAX_ANSWER, HttpClient
from jobs.deliver.clock import Clock
from jobs.deliver.outcome import Outcome, Result
from jobs.deliver.retry import Limits
from jobs.deliver.send import Send
from tests.integration.esp_server import fake_esp, served
from tests.unit.a_send import a_lane, a_pass, a_row, a_send, an_adapter

KEY = a_row()["trigger_id"]
PATIENT = Limits(attempts=3, timeout=8, budget=15)
SHORT = Limits(attempts=3, timeout=0.7, budget=15)  # where a test has to see a timeout
EXPIRED = "2026-03-01T12:00:01.000Z"


async def no_wait(_seconds: float) -> None:
    """Retries without their waits: these tests are about answers, `test_deliver_retry` about times."""
    await asyncio.sleep(0)


CLOCK = Clock(lambda: datetime.now(UTC), time.monotonic, no_wait, lambda: 0.5)


async def hand_over(url: str, send: Send, limits: Limits = PATIENT, clock: Clock = CLOCK, needs_address: bool = False) -> Result:
    client = HttpClient(connections=5, private_hosts=["127.0.0.1", "localhost"])
    try:
        lane = a_lane(an_adapter("webhook", url=url), limits, client.call, clock, needs_address=needs_address)
        return await deliver(a_pass(send), lane)
    finally:
        await client.close()


def against_fake(folder: Path, query: str, send: Send | None = None, limits: Limits = PATIENT) -> tuple[Result, dict[str, Any]]:
    """One send against the fake with a scripted fault → its result and the ledger's summary."""

    async def run() -> tuple[Result, dict[str, Any]]:
        async with fake_esp(folder) as (url, ledger):
            return await hand_over(f"{url}/webhook{query}", send or a_send(), limits), ledger.summary()

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("query", "outcome", "reason", "status", "attempts", "verdicts"),
    [
        ("", "accepted", None, 200, 1, {"accepted": 1}),
        ("?mode=slow&delay_s=0.05", "accepted", None, 200, 1, {"accepted": 1}),
        ("?mode=status&status=503&first=2", "accepted", None, 200, 3, {"fault_status_503": 2, "accepted": 1}),
        ("?mode=status&status=429&first=1&retry_after=0", "accepted", None, 200, 2, {"fault_status_429": 1, "accepted": 1}),
        ("?mode=status&status=503", "retrying", "unavailable", 503, 3, {"fault_status_503": 3}),
        ("?mode=status&status=429&retry_after=3600", "retrying", "rate_limited", 429, 1, {"fault_status_429": 1}),
        (
            "?mode=status&status=429&retry_after=Sat,%2001%20Jan%202089%2000:00:00%20GMT",
            "dead",
            "rate_limited",
            429,
            1,
            {"fault_status_429": 1},
        ),
        ("?mode=status&status=401", "retrying", "configuration", 401, 1, {"fault_status_401": 1}),
        ("?mode=status&status=422", "rejected", "refused", 422, 1, {"fault_status_422": 1}),
        ("?mode=status&status=413", "rejected", "too_large", 413, 1, {"fault_status_413": 1}),
        ("?mode=status&status=302", "rejected", "redirected", 302, 1, {"fault_status_302": 1}),
        ("?mode=status&status=307", "rejected", "redirected", 307, 1, {"fault_status_307": 1}),
        ("?mode=status&status=500&first=1", "accepted", None, 200, 2, {"fault_status_500": 1, "accepted": 1}),
        ("?mode=status&status=502", "retrying", "server_error", 502, 3, {"fault_status_502": 3}),
        ("?mode=drop_before_commit&first=1", "accepted", None, 200, 2, {"fault_drop_before_commit": 1, "accepted": 1}),
        ("?mode=drop_before_commit", "retrying", "no_answer", None, 3, {"fault_drop_before_commit": 3}),
        ("?mode=commit_then_drop&first=1", "accepted", None, 200, 2, {"accepted_unanswered": 1, "duplicate": 1}),
        ("?mode=commit_then_drop", "retrying", "no_answer", None, 3, {"accepted_unanswered": 1, "duplicate_unanswered": 2}),
        ("?mode=hang&first=1", "accepted", None, 200, 2, {"accepted_unanswered": 1, "duplicate": 1}),
        ("?mode=hang", "retrying", "timeout", None, 3, {"accepted_unanswered": 1, "duplicate_unanswered": 2}),
    ],
)
def test_each_fault_ends_in_one_outcome_and_one_effect_at_most(
    tmp_path: Path, query: str, outcome: str, reason: str | None, status: int | None, attempts: int, verdicts: dict[str, int]
) -> None:
    result, ledger = against_fake(tmp_path, query, limits=SHORT if "hang" in query else PATIENT)
    assert (result.outcome, result.reason, result.status, result.attempts) == (outcome, reason, status, attempts)
    assert ledger["by_verdict"] == verdicts
    assert ledger["delivered_distinct"] <= 1
    assert (result.esp_id is not None) == (outcome == "accepted")
    assert result.latency_ms is not None
    assert result.latency_ms <= 8000


def test_a_lost_answer_is_followed_by_the_same_key_and_body(tmp_path: Path) -> None:
    async def run() -> None:
        async with fake_esp(tmp_path) as (url, ledger):
            await hand_over(f"{url}/webhook?mode=commit_then_drop&first=1", a_send())
            rows = ledger._base.execute("SELECT DISTINCT key, person, body_sha256 FROM attempts").fetchall()
            assert [tuple(row)[:2] for row in rows] == [(KEY, "42")]
            assert ledger.summary()["duplicates"] == 1

    asyncio.run(run())


def test_nothing_is_called_after_expiry(tmp_path: Path) -> None:
    result, ledger = against_fake(tmp_path, "", a_send(expires_at=EXPIRED))
    assert (result, ledger["attempts"]) == (Result(Outcome.EXPIRED, Reason.EXPIRED), 0)


def test_a_send_that_expires_between_attempts_is_not_tried_again(tmp_path: Path) -> None:
    send = a_send()
    late = False

    async def oversleep(_seconds: float) -> None:
        nonlocal late
        late = True

    clock = Clock(lambda: send.expires_at - timedelta(seconds=0 if late else 5), time.monotonic, oversleep, lambda: 0.5)

    async def run() -> None:
        async with fake_esp(tmp_path) as (url, ledger):
            result = await hand_over(f"{url}/webhook?mode=status&status=503", send, clock=clock)
            assert (result.outcome, result.reason, result.attempts) == (Outcome.EXPIRED, Reason.EXPIRED, 1)
            assert ledger.summary()["attempts"] == 1

    asyncio.run(run())


def test_a_send_without_the_address_its_destination_needs_is_not_called(tmp_path: Path) -> None:
    async def run() -> None:
        async with fake_esp(tmp_path) as (url, ledger):
            result = await hand_over(f"{url}/webhook", a_send(), needs_address=True)
            assert (result, ledger.summary()["attempts"]) == (Result(Outcome.REJECTED, Reason.NO_ADDRESS), 0)

    asyncio.run(run())


def test_a_send_too_large_for_a_webhook_is_not_called(tmp_path: Path) -> None:
    result, ledger = against_fake(tmp_path, "", a_send(payload={"pad": "x" * 20_000}))
    assert (result, ledger["attempts"]) == (Result(Outcome.REJECTED, Reason.TOO_LARGE), 0)


def test_where_nobody_deduplicates_an_ambiguous_answer_is_not_tried_again(tmp_path: Path) -> None:
    class Forgetful(Webhook):
        deduplicates = False

    async def run() -> None:
        async with fake_esp(tmp_path) as (url, ledger):
            client = HttpClient(connections=1, private_hosts=["127.0.0.1", "localhost"])
            adapter = Forgetful(WebhookOptions(url=f"{url}/webhook?mode=commit_then_drop"), str)
            result = await deliver(a_pass(a_send()), a_lane(adapter, PATIENT, client.call, CLOCK))
            await client.close()
            assert (result.outcome, result.attempts, ledger.summary()["attempts"]) == (Outcome.UNKNOWN, 1, 1)

    asyncio.run(run())


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        (f"http://127.0.0.1:{closed_port()}/", Reason.UNREACHABLE),
        ("http://no-such-host.invalid/", Reason.UNREACHABLE),
    ],
    ids=["closed port", "no such host"],  # the same in every process that collects
)
def test_without_a_connection_nothing_was_sent_so_nothing_is_in_doubt(url: str, reason: Reason) -> None:
    result = asyncio.run(hand_over(url, a_send(), Limits(2, 2, 5)))
    assert (result.outcome, result.reason, result.status, result.attempts) == (Outcome.RETRYING, reason, None, 2)
    assert result.lost is None


def test_a_server_without_tls_where_tls_is_due_is_told_apart(tmp_path: Path) -> None:
    async def run() -> Result:
        async with fake_esp(tmp_path) as (url, _):
            return await hand_over(url.replace("http:", "https:"), a_send(), Limits(1, 2, 5))

    assert asyncio.run(run()).reason is Reason.TLS


async def speak(answer: bytes, then_wait: bool = False) -> Result:
    """The result of one attempt against a socket that reads a little, writes `answer` and closes (or waits)."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        if then_wait:
            await reader.read()  # until the caller hangs up
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
        done.set()

    done = asyncio.Event()
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        result = await hand_over(f"http://127.0.0.1:{port}/", a_send(), Limits(1, 0.5 if then_wait else 8, 15))
        await done.wait()
        return result


@pytest.mark.parametrize(
    ("answer", "then_wait", "reason"),
    [
        (b"", False, Reason.NO_ANSWER),
        (b"SSH-2.0-server\r\n\r\n", False, Reason.NO_ANSWER),
        (b"HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n", False, Reason.NO_ANSWER),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", False, Reason.NO_ANSWER),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", True, Reason.TIMEOUT),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n", False, Reason.NO_ANSWER),
        (b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 100_000 + b"\r\n\r\n", False, Reason.NO_ANSWER),
    ],
)
def test_half_an_answer_leaves_it_in_doubt_whether_the_send_was_taken(answer: bytes, then_wait: bool, reason: Reason) -> None:
    result = asyncio.run(speak(answer, then_wait))
    assert (result.outcome, result.reason, result.status, result.lost) == (Outcome.RETRYING, reason, None, reason)


def test_an_endless_answer_is_read_only_so_far() -> None:
    written = 0

    async def pour(request: web.Request) -> web.StreamResponse:
        nonlocal written
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"x" * 65_536)
            written += 65_536

    async def run() -> Result:
        app = web.Application()
        app.router.add_post("/", pour)
        async with served(app) as url:
            return await hand_over(url + "/", a_send(), Limits(1, 5, 5))

    assert asyncio.run(run()).outcome is Outcome.ACCEPTED
    assert written < 200 * MAX_ANSWER  # what the sockets' buffers swallowed


def test_cookies_of_one_answer_do_not_travel_with_the_next_call() -> None:
    seen: list[str | None] = []

    async def set_cookie(request: web.Request) -> web.Response:
        seen.append(request.headers.get("Cookie"))
        response = web.Response()
        response.set_cookie("person", "42")
        return response

    async def run() -> None:
        app = web.Application()
        app.router.add_post("/", set_cookie)
        async with served(app) as url:
            client = HttpClient(connections=1, private_hosts=["127.0.0.1", "localhost"])
            for _ in range(2):
                adapter = an_adapter("webhook", url=url.replace("127.0.0.1", "localhost") + "/")
                await deliver(a_pass(a_send()), a_lane(adapter, PATIENT, client.call, CLOCK))
            await client.close()

    asyncio.run(run())
    assert seen == [None, None]


def test_a_call_cut_short_is_made_again_in_doubt_and_does_not_raise(tmp_path: Path) -> None:
    async def run() -> Result:
        async with fake_esp(tmp_path) as (url, ledger):
            task = asyncio.create_task(hand_over(f"{url}/webhook?mode=hang", a_send(), Limits(3, 60, 60)))
            while not ledger.summary()["attempts"]:
                await asyncio.sleep(0)
            task.cancel()
            return await task

    result = asyncio.run(run())
    assert (result.outcome, result.reason, result.attempts, result.lost) == (Outcome.RETRYING, Reason.INTERRUPTED, 1, Reason.INTERRUPTED)


def test_a_fault_of_an_adapter_ends_in_an_outcome_without_its_text(tmp_path: Path) -> None:
    class Broken(Webhook):
        def answer(self, send: object, status: int, headers: Mapping[str, str], body: bytes) -> Answer:
            raise RuntimeError(status, headers, body)

    async def run() -> Result:
        async with fake_esp(tmp_path) as (url, _):
            client = HttpClient(connections=1, private_hosts=["127.0.0.1", "localhost"])
            adapter = Broken(WebhookOptions(url=f"{url}/webhook"), str)
            result = await deliver(a_pass(a_send()), a_lane(adapter, PATIENT, client.call, CLOCK))
            await client.close()
            return result

    result = asyncio.run(run())
    assert (result.outcome, result.reason, result.attempts) == (Outcome.UNKNOWN, Reason.INTERNAL, 1)
