"""How an answer reaches its caller, or does not."""

from __future__ import annotations

import asyncio
import socket
import struct

from aiohttp import web

from connectors.esp.fake.faults import Faults
from connectors.esp.fake.protocol import Reply


async def answer_as(request: web.Request, reply: Reply, faults: Faults, mode: str) -> web.StreamResponse:
    """Gives the reply the way `mode` has it; modes that say nothing of the answer give it whole and at once."""
    if mode == "commit_then_drop":
        return cut(request)
    if mode == "slow":
        await asyncio.sleep(faults.delay_s)
    if mode == "hang":
        await asyncio.Event().wait()
    if mode in ("half", "slow_body"):
        return await _in_pieces(request, reply, faults, mode)
    return whole(reply)


def whole(reply: Reply) -> web.Response:
    """The reply as it is."""
    return web.Response(status=reply.status, body=reply.body, headers=reply.headers, content_type=reply.content_type)


def cut(request: web.Request, reset: bool = False) -> web.Response:
    """Cuts the connection without a byte of an answer. reset: by TCP RST, whatever was read."""
    transport = request.transport
    if transport is not None:
        connection = transport.get_extra_info("socket")
        if reset and connection is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    return web.Response()


async def _in_pieces(request: web.Request, reply: Reply, faults: Faults, mode: str) -> web.StreamResponse:
    body = reply.body or b"{}"
    headers = {**reply.headers, "Content-Length": str(len(body)), "Content-Type": reply.content_type}
    response = web.StreamResponse(status=reply.status, headers=headers)
    await response.prepare(request)
    if mode == "half":
        await response.write(body[: len(body) // 2])
        if request.transport is not None:
            request.transport.close()  # what was written is flushed first
        return response
    for at in range(len(body)):
        await response.write(body[at : at + 1])
        await asyncio.sleep(faults.delay_s / len(body))
    return response
