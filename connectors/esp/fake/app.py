"""The fake platforms' HTTP face: /<platform>/… takes sends, /faults scripts trouble, /ledger and /ledger/ids tell what arrived."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from urllib.parse import unquote

from aiohttp import web

from connectors.esp.fake.faults import NOTHING_TAKEN, Faults, parse_faults
from connectors.esp.fake.ledger import Entry, Ledger
from connectors.esp.fake.play import answer_as, cut, whole
from connectors.esp.fake.protocol import NEIGHBOUR, Call, Fate, Item, Platform, RefusedError, Reply, Standing, Taken, Window
from connectors.esp.fake.rates import Windows
from connectors.esp.fake.registry import PLATFORMS


def build_app(ledger: Ledger, now: Callable[[], float] = time.time, speed: float = 1.0) -> web.Application:
    """A server over an open ledger. Run it with `handler_cancellation=True`, or hanging answers outlive their callers.

    now: seconds since 1970. speed: how much faster than `now` the platforms' own clock runs: windows in which repeats are told,
    lives of tokens; rates are counted by `now`.
    """
    server = _Server(ledger, now, speed)
    app = web.Application()
    app.add_routes(
        [
            web.get("/health", server.health),
            web.get("/faults", server.show_faults),
            web.put("/faults", server.set_faults),
            web.get("/ledger", server.summary),
            web.get("/ledger/ids", server.ids),
            web.route("*", "/{dest}", server.take),
            web.route("*", "/{dest}/{path:.*}", server.take),
        ]
    )
    return app


class _Server:
    def __init__(self, ledger: Ledger, now: Callable[[], float], speed: float) -> None:
        self._ledger, self._now, self._speed, self._began = ledger, now, speed, now()
        self._platforms: dict[str, Platform] = {name: make() for name, make in PLATFORMS.items()}
        self._faults: dict[str | None, tuple[Faults, float]] = {None: (Faults(), now())}  # by destination; None: of all others
        self._rates: dict[str, Windows] = {}

    async def take(self, request: web.Request) -> web.StreamResponse:
        """A call to a platform. At `/webhook`, `?mode=…&share=…` scripts a fault for this URL alone."""
        now = self._now()
        dest, name, path = _place(request)
        if name not in self._platforms:
            return web.json_response({"error": f"no platform {name}: expected one of {', '.join(sorted(self._platforms))}"}, status=404)
        platform = self._platforms[name]
        body = await _read(request, platform.max_body)
        try:
            own = name == "webhook" and request.query
            faults, since = (parse_faults(request.query), now) if own else self._faults.get(dest, self._faults[None])
        except ValueError as error:
            return web.json_response({"error": str(error)}, status=400)
        entries = _Entries(self._ledger, now, dest, body)
        if faults.is_out(now - since):
            entries.add([], "fault_outage")
            return cut(request)
        standing = self._count(dest, platform, faults, now)
        limits = {} if standing is None else platform.rate_headers(standing)
        call = Call(request.method, path, request.query, request.headers, request.content_type, body, self._fast(now))
        try:
            if standing is not None and standing.over:
                raise RefusedError(429, "rate")
            taken = platform.read(call)
        except RefusedError as error:
            entries.add([], f"refused_{error.why}")
            return whole(_with(platform.refuse(error.status, error.why), limits))
        # nothing is awaited from here to the commit: of two requests with one key the second is the duplicate
        mode = self._struck(dest, taken, faults, now - since)
        if mode in NOTHING_TAKEN:
            status = faults.answered_status
            name = f"status_{status}" if mode in ("status", "redirect", "gone") else mode
            entries.add(taken.items, f"fault_{name}")
            return cut(request, reset=mode == "reset") if name == mode else whole(_scripted(platform, faults, status, now))
        fates = self._commit(platform, entries, taken, faults, mode, now - since)
        return await answer_as(request, _with(taken.answer(fates), limits), faults, mode)

    def _fast(self, now: float) -> float:
        return self._began + (now - self._began) * self._speed

    def _count(self, dest: str, platform: Platform, faults: Faults, now: float) -> Standing | None:
        windows: Sequence[Window] = platform.windows
        if faults.rate_calls is not None:
            windows = [Window(faults.rate_calls, faults.rate_per_s)]
        return self._rates.setdefault(dest, Windows()).count(windows, now)

    def _struck(self, dest: str, taken: Taken, faults: Faults, since: float) -> str:
        """The mode that is played on this call; `ok` when none is."""
        if not taken.items or faults.mode == "ok":
            return "ok"
        key = taken.items[0].key
        if faults.mode == "partial":
            return "partial"
        return faults.mode if faults.strikes(key, self._ledger.known(dest, key).attempts + 1, since) else "ok"

    def _commit(self, platform: Platform, entries: _Entries, taken: Taken, faults: Faults, mode: str, since: float) -> list[Fate]:
        remembered = None if taken.forgets else self._remembered(platform, entries.now)
        unanswered = "_unanswered" if mode in ("commit_then_drop", "hang", "half", "slow_body") else ""
        fates = []
        with self._ledger.together():
            refusals = [item.refused or self._partial(entries.dest, item, faults, mode, since) for item in taken.items]
            for item, why in zip(taken.items, refusals, strict=True):
                first = self._ledger.known(entries.dest, item.key, remembered).first
                if why is not None or (taken.whole and any(refusals)):
                    verdict = f"refused_{why}" if why else NEIGHBOUR
                    entries.add([item], verdict)
                else:
                    verdict = "accepted" if first is None else "duplicate"
                    number = entries.add([item], verdict + unanswered)
                    first = first or number
                fates.append(Fate(item, first or 0, verdict))
            if taken.lost:
                entries.add(taken.lost, "lost")
        return fates

    def _partial(self, dest: str, item: Item, faults: Faults, mode: str, since: float) -> str | None:
        struck = mode == "partial" and faults.strikes(item.key, self._ledger.known(dest, item.key).attempts + 1, since)
        return "partial" if struck else None

    def _remembered(self, platform: Platform, now: float) -> int | None:
        """Since when (epoch ms) a key is known; None: never."""
        if platform.remembers is None:
            return None
        if platform.remembers == timedelta.max:
            return 0
        return math.ceil((now - platform.remembers.total_seconds() / self._speed) * 1000)

    async def health(self, _request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def show_faults(self, request: web.Request) -> web.Response:
        faults, _ = self._faults.get(request.query.get("dest"), self._faults[None])
        return web.json_response(vars(faults))

    async def set_faults(self, request: web.Request) -> web.Response:
        """Replaces the script as a whole: keys not given fall back to their defaults. `?dest=` sets that of one destination alone."""
        try:
            given = json.loads(await request.read())
            if not isinstance(given, dict):
                raise ValueError("expected a JSON object")
            faults = parse_faults(given)
        except ValueError as error:
            return web.json_response({"error": str(error)}, status=400)
        self._faults[request.query.get("dest")] = (faults, self._now())
        return web.json_response(vars(faults))

    async def summary(self, request: web.Request) -> web.Response:
        return web.json_response(self._ledger.summary(request.query.get("dest")))

    async def ids(self, request: web.Request) -> web.Response:
        try:
            after, limit = int(request.query.get("after", "0")), int(request.query.get("limit", "1000"))
        except ValueError:
            return web.json_response({"error": "after, limit: expected integers"}, status=400)
        page = self._ledger.delivered(after, min(max(limit, 1), 10_000), request.query.get("dest"))
        return web.json_response(page)


class _Entries:
    """Writes the ledger's rows of one call."""

    def __init__(self, ledger: Ledger, now: float, dest: str, body: bytes) -> None:
        self.now, self.dest = now, dest
        self._ledger, self._entry = ledger, Entry.of(int(now * 1000), dest, body)

    def add(self, items: Sequence[Item], verdict: str) -> int:
        """A row for each item; for none of them one without key and person. Returns the last row's number."""
        rows = [self._ledger.add(self._entry, item.key or None, item.person or None, verdict) for item in items]
        return rows[-1] if rows else self._ledger.add(self._entry, None, None, verdict)


def _place(request: web.Request) -> tuple[str, str, str]:
    """(destination as the ledger names it, platform, path behind the prefix)."""
    # from the raw path: a "%2F" in a name is not a "/" of the route
    first, _, rest = request.rel_url.raw_path.removeprefix("/").partition("/")
    dest = unquote(first)
    name = dest.partition(".")[0]
    if name == "webhook" and dest == name and rest:
        dest = unquote(rest)
    return dest, name, "/" + "/".join(unquote(part) for part in rest.split("/"))


async def _read(request: web.Request, limit: int) -> bytes:
    """The body up to one byte more than a platform takes."""
    body = bytearray()
    while len(body) <= limit and (piece := await request.content.read(limit + 1 - len(body))):
        body += piece
    return bytes(body)


def _scripted(platform: Platform, faults: Faults, status: int, now: float) -> Reply:
    headers = {"Location": "/webhook"} if 300 <= status < 400 else {}  # whoever follows it is caught by the ledger
    if faults.resets_s is not None:
        headers.update(platform.rate_headers(Standing(1, 0, faults.resets_s, now, over=status == 429)))
    if faults.retry_after is not None:
        headers["Retry-After"] = faults.retry_after
    if status == 429 and faults.resets_s is not None:
        return _with(platform.refuse(status, "rate"), headers)
    return Reply(status, b"<html>scripted fault</html>", headers, "text/html")


def _with(reply: Reply, headers: Mapping[str, str]) -> Reply:
    return Reply(reply.status, reply.body, {**reply.headers, **headers}, reply.content_type)
