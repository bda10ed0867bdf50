"""What one device does in one visit: bursts of events about 20 s apart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from bench.shop_calls import Call, Style

SECOND, MINUTE = 1000, 60_000
CATEGORIES = ("Tents", "Stoves", "Boots", "Séjour", "Lamps", "Maps")
ACTS = {
    "Product Viewed": 42,
    "Page Viewed": 14,
    "Product Added": 12,
    "Cart Viewed": 6,
    "Products Searched": 6,
    "Product Removed": 4,
    "Product List Viewed": 4,
    "Product List Filtered": 4,
    "Checkout Started": 3,
    "Order Completed": 3,
    "Product Added to Wishlist": 1,
    "Quiz Started": 1,
}
ODD_GAPS = (0, 0, 5 * MINUTE, 5 * MINUTE + 1, 6 * MINUTE, 8 * MINUTE, 30 * MINUTE, 30 * MINUTE + 1)
"""Where sessions and carts are cut, and where they are just not."""


@dataclass
class Device:
    """owner: the person who logs in on it, if anyone ever does. user: who is logged in now. says_user: every event names the user."""

    device_id: str
    owner: str | None
    style: Style
    user: str | None = None
    says_user: bool = False


def visit(rng: Random, device: Device, t: int, end: int) -> Iterator[Call]:
    """Calls of one visit that begins at `t`, none at or after `end` (epoch ms)."""
    cart: list[dict[str, Any]] = []
    login_at = rng.randrange(12) if device.owner is not None and device.user is None else -1
    for i in range(1 + int(rng.expovariate(1 / 7.5))):
        if t >= end:
            return
        if i == login_at:
            device.user, device.says_user = device.owner, rng.random() < 0.4
            yield Call(t, device.device_id, device.user, "Aliased" if rng.random() < 0.1 else "Identified", {})
        else:
            user = device.user if device.user is not None and (device.says_user or rng.random() < 0.1) else None
            yield act(rng, device, user, t, cart)
        t += rng.choice(ODD_GAPS) if rng.random() < 0.04 else int(rng.expovariate(1 / (20 * SECOND)))


def act(rng: Random, device: Device, user: str | None, t: int, cart: list[dict[str, Any]]) -> Call:
    """One event; `cart` is what the producer believes is in the cart, and it follows."""
    event = rng.choices(list(ACTS), list(ACTS.values()))[0]
    properties: dict[str, Any] = {"url": f"https://shop.example/{rng.randrange(99)}"}
    match event:
        case "Product Viewed" | "Product Added to Wishlist":
            properties |= product(rng)
        case "Product Added":
            chosen = {**product(rng), "quantity": rng.choice((1, 1, 1, 2, 3))}
            cart.append(chosen)
            properties |= chosen | {"cart_id": f"c-{device.device_id}", "currency": "EUR"}
            if rng.random() < 0.1:
                del properties["quantity"]
        case "Product Removed":
            chosen = rng.choice(cart) if cart and rng.random() < 0.9 else product(rng)
            properties |= {"product_id": chosen["product_id"], "quantity": rng.choice((1, 1, chosen.get("quantity", 1)))}
            if chosen in cart:
                cart.remove(chosen)
        case "Cart Viewed" if rng.random() < 0.6:
            shown = [{k: v for k, v in line.items() if k != "price" or rng.random() < 0.8} for line in cart]
            properties |= {"products": shown, "currency": "EUR"}
        case "Order Completed" | "Checkout Started":
            total = sum(line["price"] * line.get("quantity", 1) for line in cart)
            properties |= {"order_id": f"o-{device.device_id}-{t}", "total": round(total, 2), "currency": "EUR", "products": list(cart)}
            if event == "Order Completed":
                cart.clear()
        case "Products Searched":
            properties |= {"query": rng.choice(("tent", "rain boots", "café", "лампа"))}
        case "Page Viewed":
            properties |= {"referrer": rng.choice(("https://search.example/", "https://news.example/"))}
    return Call(t, device.device_id, user, event, properties)


def product(rng: Random) -> dict[str, Any]:
    """One of 400; its price follows from its number, but for a sale now and then."""
    number = int(rng.random() ** 2 * 400)
    price = round(4 + number * 0.37 - (1 if rng.random() < 0.1 else 0), 2)
    return {
        "product_id": f"p{number}",
        "name": f"Thing № {number}",
        "brand": f"Brand {number % 7}",
        "category": CATEGORIES[number % len(CATEGORIES)],
        "price": price,
    }
