"""Every adapter against the fake of its platform, over real HTTP: an answer says what the ledger says."""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest

from connectors.esp.fake.ledger import Ledger
from connectors.esp.protocol import Adapter, Answer, Meaning, Reason, Request, Token, UnsendableError
from connectors.esp.registry import KINDS
from jobs.deliver.send import Send
from tests.integration.esp_server import fake_esp
from tests.unit.esp_cases import CASES, Case, some_sends

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
BATCHING = [name for name, case in CASES.items() if case.adapter("https://esp.example", case.platform).batch is not None]
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Server:
    url: str
    ledger: Ledger
    loop: asyncio.AbstractEventLoop

    def run(self, coroutine: Any) -> Any:
        """Runs on the server's own loop, so that its ledger has one thread."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(30)

    def place(self, case: Case) -> Place:
        """A destination nobody else uses."""
        dest = f"{case.platform}.t{next(_numbers)}"
        return Place(self, case, dest, case.adapter(self.url, dest))


@dataclass(frozen=True)
class Place:
    server: Server
    case: Case
    dest: str
    adapter: Adapter

    def script(self, **faults: Any) -> None:
        async def put() -> None:
            async with (
                aiohttp.ClientSession() as session,
                session.put(f"{self.server.url}/faults", params={"dest": self.dest}, json=faults) as reply,
            ):
                assert reply.status == 200, await reply.text()

        self.server.run(put())

    def hand_over(self, sends: Sequence[Send], adapter: Adapter | None = None) -> Sequence[Answer]:
        return list(self.server.run(_hand_over(adapter or self.adapter, sends)))

    def verdicts(self) -> dict[str, int]:
        async def read() -> Any:
            return self.server.ledger.summary(self.dest)["by_verdict"]

        return dict(self.server.run(read()))

    def effects(self) -> set[tuple[str, str]]:
        """(trigger_id, person) of what took effect."""

        async def read() -> Any:
            return self.server.ledger.delivered(0, 10_000, self.dest)["ids"]

        return {(row["trigger_id"], row["person"]) for row in self.server.run(read())}


async def _hand_over(adapter: Adapter, sends: Sequence[Send]) -> Sequence[Answer]:
    """One attempt, as an engine makes it."""
    async with aiohttp.ClientSession() as session:
        headers: dict[str, str] = {}
        if adapter.login is not None:
            token = adapter.login.token(*await _call(session, adapter.login.request(), {}), datetime.now(UTC))
            if isinstance(token, Answer):
                return [token] * len(sends)
            headers = {"Authorization": f"Bearer {token.value}"}
        request = adapter.request(sends, [adapter.item(send) for send in sends], NOON)
        return adapter.answers(sends, *await _call(session, request, headers))


async def _call(session: aiohttp.ClientSession, request: Request, more: dict[str, str]) -> tuple[int, Any, bytes]:
    async with session.request(
        request.method, request.url, headers={**request.headers, **more}, data=request.body, allow_redirects=False
    ) as reply:
        return reply.status, reply.headers, await reply.read()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    started: list[Server] = []
    ready, over = threading.Event(), asyncio.Event()

    async def serve() -> None:
        async with fake_esp(tmp_path_factory.mktemp("esp")) as (url, ledger):
            started.append(Server(url, ledger, asyncio.get_running_loop()))
            ready.set()
            await over.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    assert ready.wait(30)
    yield started[0]
    started[0].loop.call_soon_threadsafe(over.set)
    thread.join(30)


@pytest.fixture(params=sorted(CASES))
def place(request: pytest.FixtureRequest, server: Server) -> Place:
    return server.place(CASES[request.param])


def a_few(adapter: Adapter, most: int = 3) -> list[Send]:
    return some_sends(min(most, adapter.batch.count if adapter.batch else 1))


def _fits(adapter: Adapter, length: int) -> bool:
    try:
        adapter.item(some_sends(1, payload={"text": "x" * length})[0])
    except UnsendableError as error:
        return error.reason is not Reason.TOO_LARGE
    return True


def told(sends: Sequence[Send]) -> set[tuple[str, str]]:
    return {(send.trigger_id, send.person_id) for send in sends}


def test_every_kind_is_walked() -> None:
    assert {case.kind for case in CASES.values()} == set(KINDS)


def test_what_is_handed_over_takes_effect_once_for_each_person(place: Place) -> None:
    sends = a_few(place.adapter)
    assert {answer.meaning for answer in place.hand_over(sends)} == {Meaning.ACCEPTED}
    assert place.effects() == told(sends)
    assert place.verdicts() == {"accepted": len(sends)}


def test_a_repeat_is_accepted_and_has_no_effect_where_the_adapter_says_so(place: Place) -> None:
    sends = a_few(place.adapter)
    for _ in range(2):
        assert {answer.meaning for answer in place.hand_over(sends)} == {Meaning.ACCEPTED}
    again = {"accepted": len(sends), "duplicate": len(sends)} if place.adapter.deduplicates else {"accepted": 2 * len(sends)}
    assert place.verdicts() == again


def test_the_largest_batch_is_taken_whole(place: Place) -> None:
    if place.adapter.batch is not None:
        sends = some_sends(place.adapter.batch.count)
        items, most = [place.adapter.item(send) for send in sends], place.adapter.batch.size
        while sum(map(len, items)) + len(items) > most:
            sends, items = sends[:-1], items[:-1]
        assert {answer.meaning for answer in place.hand_over(sends)} == {Meaning.ACCEPTED}
        assert place.verdicts() == {"accepted": len(sends)}


def test_the_largest_send_is_taken_and_a_larger_one_is_never_called_with(place: Place) -> None:
    if place.case.options.get("send") == "messages":
        return  # those carry no payload
    fits, not_fits = 0, 8_000_000
    while not_fits - fits > 64 + fits // 100:  # nearly the limit is near enough
        middle = (fits + not_fits) // 2
        fits, not_fits = (middle, not_fits) if _fits(place.adapter, middle) else (fits, middle)
    assert not_fits < 8_000_000
    assert place.hand_over(some_sends(1, payload={"text": "x" * fits}))[0].meaning is Meaning.ACCEPTED


def test_a_wrong_key_is_a_fault_of_the_settings(place: Place) -> None:
    if place.case.secrets:
        sends = a_few(place.adapter)
        wrong = place.case.adapter(place.server.url, place.dest, wrong_secrets=True)
        assert {answer.meaning for answer in place.hand_over(sends, wrong)} == {Meaning.CONFIGURATION}
        assert place.effects() == set()


@pytest.mark.parametrize(
    ("faults", "meaning", "reason"),
    [
        ({"mode": "status", "status": 429, "resets_s": 7}, Meaning.RETRY, Reason.RATE_LIMITED),
        ({"mode": "status", "status": 429}, Meaning.RETRY, Reason.RATE_LIMITED),
        ({"mode": "status", "status": 503, "retry_after": "7"}, Meaning.RETRY, Reason.UNAVAILABLE),
        ({"mode": "status", "status": 500}, Meaning.AMBIGUOUS, Reason.SERVER_ERROR),
        ({"mode": "status", "status": 502}, Meaning.AMBIGUOUS, Reason.SERVER_ERROR),
        ({"mode": "redirect"}, Meaning.REJECTED, Reason.REDIRECTED),
    ],
)
def test_a_fault_is_read_as_what_it_is(place: Place, faults: dict[str, Any], meaning: Meaning, reason: Reason) -> None:
    place.script(**faults)
    sends = a_few(place.adapter)
    answers = place.hand_over(sends)
    assert {(answer.meaning, answer.reason) for answer in answers} == {(place.case.means.get(faults.get("status", 0), meaning), reason)}
    assert len(answers) == len(sends)
    assert place.effects() == set()
    if faults.get("resets_s") or faults.get("retry_after"):
        wish = answers[0].retry_after
        seconds = wish.total_seconds() if isinstance(wish, timedelta) else (wish - datetime.now(UTC)).total_seconds() if wish else 0
        assert 0 < seconds <= 8


@pytest.mark.parametrize("status", [400, 404, 408, 409, 410, 413, 422])
def test_a_refusal_of_a_batch_condemns_nobody(place: Place, status: int) -> None:
    place.script(mode="status", status=status)
    sends = a_few(place.adapter)
    meanings = {answer.meaning for answer in place.hand_over(sends)}
    alone = place.case.means.get(status, Meaning.RETRY if status == 408 else Meaning.REJECTED)
    assert meanings == {Meaning.SPLIT if len(sends) > 1 else alone}
    assert place.effects() == set()


@pytest.mark.parametrize("name", BATCHING)
def test_some_that_are_refused_fail_alone(server: Server, name: str) -> None:
    place = server.place(CASES[name])
    if place.case.platform == "segment":
        return  # tells nothing of single events
    place.script(mode="partial", share=0.3, seed=4)
    sends = some_sends(20)
    answers = place.hand_over(sends)
    accepted = [send for send, answer in zip(sends, answers, strict=True) if answer.meaning is Meaning.ACCEPTED]
    rejected = [send for send, answer in zip(sends, answers, strict=True) if answer.meaning is Meaning.REJECTED]
    assert place.effects() == told(accepted)
    assert len(rejected) == place.verdicts()["refused_partial"]
    assert 0 < len(rejected) < len(sends)
    assert {answer.meaning for answer in answers} <= {Meaning.ACCEPTED, Meaning.REJECTED, Meaning.SPLIT}


@pytest.mark.parametrize("mode", ["commit_then_drop", "half", "reset"])
def test_after_a_lost_answer_a_repeat_brings_one_effect_where_the_adapter_says_so(place: Place, mode: str) -> None:
    place.script(mode=mode, first=1)
    sends = a_few(place.adapter)
    with pytest.raises(aiohttp.ClientError):
        place.hand_over(sends)
    assert {answer.meaning for answer in place.hand_over(sends)} == {Meaning.ACCEPTED}
    assert place.effects() == told(sends)
    taken_before = {"accepted_unanswered": len(sends)} if mode != "reset" else {"fault_reset": len(sends)}
    told_apart = place.adapter.deduplicates and mode != "reset"
    assert place.verdicts() == taken_before | {"duplicate" if told_apart else "accepted": len(sends)}


def test_a_limit_that_is_passed_tells_when_to_come_back(place: Place) -> None:
    place.script(rate_calls=2, rate_per_s=60)
    answers = [place.hand_over(a_few(place.adapter))[0] for _ in range(3)]
    # a login is a call as well
    assert answers[-1].meaning is Meaning.RETRY
    assert answers[-1].reason is Reason.RATE_LIMITED
    assert answers[-1].retry_after is not None


def test_a_token_ends_and_another_is_asked_for(server: Server) -> None:
    place = server.place(CASES["sfmc email"])
    login = place.adapter.login
    assert login is not None

    async def with_token(value: str) -> Meaning:
        sends = some_sends(1)
        request = place.adapter.request(sends, [place.adapter.item(sends[0])], NOON)
        async with aiohttp.ClientSession() as session:
            return place.adapter.answers(sends, *await _call(session, request, {"Authorization": f"Bearer {value}"}))[0].meaning

    async def token() -> Token | Answer:
        async with aiohttp.ClientSession() as session:
            return login.token(*await _call(session, login.request(), {}), NOON)

    assert server.run(with_token("an old one")) is Meaning.CONFIGURATION
    given = server.run(token())
    assert isinstance(given, Token)
    assert given.expires_at == NOON + timedelta(seconds=1_200)
    assert "fake-token" not in repr(given)
    assert server.run(with_token(given.value)) is Meaning.ACCEPTED
