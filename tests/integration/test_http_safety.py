"""What the HTTP client refuses, over real sockets: private targets, strangers' certificates, proxies, endless waits, split requests."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from connectors.esp.fake.certificate import self_signed
from connectors.esp.protocol import Answer, Meaning, Reason, Request
from jobs.deliver.client import HttpClient, Reply

UNUSABLE = Answer(Meaning.CONFIGURATION, Reason.CONFIGURATION)
NOT_SENT = Answer(Meaning.RETRY, Reason.UNREACHABLE)
LOST = Answer(Meaning.AMBIGUOUS, Reason.TIMEOUT)
OK = b"HTTP/1.1 204 No Content\r\n\r\n"

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def a_server(serve: Serve, certificate: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """Yields the port of a server on 127.0.0.1."""

    async def guarded(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await serve(reader, writer)
        writer.close()

    server = await asyncio.start_server(guarded, "127.0.0.1", 0, ssl=certificate)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


class Seen:
    """A server that answers 204 and keeps what it was sent."""

    def __init__(self) -> None:
        self.heads: list[bytes] = []

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.heads.append(await reader.readuntil(b"\r\n\r\n"))
        await reader.readexactly(2)
        writer.write(OK)
        await writer.drain()


async def call(
    client: HttpClient, url: str, timeout: float = 5, body: bytes = b"{}", headers: Mapping[str, str] | None = None
) -> Reply | Answer:
    try:
        return await client.call(Request("POST", url, headers or {}, body), timeout)
    finally:
        await client.close()


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "0.0.0.0", "[::1]", "[::ffff:127.0.0.1]", "127.0.0.1.", "１２７.0.0.1"],
)
def test_a_private_target_is_not_called_however_it_is_written(host: str) -> None:
    async def run() -> None:
        seen = Seen()
        async with a_server(seen) as port:
            assert await call(HttpClient(1), f"http://{host}:{port}/") == UNUSABLE
        assert seen.heads == []

    asyncio.run(run())


def test_a_private_target_is_called_by_the_name_the_destination_allows_and_by_no_other() -> None:
    async def run() -> None:
        seen = Seen()
        async with a_server(seen) as port:
            for allowed, other in (("127.0.0.1", "localhost"), ("localhost", "127.0.0.1")):
                reply = await call(HttpClient(1, [allowed]), f"http://{allowed}:{port}/")
                assert isinstance(reply, Reply)
                assert reply.status == 204
                assert await call(HttpClient(1, [allowed]), f"http://{other}:{port}/") == UNUSABLE
        assert len(seen.heads) == 2

    asyncio.run(run())


class Rebinding(AbstractResolver):
    """Answers with its addresses in turn, as the DNS of somebody who means harm would."""

    def __init__(self, *addresses: str) -> None:
        self.addresses, self.asked = list(addresses), 0

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC) -> list[ResolveResult]:
        address = self.addresses[min(self.asked, len(self.addresses) - 1)]
        self.asked += 1
        return [{"hostname": host, "host": address, "port": port, "family": socket.AF_INET, "proto": 0, "flags": 0}]

    async def close(self) -> None:
        return None


def test_a_name_that_stands_for_a_private_address_is_not_called() -> None:
    async def run() -> None:
        seen = Seen()
        async with a_server(seen) as port:
            assert await call(HttpClient(1, ["127.0.0.1"], lambda: Rebinding("127.0.0.1")), f"http://esp.example:{port}/") == UNUSABLE
        assert seen.heads == []

    asyncio.run(run())


def test_what_was_looked_up_is_what_is_connected_to() -> None:
    async def run() -> None:
        seen, dns = Seen(), Rebinding("127.0.0.1", "192.0.2.1")
        async with a_server(seen) as port:
            reply = await call(HttpClient(1, ["esp.internal"], lambda: dns), f"http://esp.internal:{port}/")
        assert isinstance(reply, Reply)
        assert (dns.asked, len(seen.heads)) == (1, 1)  # a second look-up would have led elsewhere
        assert f"Host: esp.internal:{port}".encode() in seen.heads[0]

    asyncio.run(run())


def test_a_certificate_nobody_vouches_for_is_refused_and_nothing_is_sent() -> None:
    async def run() -> None:
        seen = Seen()
        async with a_server(seen, self_signed()) as port:
            assert await call(HttpClient(1, ["localhost"]), f"https://localhost:{port}/") == Answer(Meaning.RETRY, Reason.TLS)
        assert seen.heads == []

    asyncio.run(run())


def test_a_proxy_of_the_environment_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> None:
        seen, proxy = Seen(), Seen()
        async with a_server(seen) as port, a_server(proxy) as other:
            for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
                monkeypatch.setenv(name, f"http://127.0.0.1:{other}")
            assert isinstance(await call(HttpClient(1, ["127.0.0.1"]), f"http://127.0.0.1:{port}/"), Reply)
        assert (len(seen.heads), len(proxy.heads)) == (1, 0)

    asyncio.run(run())


async def says_nothing(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await reader.read()


async def reads_nothing(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await writer.wait_closed()


async def dribbles(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while not reader.at_eof():
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.02)


async def dribbles_its_head(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
    while not reader.at_eof():
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.02)


@pytest.mark.parametrize(
    ("serve", "scheme", "size", "end"),
    [
        (says_nothing, "https", 2, NOT_SENT),  # the handshake
        (reads_nothing, "http", 20_000_000, LOST),  # sending
        (says_nothing, "http", 2, LOST),  # the first byte
        (dribbles_its_head, "http", 2, LOST),
        (dribbles, "http", 2, LOST),  # between bytes
    ],
    ids=["handshake", "sending", "first byte", "head", "body"],
)
def test_no_phase_of_a_call_can_hold_it_longer_than_its_limit(serve: Serve, scheme: str, size: int, end: Answer) -> None:
    async def run() -> None:
        async with a_server(serve) as port:
            assert await call(HttpClient(1, ["127.0.0.1"]), f"{scheme}://127.0.0.1:{port}/", 0.3, b"x" * size) == end

    asyncio.run(run())


def test_a_look_up_or_a_connection_that_never_ends_means_that_nothing_was_sent() -> None:
    class Silent(Rebinding):
        async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC) -> list[ResolveResult]:
            await asyncio.Event().wait()
            return []

    async def run() -> None:
        assert await call(HttpClient(1, (), Silent), "http://esp.example/", 0.2) == NOT_SENT
        with socket.socket() as server:  # a queue that is full: the next one's first packet is not answered
            server.bind(("127.0.0.1", 0))
            server.listen(0)
            address = server.getsockname()
            waiting = [socket.socket() for _ in range(3)]
            for one in waiting:
                one.setblocking(False)
                one.connect_ex(address)
            assert await call(HttpClient(1, ["127.0.0.1"]), f"http://127.0.0.1:{address[1]}/", 0.2) == NOT_SENT
            for one in waiting:
                one.close()

    asyncio.run(run())


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/", {"X-Name": "a\r\nX-Other: b"}),
        ("/", {"X-Name": "a\nb"}),
        ("/", {"X-Name": "a\0b"}),
        ("/", {"X-Name\r\nX-Other": "a"}),
        ("/", {"X Name": "a"}),
        ("/", {"": "a"}),
        ("/", {"Content-Length": "1"}),
        ("/", {"transfer-encoding": "chunked"}),
        ("/", {"Host": "other.example"}),
        ("/a\r\nX-Other: b", {}),
        ("/a\tb", {}),
    ],
)
def test_a_request_that_could_become_another_is_not_sent(path: str, headers: dict[str, str]) -> None:
    async def run() -> None:
        seen = Seen()
        async with a_server(seen) as port:
            assert await call(HttpClient(1, ["127.0.0.1"]), f"http://127.0.0.1:{port}{path}", headers=headers) == UNUSABLE
        assert seen.heads == []

    asyncio.run(run())


@pytest.mark.parametrize(
    "url", ["ftp://esp.example/", "http:///", "http://user:pass@esp.example/", "esp.example", "http://esp.example:99999/", ""]
)
def test_a_url_no_call_can_go_to_is_the_settings_fault(url: str) -> None:
    assert asyncio.run(call(HttpClient(1), url)) == UNUSABLE
