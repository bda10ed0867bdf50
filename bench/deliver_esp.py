"""`python -m bench.deliver_esp --delay 0.05`: a platform that says yes after a while, and costs as little as Python can.

The fake ESP checks, remembers and commits every send: on the cores it shares with what is measured it would be what is measured.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Sequence

ID = b"webhook-id: "
YES = b'{"success":true,"id":"e1"}'


class Platform(asyncio.Protocol):
    """One connection, one request at a time. POST: yes after `delay` seconds. GET: [[webhook-id, monotonic seconds of arrival]…] since the
    last one."""

    def __init__(self, delay: float, arrivals: list[tuple[str, float]]) -> None:
        self._delay, self._arrivals = delay, arrivals
        self._unread = bytearray()
        self._begun = 0.0
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._begun = self._begun or time.monotonic()
        self._unread += data
        end = self._unread.find(b"\r\n\r\n")
        if end < 0:
            return
        head = bytes(self._unread[: end + 2])
        if len(self._unread) < end + 4 + content_length(head):
            return
        self._unread.clear()
        begun, self._begun = self._begun, 0.0
        if head.startswith(b"GET "):
            found, self._arrivals[:] = list(self._arrivals), []
            self._answer(json.dumps(found).encode())
            return
        at = head.lower().find(ID)
        if at >= 0:
            self._arrivals.append((head[at + len(ID) : head.index(b"\r\n", at)].decode(), begun))
        asyncio.get_running_loop().call_later(self._delay, self._answer, YES)

    def _answer(self, body: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body)


def content_length(head: bytes) -> int:
    """Bytes of the body behind a request's head; 0 where it says nothing."""
    _, _, rest = head.lower().partition(b"\r\ncontent-length:")
    return int(rest.partition(b"\r\n")[0] or 0)


async def serve(delay: float) -> None:
    """Until the process is told to stop; the port is the first line on stdout."""
    arrivals: list[tuple[str, float]] = []
    server = await asyncio.get_running_loop().create_server(lambda: Platform(delay, arrivals), "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench.deliver_esp")
    parser.add_argument("--delay", type=float, default=0.05, help="seconds from a request to its answer")
    asyncio.run(serve(parser.parse_args(arguments).delay))
    return 0


if __name__ == "__main__":
    sys.exit(main())
