"""What happens in the made shop, and the lines a shop's collector would write of it."""

from __future__ import annotations

import json
from dataclasses import dataclass

from rekindle.demo.catalogue import CURRENCY, product
from rekindle.demo.people import iso

VIEWED, ADDED, ORDERED, IDENTIFIED = "Product Viewed", "Product Added", "Order Completed", "Identified"


@dataclass(frozen=True)
class Happening:
    """One event. at: epoch ms. device_id: None = told by the shop's server, which knows the person alone. articles: OTTO's numbers."""

    at: int
    event: str
    device_id: str | None
    person_id: str | None = None
    articles: tuple[int, ...] = ()

    @property
    def device(self) -> str:
        """Where the suite counts it."""
        return self.device_id or f"user:{self.person_id}"


@dataclass(frozen=True)
class Record:
    """A Kafka record to be. at: record time in epoch ms; None = now."""

    topic: str
    key: str
    value: bytes | None
    at: int | None = None


def record(happening: Happening, message_id: str) -> Record:
    """A Segment-shaped line of `events.raw`, in the partition of its device."""
    line: dict[str, object] = {"messageId": message_id, "timestamp": iso(happening.at)}
    line |= {"anonymousId": happening.device_id} if happening.device_id else {}
    line |= {"userId": happening.person_id} if happening.person_id else {}
    if happening.event == IDENTIFIED:
        line |= {"type": "identify", "traits": {"plan": "made-up"}}
    else:
        line |= {"type": "track", "event": happening.event, "properties": _properties(happening, message_id)}
    line["context"] = {"library": {"name": "rekindle-demo"}, "locale": "de-DE"}
    return Record("events.raw", happening.device, json.dumps(line).encode())


def _properties(happening: Happening, message_id: str) -> dict[str, object]:
    products = [product(article) for article in happening.articles]
    if happening.event == ORDERED:
        total = round(sum(one.price for one in products), 2)
        return {"order_id": f"order-{message_id}", "total": total, "currency": CURRENCY, "products": [one.line() for one in products]}
    one = products[0]
    return one.line() | {"category": one.category, "currency": CURRENCY, "url": f"https://shop.example/{one.product_id}"}
