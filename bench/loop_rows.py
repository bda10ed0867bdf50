"""Rows the yardstick writes when a cart session or a session is over."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import orjson

from bench.loop_folds import Cart, Session
from bench.loop_text import iso

HOUR = 3_600_000
DAY = 24 * HOUR
_ANY = {
    "version": 1,
    "destination": "default",
    "purpose": "marketing_email",
    "cooldown_ms": DAY,
    "max_age_ms": 6 * HOUR,
    "send_after_ms": 0,
    "needs_address": False,
}
CART_ABANDONED: dict[str, Any] = {
    **_ANY,
    "trigger": "cart_abandoned",
    "template": "cart_reminder",
    "priority": 60,
    "cancel_on": ["Order Completed"],
}
BROWSE_ABANDONED: dict[str, Any] = {
    **_ANY,
    "trigger": "browse_abandoned",
    "template": "browse_reminder",
    "priority": 40,
    "cancel_on": ["Order Completed", "Product Added"],
}
"""What each candidate of a trigger says; the rest depends on who and when."""


def cart_row(device: str, cart: Cart, ended: int) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """(row of `carts`, its items). ended: epoch ms."""
    items = cart.items or {}
    listed = [{"product_id": product, "name": name, "quantity": n, "price": price} for product, (n, name, price) in items.items()]
    first_add = None if cart.first_add is None else iso(cart.first_add)
    content = "".join([f"\n{product}\x1f{items[product][0]}" for product in sorted(items)])
    row = {
        "device_id": device,
        "user_id": cart.user,
        "cart_id": cart.cart_id,
        "items": orjson.dumps(listed).decode(),
        "item_count": sum([item[0] for item in items.values()]),
        "total": round(sum([n * (price or 0) for n, _, price in items.values()]), 2),
        "currency": cart.currency,
        "adds": cart.adds,
        "removes": cart.removes,
        "orders": 0 if cart.items is not None else cart.orders,
        "first_add_at": first_add,
        "last_at": iso(cart.last),
        "ended_at": iso(ended),
        "cart_hash": sha256(f"{first_add or ''}{content}".encode()).hexdigest(),
        "timezone": cart.timezone,
        "locale": cart.locale,
    }
    return row, listed


def session_row(device: str, session: Session, ended: int) -> dict[str, Any]:
    """Row of `sessions`. ended: epoch ms."""
    started = iso(session.started)
    return {
        "session_id": sha256(f"{device}\x1f{started}".encode()).hexdigest()[:32],
        "device_id": device,
        "user_id": session.user,
        "started_at": started,
        "last_at": iso(session.last),
        "ended_at": iso(ended),
        "events": session.events,
        "pages": session.pages,
        "product_views": session.views,
        "products": orjson.dumps(list(session.products)).decode(),
        "categories": orjson.dumps(list(session.categories)).decode(),
        "last_product_id": session.last_product,
        "searches": session.searches,
        "last_query": session.last_query,
        "filters": session.filters,
        "adds": session.adds,
        "orders": session.orders,
        "revenue": round(session.revenue, 2),
        "campaign": session.campaign,
        "referrer": session.referrer,
        "landing_url": session.landing,
        "timezone": session.timezone,
        "locale": session.locale,
    }
