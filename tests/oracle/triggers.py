"""The two triggers as plain Python: a cart or session row → a candidate."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tests.oracle.decode import DAY, MINUTE
from tests.oracle.people import People
from tests.oracle.trigger_id import trigger_id

HOUR = 60 * MINUTE


@dataclass(frozen=True)
class Trigger:
    """The header of a trigger file. Durations in ms."""

    name: str
    template: str
    priority: int
    cancel_on: tuple[str, ...]
    cooldown: int
    max_age: int
    purpose: str = "marketing_email"
    destination: str = "default"
    version: int = 1
    send_after: int = 0


CART_ABANDONED = Trigger("cart_abandoned", "cart_reminder", 60, ("Order Completed",), 24 * HOUR, 6 * HOUR)
BROWSE_ABANDONED = Trigger("browse_abandoned", "browse_reminder", 40, ("Order Completed", "Product Added"), 24 * HOUR, 6 * HOUR)
assert DAY == 24 * HOUR


@dataclass(frozen=True)
class Candidate:
    """fired_at (T), since: epoch ms."""

    trigger: Trigger
    trigger_id: str
    device_id: str
    person_id: str
    occasion: str
    fired_at: int
    since: int
    payload: dict[str, Any]


def cart_abandoned(cart: dict[str, Any]) -> tuple[str, int, dict[str, Any]] | None:
    """(occasion, since, payload) of a cart that was left with something in it."""
    if cart["item_count"] < 1 or cart["orders"] > 0:
        return None
    return cart["cart_hash"], cart["first_add_at"], {name: cart[name] for name in ("items", "total", "currency")}


def browse_abandoned(session: dict[str, Any]) -> tuple[str, int, dict[str, Any]] | None:
    """(occasion, since, payload) of a session that looked at a product and put nothing in the cart."""
    product = session["last_product_id"]
    if session["product_views"] < 1 or session["adds"] > 0 or session["orders"] > 0 or product is None:
        return None
    return f"{session['session_id']}:{product}", session["started_at"], {"product_id": product, "products": session["products"]}


def candidates(
    carts: Iterable[dict[str, Any]], sessions: Iterable[dict[str, Any]], people: People, tenant: str, epoch: int
) -> list[Candidate]:
    """Every candidate of both triggers."""
    found = []
    for trigger, condition, rows in ((CART_ABANDONED, cart_abandoned, carts), (BROWSE_ABANDONED, browse_abandoned, sessions)):
        for row in rows:
            answer = condition(row)
            if answer is not None:
                occasion, since, payload = answer
                fired_at = row["ended_at"]
                person = people.person(row["device_id"], row["user_id"], fired_at)
                identity = trigger_id(tenant, trigger.name, epoch, person, occasion)
                found.append(Candidate(trigger, identity, row["device_id"], person, occasion, fired_at, since, payload))
    return found
