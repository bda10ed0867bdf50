"""Bearer tokens of one destination: got once for all calls, renewed before they end, asked for again after a 401."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from connectors.esp.protocol import Answer, Login, Meaning, Reason, Token
from jobs.deliver.client import Call

EARLY = timedelta(seconds=60)
"""A token is renewed this long before its end: a call may take seconds."""


class Tokens:
    """Belongs to one event loop."""

    def __init__(self, login: Login, call: Call, now: Callable[[], datetime]) -> None:
        self._login, self._call, self._now = login, call, now
        self._token: Token | None = None
        self._lock = asyncio.Lock()

    async def token(self, timeout: float, refused: Token | None = None) -> Token | Answer:
        """A token that is good now, or why there is none. refused: one the platform did not take: it is not given out again."""
        async with self._lock:
            if self._token is not None and self._token is not refused and self._token.expires_at - EARLY > self._now():
                return self._token
            asked = self._now()
            reply = await self._call(self._login.request(), timeout)
            if isinstance(reply, Answer):  # nothing of a send was in it: it can be asked again
                return Answer(Meaning.RETRY, reply.reason) if reply.meaning is Meaning.AMBIGUOUS else reply
            found = self._login.token(reply.status, reply.headers, reply.body, asked)
            if isinstance(found, Answer) and found.meaning in (Meaning.ACCEPTED, Meaning.REJECTED):
                found = Answer(Meaning.CONFIGURATION, Reason.CONFIGURATION)
            self._token = found if isinstance(found, Token) else None
            return found
