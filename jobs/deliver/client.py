"""HTTP for deliveries: one session per event loop, a time limit for each call and its phases, an answer of at most 64 KB."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field

import aiohttp
from aiohttp.abc import AbstractResolver
from aiohttp.connector import Connection
from yarl import URL

from connectors.esp.headers import is_header
from connectors.esp.protocol import Answer, Meaning, Reason, Request
from jobs.deliver.targets import CheckedResolver, PrivateTargetError, Targets

MAX_ANSWER = 65_536
CONNECT, HANDSHAKE = 5.0, 3.0
"""Seconds until there is a connection, waiting for a free one and the DNS included; and of that for TCP and TLS of each address.

Writing the request, the first byte of the answer and every pause in it have the call's own limit, and none of them more than is left.
"""
_UNUSABLE = Answer(Meaning.CONFIGURATION, Reason.CONFIGURATION)


@dataclass(slots=True)
class _Sent:
    """begun: whether something of the call may have left."""

    begun: bool = False


_SENT: ContextVar[_Sent] = ContextVar("sent")
"""Of the call this task makes."""


class _Told(aiohttp.ClientRequest):
    """Tells its call when it begins. aiohttp's tracing would too: for a tenth of all CPU, as it announces everything else as well."""

    async def send(self, conn: Connection) -> aiohttp.ClientResponse:
        _SENT.get().begun = True
        return await super().send(conn)


@dataclass(frozen=True)
class Reply:
    """A full answer. headers are looked up without regard to case. body: its first MAX_ANSWER bytes."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


Call = Callable[[Request, float], Awaitable[Reply | Answer]]
"""(request, seconds it may take) → a full answer, or what its absence means."""


class HttpClient:
    """Calls what it is told to, and nothing else: no redirects, no cookies, no proxy from the environment, TLS verified, no private
    network but `private_hosts` (names or addresses as in the URL; see `targets`). One destination, one client: another's hosts are
    not its own, nor are its connections.

    Made before its event loop runs and dropped after the loop has stopped (PyFlink's way): so the session is opened at the first
    call, and `forget` waits for nothing.
    """

    def __init__(
        self,
        connections: int,
        private_hosts: Collection[str] = (),
        resolver: Callable[[], AbstractResolver] = aiohttp.ThreadedResolver,
    ) -> None:
        """resolver: called where the event loop runs."""
        self._connections, self._resolver = connections, resolver
        self._targets = Targets(private_hosts)
        self._session: aiohttp.ClientSession | None = None

    async def call(self, request: Request, timeout: float) -> Reply | Answer:
        """One call within `timeout` seconds. Without a full answer: RETRY if surely nothing was sent, else AMBIGUOUS.

        Raises nothing of the network's; only what ends the task itself (CancelledError) comes out.
        """
        sent = _Sent()
        _SENT.set(sent)
        url = _url(request)
        if url is None or not self._targets.admits(url.raw_host or ""):
            return _UNUSABLE
        try:
            async with (
                asyncio.timeout(timeout),
                self._open().request(
                    request.method,
                    url,
                    headers=request.headers,
                    data=request.body,
                    allow_redirects=False,
                    timeout=aiohttp.ClientTimeout(None, min(CONNECT, timeout), timeout, min(HANDSHAKE, timeout)),
                ) as response,
            ):
                if response.status > 599:  # no HTTP status
                    return Answer(Meaning.AMBIGUOUS, Reason.NO_ANSWER)
                return Reply(response.status, response.headers, await _read(response))
        except aiohttp.ClientSSLError:
            return Answer(Meaning.RETRY, Reason.TLS)
        except TimeoutError:
            return Answer(Meaning.AMBIGUOUS, Reason.TIMEOUT) if sent.begun else Answer(Meaning.RETRY, Reason.UNREACHABLE)
        except (PrivateTargetError, aiohttp.InvalidURL, ValueError):  # or a URL or header no request can carry
            return _UNUSABLE
        except (aiohttp.ClientError, OSError):
            return Answer(Meaning.AMBIGUOUS, Reason.NO_ANSWER) if sent.begun else Answer(Meaning.RETRY, Reason.UNREACHABLE)

    def forget(self) -> None:
        """Drops the session without waiting; the process that holds it is about to end."""
        if self._session is not None:
            self._session.detach()
            self._session = None

    async def close(self) -> None:
        """Closes the session; for callers whose event loop still runs."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=self._connections,
                    resolver=CheckedResolver(self._targets, self._resolver()),
                ),
                cookie_jar=aiohttp.DummyCookieJar(),  # what one person's answer sets must not travel with another's
                headers={"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "rekindle"},
                auto_decompress=False,  # a small answer must not unpack into a large one
                request_class=_Told,
            )
        return self._session


def _url(request: Request) -> URL | None:
    """None: a request that could become another one on its way."""
    # tabs and line ends in a URL would vanish without a word
    if not request.url.isprintable() or not all(is_header(name, value) for name, value in request.headers.items()):
        return None
    try:
        url = URL(request.url)
    except ValueError:
        return None
    return url if url.scheme in ("http", "https") and url.raw_user is None and url.raw_password is None else None


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """The body's first MAX_ANSWER bytes; of a longer one the rest is not read and the connection not used again."""
    body = bytearray()
    while len(body) < MAX_ANSWER:
        piece = await response.content.read(MAX_ANSWER - len(body))
        if not piece:
            return bytes(body)
        body += piece
    response.close()
    return bytes(body)
