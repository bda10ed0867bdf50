"""Faults below and beside HTTP, as a caller meets them at any platform of the fake."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from connectors.esp.fake.app import build_app
from connectors.esp.fake.certificate import self_signed
from connectors.esp.fake.faults import Faults
from connectors.esp.fake.ledger import Ledger
from connectors.esp.fake.platforms import braze, sfmc
from tests.integration.esp_server import served

MAIL = {"external_send_id": "K1", "recipient": {"external_user_id": "42"}, "trigger_properties": {}}


class Fake:
    """A fake with one caller: clock and calls in hand."""

    def __init__(self, session: aiohttp.ClientSession, ledger: Ledger, clock: list[float]) -> None:
        self.session, self.ledger, self.clock = session, ledger, clock

    async def script(self, **faults: Any) -> None:
        async with self.session.put("/faults", params={"dest": "braze"}, json=faults) as reply:
            assert reply.status == 200, await reply.text()

    async def send(self, key: str = "K1", dest: str = "braze") -> int:
        body = MAIL | {"external_send_id": key}
        headers = {"Authorization": f"Bearer {braze.API_KEY}"}
        path = f"/{dest}/transactional/v1/campaigns/c/send"
        async with self.session.post(path, json=body, headers=headers, allow_redirects=False) as reply:
            await reply.read()
            return reply.status

    def verdicts(self) -> dict[str, int]:
        return dict(self.ledger.summary()["by_verdict"])


@asynccontextmanager
async def a_fake(folder: Path, speed: float = 1.0) -> AsyncIterator[Fake]:
    ledger, clock = Ledger(folder / "ledger.db"), [1_000_000.0]
    try:
        async with served(build_app(ledger, lambda: clock[0], speed)) as url, aiohttp.ClientSession(url) as session:
            yield Fake(session, ledger, clock)
    finally:
        ledger.close()


def play(folder: Path, scenario: Callable[[Fake], Awaitable[None]], speed: float = 1.0) -> None:
    async def run() -> None:
        async with a_fake(folder, speed) as fake:
            await scenario(fake)

    asyncio.run(run())


@pytest.mark.parametrize(
    ("mode", "error", "verdict"),
    [
        ("reset", aiohttp.ClientOSError, "fault_reset"),
        ("drop_before_commit", aiohttp.ClientError, "fault_drop_before_commit"),
        ("half", aiohttp.ClientPayloadError, "accepted_unanswered"),
        ("outage", aiohttp.ClientError, "fault_outage"),
    ],
)
def test_a_connection_is_lost_the_way_the_script_says(tmp_path: Path, mode: str, error: type[Exception], verdict: str) -> None:
    async def scenario(fake: Fake) -> None:
        await fake.script(mode=mode)
        with pytest.raises(error):
            await fake.send()
        assert fake.verdicts() == {verdict: 1}
        assert await fake.send("K2", "braze.other") == 201, "one destination's script is none of another's"

    play(tmp_path, scenario)


@pytest.mark.parametrize(("mode", "more", "status"), [("gone", {}, 410), ("redirect", {}, 307), ("redirect", {"status": 301}, 301)])
def test_gone_and_moved_are_statuses_that_take_nothing(tmp_path: Path, mode: str, more: dict[str, int], status: int) -> None:
    async def scenario(fake: Fake) -> None:
        await fake.script(mode=mode, **more)
        assert await fake.send() == status
        assert fake.verdicts() == {f"fault_status_{status}": 1}

    play(tmp_path, scenario)


def test_a_slow_body_comes_whole_in_the_end(tmp_path: Path) -> None:
    async def scenario(fake: Fake) -> None:
        await fake.script(mode="slow_body", delay_s=0.05)
        assert await fake.send() == 201

    play(tmp_path, scenario)


def test_an_outage_begins_and_ends_by_the_clock(tmp_path: Path) -> None:
    async def scenario(fake: Fake) -> None:
        await fake.script(mode="outage", from_s=60, for_s=120)
        assert await fake.send("K1") == 201
        fake.clock[0] += 60
        for path in ("/braze/anything", "/braze"):
            with pytest.raises(aiohttp.ClientError):
                await fake.session.post(path)
        fake.clock[0] += 120
        assert await fake.send("K2") == 201

    play(tmp_path, scenario)


def test_repeats_are_forgotten_and_tokens_end_on_a_fast_clock(tmp_path: Path) -> None:
    async def scenario(fake: Fake) -> None:
        login = {"grant_type": "client_credentials", "client_id": sfmc.CLIENT_ID, "client_secret": sfmc.CLIENT_SECRET}
        async with fake.session.post("/sfmc/v2/token", json=login) as reply:
            headers = {"Authorization": f"Bearer {(await reply.json())['access_token']}"}

        async def mail() -> int:
            body = {"definitionKey": "d", "recipient": {"contactKey": "42"}}
            async with fake.session.post("/sfmc/messaging/v1/email/messages/K1", json=body, headers=headers) as reply:
                return reply.status

        assert [await mail(), await fake.send(), await fake.send()] == [202, 201, 400]
        fake.clock[0] += 11  # at a hundred times the speed: 18 minutes
        assert await mail() == 400  # known
        fake.clock[0] += 2
        assert await mail() == 401  # the token is 20 minutes old
        fake.clock[0] += 24 * 36
        assert await fake.send() == 201  # Braze remembers for 24 hours
        assert fake.ledger.summary("braze")["took_effect_again"] == 1

    play(tmp_path, scenario, speed=100)


def test_a_name_that_is_no_platform_is_told_the_names_that_are(tmp_path: Path) -> None:
    async def scenario(fake: Fake) -> None:
        async with fake.session.post("/brase/x") as reply:
            assert reply.status == 404
            assert "braze" in (await reply.json())["error"]

    play(tmp_path, scenario)


def test_a_certificate_nobody_vouches_for_is_refused_by_a_caller() -> None:
    async def run() -> None:
        runner = web.AppRunner(web.Application(), shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=self_signed()).start()
        try:
            async with aiohttp.ClientSession() as session:
                with pytest.raises(aiohttp.ClientConnectorCertificateError) as caught:
                    await session.post(f"https://127.0.0.1:{runner.addresses[0][1]}/webhook")
                assert isinstance(caught.value.certificate_error, ssl.SSLCertVerificationError)
        finally:
            await runner.cleanup()

    asyncio.run(run())


def test_a_script_may_be_on_for_a_while_only() -> None:
    faults = Faults("status", from_s=10, for_s=5)
    assert [faults.strikes("K", 1, since) for since in (9.9, 10, 14.9, 15)] == [False, True, True, False]
