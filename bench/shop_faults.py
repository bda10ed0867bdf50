"""What goes wrong at a shop's producers: lines nobody can use, and usable ones with a bad field."""

from __future__ import annotations

from random import Random
from typing import Any

from bench.shop_calls import encoded
from bench.shop_people import iso

TOO_LARGE = 262_145


def poison(rng: Random, device: str, t: int) -> bytes | None:
    """A line that must end in dead letters; None is a tombstone. t: epoch ms, which none of them moves event time beyond."""
    good = {"type": "track", "event": "Product Viewed", "anonymousId": device, "timestamp": iso(t), "properties": {"product_id": "p1"}}
    kind = rng.random()
    if kind < 0.4:
        return not_json(rng, encoded(good))
    if kind < 0.5:
        return rng.choice((b"[]", b"42", b'"Product Viewed"', b"null", b"[" + encoded(good) + b"]"))
    if kind < 0.99:
        return encoded(changed(rng, good))
    return encoded({**good, "padding": "x" * TOO_LARGE})


def not_json(rng: Random, good: bytes) -> bytes | None:
    return rng.choice(
        (
            None,
            b"",
            b" \n\t",
            good[:-1],
            good[: len(good) // 2],
            good + good,
            good + b" trailing",
            b"\xef\xbb\xbf" + good,
            good.replace(b"Product Viewed", b"Product \xff Viewed"),
            good.replace(b'"p1"', b"NaN"),
            good.replace(b'"p1"', b"0123"),
            good.replace(b'"', b"'"),
            b'{"anonymousId":"deep","event":"x","properties":' + b"[" * 5000 + b"]" * 5000 + b"}",
            b"event=Product+Viewed&anonymousId=1",
            b"\x00\x00\x00\x00\x01\x02",
        )
    )


def changed(rng: Random, good: dict[str, Any]) -> dict[str, Any]:
    """A JSON object that lacks an id, an event or a readable time."""
    return {
        **good,
        **rng.choice(
            (
                {"anonymousId": None},
                {"anonymousId": "   "},
                {"anonymousId": {"id": 1}, "userId": []},
                {"anonymousId": True},
                {"anonymousId": "x" * 257},
                {"event": None},
                {"event": "", "type": "track"},
                {"event": 7, "type": "purchase"},
                {"event": ["Product Viewed"]},
                {"timestamp": "yesterday"},
                {"timestamp": "2026-02-30T10:00:00Z"},
                {"timestamp": ""},
                {"timestamp": -5},
                {"timestamp": {"iso": good["timestamp"]}},
                {"timestamp": None, "sentAt": good["timestamp"]},
            )
        ),
    }


def blemished(rng: Random, line: dict[str, Any]) -> dict[str, Any]:
    """The same line with one bad field beside good ones: a row with a flag."""
    properties = line.get("properties") or {}
    blemishes: list[dict[str, Any]] = [
        {"properties": {**properties, "price": "12,50 EUR"}},
        {"properties": {**properties, "price": -1}},
        {"properties": {**properties, "quantity": 0}},
        {"properties": {**properties, "quantity": 1.5}},
        {"properties": {**properties, "category": ["A", "B"]}},
        {"properties": {**properties, "brand": {"name": "Acme"}}},
        {"properties": {**properties, "query": "x" * 3000, "price": "7.005", "quantity": "2"}},
        {"properties": {**properties, "products": "p1"}},
        {"properties": {**properties, "products": [None, "p1", {}, {"product_id": ["p1"]}, {"product_id": 7, "quantity": "many"}]}},
        {"receivedAt": "soon"},
        {"sentAt": 12345678901234567890},
    ]
    if "userId" not in line and "user_id" not in line:
        blemishes.append({"userId": {"id": 1}})
    return {**line, **rng.choice(blemishes)}
