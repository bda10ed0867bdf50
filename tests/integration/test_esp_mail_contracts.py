"""What SendGrid, Postmark, Mailgun, Make and signed webhooks have of their own, against the fakes over HTTP (see test_esp_contracts)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from connectors.esp.fake.platforms.hooks import MAKE_KEY
from connectors.esp.fake.platforms.mailgun import API_KEY as MAILGUN_KEY
from connectors.esp.fake.platforms.mailgun import DOMAIN
from connectors.esp.fake.platforms.postmark import INACTIVE, TOKEN
from connectors.esp.fake.platforms.sendgrid import API_KEY as SENDGRID_KEY
from connectors.esp.fake.platforms.webhook import SIGNING_KEY
from connectors.esp.protocol import Adapter, Answer, Meaning, Reason, Request
from jobs.deliver.client import HttpClient, Reply
from jobs.deliver.send import Send
from tests.integration.esp_server import fake_esp
from tests.unit.a_send import a_send, an_adapter

SECRETS = {
    "${env:SENDGRID}": SENDGRID_KEY,
    "${env:POSTMARK}": TOKEN,
    "${env:MAILGUN}": MAILGUN_KEY,
    "${env:ZAPIER}": "https://hooks.zapier.com/hooks/catch/1/abc/",
    "${env:MAKE}": "https://hook.eu1.make.com/keyed",
    "${env:MAKE_CLOSED}": "https://hook.eu1.make.com/closed",
    "${env:MAKE_FULL}": "https://hook.eu1.make.com/full",
    "${env:MAKE_KEY}": MAKE_KEY,
    "${env:SIGNING_KEY}": SIGNING_KEY,
    "${env:NEXT_KEY}": "whsec_" + "bmV3" * 10,
    "${env:WRONG}": "wrong",
}
SENDER = {"from_email": "hello@shop.example", "from_name": "Shop", "reply_to": "care@shop.example"}
KINDS: dict[str, dict[str, Any]] = {
    "sendgrid": {**SENDER, "api_key": "${env:SENDGRID}", "templates": {"cart_reminder": "d-1"}, "unsubscribe_group": 7},
    "postmark": {**SENDER, "server_token": "${env:POSTMARK}", "message_stream": "broadcast"},
    "mailgun": {**SENDER, "api_key": "${env:MAILGUN}", "domain": DOMAIN},
    "zapier": {"url": "${env:ZAPIER}"},
    "make": {"url": "${env:MAKE}", "api_key": "${env:MAKE_KEY}"},
}
BATCHES = ("sendgrid", "postmark")

Scenario = Callable[["Fake"], Awaitable[None]]


class Fake:
    """A running fake, and calls to it as the engine makes them."""

    def __init__(self, url: str, client: HttpClient) -> None:
        self.url, self._client = url, client

    def adapter(self, kind: str, **changes: Any) -> Adapter:
        return an_adapter(kind, lambda text: SECRETS.get(text, text), **{**KINDS[kind], "endpoint": f"{self.url}/{kind}", **changes})

    async def answers(self, adapter: Adapter, sends: Sequence[Send], items: Sequence[bytes] = ()) -> Sequence[Answer]:
        request = adapter.request(sends, items or [adapter.item(send) for send in sends], datetime.now(UTC))
        return adapter.answers(sends, *await self._full(request))

    async def _full(self, request: Request) -> tuple[int, Any, bytes]:
        reply = await self._client.call(request, 5)
        assert isinstance(reply, Reply), reply
        return reply.status, reply.headers, reply.body

    async def script(self, dest: str, **faults: Any) -> None:
        async with aiohttp.ClientSession() as session, session.put(f"{self.url}/faults?dest={dest}", json=faults) as answer:
            assert answer.status == 200

    async def ledger(self, dest: str) -> dict[str, int]:
        async with aiohttp.ClientSession() as session, session.get(f"{self.url}/ledger?dest={dest}") as answer:
            found: dict[str, int] = (await answer.json())["by_verdict"]
            return found

    async def ids(self) -> list[tuple[str, str]]:
        async with aiohttp.ClientSession() as session, session.get(f"{self.url}/ledger/ids") as answer:
            return [(row["trigger_id"], row["person"]) for row in (await answer.json())["ids"]]


def against(folder: Path, scenario: Scenario) -> None:
    async def run() -> None:
        async with fake_esp(folder) as (url, _):
            client = HttpClient(2, ["127.0.0.1"])
            try:
                await scenario(Fake(url, client))
            finally:
                await client.close()

    asyncio.run(run())


def sends(count: int, **changes: Any) -> list[Send]:
    ids = [f"57184V2D7RZGQ8YDP0RFFB3Y{n:02d}" for n in range(count)]
    return [a_send(trigger_id=key, person_id=f"p{n}", address=f"p{n}@example.com", **changes) for n, key in enumerate(ids)]


def test_sendgrid_names_the_one_at_fault_and_the_others_go_again(tmp_path: Path) -> None:
    async def scenario(fake: Fake) -> None:
        adapter, made = fake.adapter("sendgrid"), sends(12)
        items = [adapter.item(send) for send in made]
        for n in (1, 10):  # what only the platform knows to be no address
            items[n] = items[n].replace(f"p{n}@example.com".encode(), b"nobody")
        answers = await fake.answers(adapter, made, items)
        assert [answer.meaning for answer in answers] == [Meaning.REJECTED if n in (1, 10) else Meaning.SPLIT for n in range(12)]
        assert await fake.ids() == []

    against(tmp_path, scenario)


def test_postmark_answers_for_each_and_a_refused_one_fails_nobody_else(tmp_path: Path) -> None:
    async def scenario(fake: Fake) -> None:
        adapter, made = fake.adapter("postmark"), sends(3)
        made[1] = a_send(address=INACTIVE)
        answers = await fake.answers(adapter, made)
        assert [answer.meaning for answer in answers] == [Meaning.ACCEPTED, Meaning.REJECTED, Meaning.ACCEPTED]
        [alone] = await fake.answers(adapter, [made[1]])
        assert (alone.meaning, alone.reason) == (Meaning.REJECTED, Reason.REFUSED)
        assert [person for _, person in await fake.ids()] == ["p0", "p2"]

    against(tmp_path, scenario)


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("sendgrid", {"api_key": "${env:WRONG}"}),
        ("sendgrid", {"from_email": "shop@unverified.example"}),
        ("postmark", {"server_token": "${env:WRONG}"}),
        ("postmark", {"from_email": "shop@unverified.example"}),
        ("mailgun", {"api_key": "${env:WRONG}"}),
        ("make", {"api_key": None}),
        ("make", {"url": "${env:MAKE_CLOSED}"}),
    ],
)
def test_what_only_the_operator_can_mend_is_no_fault_of_the_send(tmp_path: Path, kind: str, changes: dict[str, Any]) -> None:
    async def scenario(fake: Fake) -> None:
        adapter = fake.adapter(kind, **changes)
        for made in (sends(1), sends(2)) if adapter.batch else (sends(1),):
            answers = await fake.answers(adapter, made)
            assert [answer.meaning for answer in answers] == [Meaning.CONFIGURATION] * len(made)
        assert await fake.ids() == []

    against(tmp_path, scenario)


@pytest.mark.parametrize(("kind", "changes"), [("mailgun", {"domain": "new.shop.example"}), ("make", {"url": "${env:MAKE_FULL}"})])
def test_what_may_pass_is_tried_again(tmp_path: Path, kind: str, changes: dict[str, Any]) -> None:
    async def scenario(fake: Fake) -> None:
        [answer] = await fake.answers(fake.adapter(kind, **changes), sends(1))
        assert answer.meaning is Meaning.RETRY

    against(tmp_path, scenario)


def test_sendgrid_tells_how_much_of_its_limit_is_left_and_until_when(tmp_path: Path) -> None:
    async def scenario(fake: Fake) -> None:
        await fake.script("sendgrid", rate_calls=2, rate_per_s=60)
        answers = [(await fake.answers(fake.adapter("sendgrid"), [send]))[0] for send in sends(3)]
        assert [answer.left and answer.left.calls for answer in answers] == [1, 0, 0]
        assert (answers[2].meaning, answers[2].retry_after) == (Meaning.RETRY, answers[2].left and answers[2].left.resets)

    against(tmp_path, scenario)


@pytest.mark.parametrize(
    ("keys", "meaning", "verdict"),
    [
        (["${env:SIGNING_KEY}"], Meaning.ACCEPTED, "accepted"),
        (["${env:NEXT_KEY}", "${env:SIGNING_KEY}"], Meaning.ACCEPTED, "accepted"),
        (["${env:NEXT_KEY}"], Meaning.CONFIGURATION, "refused_signature"),
        ([], Meaning.CONFIGURATION, "refused_signature"),
    ],
)
def test_a_receiver_takes_what_is_signed_with_its_key_also_while_keys_change(
    tmp_path: Path, keys: list[str], meaning: Meaning, verdict: str
) -> None:
    async def scenario(fake: Fake) -> None:
        adapter = an_adapter("webhook", lambda text: SECRETS.get(text, text), url=f"{fake.url}/webhook/signed", signing_keys=keys)
        assert [answer.meaning for answer in await fake.answers(adapter, [a_send()])] == [meaning]
        assert await fake.ledger("signed") == {verdict: 1}

    against(tmp_path, scenario)
