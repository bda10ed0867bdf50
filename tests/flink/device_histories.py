"""Seeded histories of devices: what they did, in the order it arrived, with disorder inside the bound."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import accumulate
from random import Random
from typing import Any

from tests.oracle.activity import CART_GAP, CART_MEMORY, SESSION_GAP
from tests.oracle.decode import DAY, Raw
from tests.oracle.instants import to_text
from tests.oracle.samples import HOUR, NOON

BOUND = 5000
"""An event arrives less than this many ms of event time after a newer one."""
STEPS = [
    0,
    0,
    1,
    50,
    999,
    20_000,
    20_000,
    60_000,
    CART_GAP - 1,
    CART_GAP,
    CART_GAP,
    CART_GAP + 1,
    SESSION_GAP - 1,
    SESSION_GAP,
    SESSION_GAP + 1,
    10**7,
]
OVER_DAYS = [
    *STEPS,
    20_000,
    20_000,
    20_000,
    5 * HOUR,
    20 * HOUR,
    50 * HOUR,
    CART_MEMORY - 1,
    CART_MEMORY,
    CART_MEMORY,
    CART_MEMORY + 1,
    4 * DAY,
]
"""Visits that come back for what they left, in time and too late; now and then nobody is named for more than seven days."""
PRODUCTS = ["p1", "p2", "p3", "é", "ﬀ\ue000", "😀", 'q"uote', "\u2028", "p\\1"]
EVENTS = {
    "Product Viewed": 6, "Product Added": 9, "Product Removed": 5, "Cart Viewed": 4, "Order Completed": 3, "Page Viewed": 3, "Screen Viewed": 1,
    "Products Searched": 2, "Product List Filtered": 1, "Email Opened": 2, "Grouped": 1, "Aliased": 2, "Identified": 2, "Checkout Started": 1,
    "Something Else": 1, "Order Refunded": 1,
}  # fmt: skip


def records(devices: int, events: int, seed: int, over_days: bool = False) -> list[Raw]:
    """Lines of `events.raw`, ids unique, in time. devices: how many; events: of each, about.

    over_days: visits lie days apart and a device seldom changes hands, so that carts live.
    """
    rng = Random(seed)
    sent = [line for number in range(devices) for line in _device(rng, number, rng.randrange(1, 2 * events), over_days)]
    # arrival moves by less than the bound: no newer event comes first by more than that
    sent.sort(key=lambda line: line["timestamp"] + rng.randrange(BOUND))
    arrived = accumulate((line["timestamp"] for line in sent), max)
    return [Raw(0, offset, at, json.dumps(line).encode()) for offset, (at, line) in enumerate(zip(arrived, _timed(sent), strict=True))]


def _timed(lines: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(lines):
        yield line | {"messageId": f"m{number}", "timestamp": to_text(line["timestamp"])}


def _device(rng: Random, number: int, events: int, over_days: bool) -> Iterator[dict[str, Any]]:
    t = NOON + rng.randrange(SESSION_GAP)
    people = [f"u{number % 7}", f"u{number}", "ü😀"]
    nobody = [None] * (30 if over_days else 3)
    has_device_id = number % 9 != 4
    for _ in range(events):
        t += rng.choice(OVER_DAYS if over_days else STEPS)
        event = rng.choices(list(EVENTS), list(EVENTS.values()))[0]
        line: dict[str, Any] = {"event": event, "timestamp": t}
        line["userId"] = people[1] if not has_device_id else rng.choice([*nobody, *people])
        if has_device_id:
            line["anonymousId"] = f"d{number}"
        if event == "Aliased":
            line["previousId"] = rng.choice([None, f"d{number}", f"d{rng.randrange(1 + number)}", *people])
            line["userId"] = line["userId"] or rng.choice([None, *people])
        yield line | {"properties": _properties(rng, event), "context": _context(rng)}


def _context(rng: Random) -> dict[str, Any]:
    return {
        "campaign": {"name": rng.choice([None, "spring", "summer"])},
        "timezone": rng.choice([None, None, "Europe/Paris", "Asia/Kolkata"]),
        "locale": rng.choice([None, None, "fr-FR", "en"]),
    }


def _properties(rng: Random, event: str) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "category": rng.choice([None, f"c{rng.randrange(70)}"]),
        "url": rng.choice([None, f"https://shop.example/{rng.randrange(9)}"]),
        "referrer": rng.choice([None, None, "https://search.example"]),
        "currency": rng.choice([None, "EUR", "JPY"]),
        "cart_id": rng.choice([None, None, f"cart{rng.randrange(3)}"]),
        "query": rng.choice([None, "tea", "Kanne"]),
        "value": rng.choice([None, 0, 12.5, "19.99", 9_999_999.99]),
    }
    if rng.random() < 0.8:
        properties |= _product(rng)
    if event in ("Product Added", "Product Removed", "Cart Viewed", "Order Completed") and rng.random() < (
        0.8 if event == "Cart Viewed" else 0.15
    ):
        properties["products"] = [_product(rng) for _ in range(rng.randrange(4))]
    return properties


def _product(rng: Random) -> dict[str, Any]:
    return {
        "product_id": rng.choice([None, *PRODUCTS, *PRODUCTS, f"v{rng.randrange(200)}"]),
        "name": rng.choice([None, "Tea", "Tasse „Blau“", "a\nb\t\u0001"]),
        "price": rng.choice([None, 1, 2.5, "3.10", 0, 1234567.891]),
        "quantity": rng.choice([None, 1, 1, 2, 3, 1000]),
    }
