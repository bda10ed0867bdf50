"""Lines for load: plain Segment calls, made from ready byte fragments so that the generator is never the slow part."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import Any

SECOND = 1000
ACTS = {
    "Product Viewed": 50,
    "Page Viewed": 16,
    "Product Added": 12,
    "Products Searched": 8,
    "Product List Filtered": 4,
    "Product Removed": 4,
    "Cart Viewed": 3,
    "Order Completed": 3,
}
SESSION_EVENTS = 8
PAUSE = range(10, 31)  # seconds between two events of a session: 20 in the mean
TABLE = 16_381  # a prime, so that the tables below do not run in step


@dataclass(frozen=True)
class _Tables:
    """Drawn once: per event its fragment, how long to the next one, and whether the session ends with it."""

    fragments: list[bytes]
    pauses: list[int]
    lasts: list[bool]


def bursty(seed: int, events: int, users: int, *, start_ms: int, hours: float = 20.0) -> Iterator[tuple[str, bytes]]:
    """(key, value), in event time, of sessions of about 8 events, 20 s apart; users take turns, so all of them come.

    The times fill about `hours` from `start_ms` on: a replay of the file moves event time as a shop's day would.
    """
    tables, keys, people = _tables(seed), [f"d{i}" for i in range(users)], _people(users)
    order = list(range(users))
    Random(seed).shuffle(order)
    starts_per_second = events / SESSION_EVENTS / (hours * 3600)
    due: deque[list[int]] = deque([] for _ in range(PAUSE.stop))  # users whose next event is in 0, 1, 2 … seconds
    written = started = 0
    second = start_ms // SECOND
    while written < events:
        now = due.popleft()
        due.append([])
        until = int((second - start_ms // SECOND + 1) * starts_per_second)
        now += (order[i % users] for i in range(started, until))
        started = until
        clock, step = _clock(second), 1000 / len(now) if now else 0.0
        for place, user in enumerate(now):
            draw = written % TABLE
            yield keys[user], b"%b%b%03d%b%d%b" % (people[user], clock, place * step, b'Z","messageId":"m', written, tables.fragments[draw])
            written += 1
            if written == events:
                return
            if not tables.lasts[draw]:
                due[tables.pauses[draw] - 1].append(user)
        second += 1


def sparse(seed: int, events: int, users: int, *, start_ms: int, hours: float = 20.0) -> Iterator[tuple[str, bytes]]:
    """The worst case for state: users in turn, one event each, so that with `users / events × hours` > 0.5 h every event is a session."""
    tables, people = _tables(seed), _people(users)
    keys = [f"d{i}" for i in range(users)]
    order = list(range(users))
    Random(seed).shuffle(order)
    step = hours * 3_600_000 / events
    second, clock = -1, b""
    for written in range(events):
        now, millis = divmod(start_ms + int(written * step), SECOND)
        if now != second:
            second, clock = now, _clock(now)
        user = order[written % users]
        fragment = tables.fragments[written % TABLE]
        yield keys[user], b"%b%b%03d%b%d%b" % (people[user], clock, millis, b'Z","messageId":"m', written, fragment)


def _people(users: int) -> list[bytes]:
    """The beginning of a line: who. One in three is logged in."""
    return [
        b'{"type":"track","anonymousId":"d%d"%b,"timestamp":"' % (user, b',"userId":"u%d"' % user if user % 3 == 0 else b"")
        for user in range(users)
    ]


def _clock(second: int) -> bytes:
    return f"{datetime.fromtimestamp(second, UTC):%Y-%m-%dT%H:%M:%S}.".encode()


def _tables(seed: int) -> _Tables:
    rng = Random(seed)
    kinds = rng.choices(list(ACTS), list(ACTS.values()), k=TABLE)
    return _Tables(
        fragments=[_fragment(rng, kind) for kind in kinds],
        pauses=[rng.choice(PAUSE) for _ in range(TABLE)],
        lasts=[rng.random() < 1 / SESSION_EVENTS for _ in range(TABLE)],
    )


def _fragment(rng: Random, event: str) -> bytes:
    """The end of a line: what, with the context a browser sends. About 500 bytes."""
    number = int(rng.random() ** 2 * 5000)
    product = {
        "product_id": f"p{number}",
        "sku": f"S-{number}",
        "name": f"Thing {number}",
        "brand": f"Brand {number % 40}",
        "category": f"Category {number % 25}",
        "price": round(4 + number * 0.03, 2),
    }
    properties: dict[str, Any] = {"url": f"https://shop.example/p/{number}"}
    match event:
        case "Product Viewed":
            properties |= product
        case "Product Added" | "Product Removed":
            properties |= product | {"quantity": 1, "cart_id": f"c{number}", "currency": "EUR"}
        case "Cart Viewed" | "Order Completed":
            properties |= {"order_id": f"o{number}", "total": product["price"], "currency": "EUR", "products": [product | {"quantity": 1}]}
        case "Products Searched":
            properties |= {"query": f"thing {number % 300}"}
    context = {
        "ip": "192.0.2.1",
        "locale": "en-GB",
        "userAgent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
        "page": {"path": f"/p/{number}", "url": f"https://shop.example/p/{number}", "referrer": "https://search.example/"},
        "library": {"name": "analytics.js", "version": "2.1.0"},
    }
    rest = json.dumps({"event": event, "properties": properties, "context": context}, separators=(",", ":"))
    return b'",' + rest[1:].encode()
