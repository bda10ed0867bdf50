"""The yardstick's logic: what `ingest` and `evaluate` do to well-formed Segment calls, as one plain Python loop would.

Written to be quick: it folds each event into its cart and session at once, knows one spelling of every field, keeps all state in dicts and
forgets it when the process ends. A device's lines lie in one partition, so each partition is a world of its own with its own clock.
It relies on two things that the jobs do not need: a device's lines come in event-time order, and whatever is broken may be dropped.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import orjson

from bench.loop_folds import CART_EVENTS, Cart, Session
from bench.loop_rows import BROWSE_ABANDONED, CART_ABANDONED, DAY, cart_row, session_row
from bench.loop_text import corrected, iso, millis, trigger_id
from udfs import mapping

Emit = Callable[[str, str, dict[str, Any], int], None]
"""(topic, key, row, record time in epoch ms)."""

COLUMNS = (
    "product_id", "sku", "name", "brand", "category", "price", "quantity", "currency", "cart_id", "order_id", "checkout_id", "coupon",
    "query", "url", "referrer", "email_id", "link_url",
)  # fmt: skip


class Partition:
    """One partition's state. Carts and sessions lie in the order of their last event, so those that are over come first."""

    def __init__(self) -> None:
        self.carts: OrderedDict[str, Cart] = OrderedDict()
        self.left: dict[str, Cart] = {}
        self.sessions: OrderedDict[str, Session] = OrderedDict()
        self.persons: dict[str, str] = {}


class Loop:
    """Takes lines, emits rows of events, identities, carts, sessions and trigger_candidates.

    Gaps, arbitration and out_of_orderness in ms. profiles: person_id → value, filled by the caller.
    """

    def __init__(
        self,
        emit: Emit,
        *,
        cart_gap: int = 300_000,
        cart_memory: int = 3 * DAY,
        session_gap: int = 1_800_000,
        arbitration: int = 30_000,
        out_of_orderness: int = 5000,
        tenant: str = "default",
        epoch: int = 1,
    ) -> None:
        self._emit = emit
        self._cart_gap, self._session_gap, self._arbitration, self._slack = cart_gap, session_gap, arbitration, out_of_orderness
        self._cart_memory = cart_memory
        self._tenant, self._epoch = tenant, epoch
        self._partitions: dict[int, Partition] = {}
        self._fresh: set[str] = set()
        self._older: set[str] = set()
        self._turned = 0
        self._arrived, self._arrived_text = 0, ""
        table = mapping.load()
        self._names = table.aliases() | {name: name for name in table.events}
        self._passive = {name for name, event in table.events.items() if not event.behavioural}
        self.profiles: dict[str, dict[str, Any]] = {}
        self.dropped = 0

    def take(self, number: int, received_at: int, value: bytes) -> None:
        """One line of partition `number`, which the broker took at `received_at`."""
        try:
            event = orjson.loads(value)
            name = event.get("event")
            given = event["timestamp"] if "sentAt" not in event else None
            t = millis(given) if given is not None else corrected(event)
        except (ValueError, KeyError, TypeError, AttributeError):
            self.dropped += 1
            return
        partition = self._partitions.get(number)
        if partition is None:
            partition = self._partitions[number] = Partition()
        if name == "$heartbeat":
            self._close(partition, min(t, received_at) - self._slack)
            return
        anonymous, user = event.get("anonymousId"), event.get("userId")
        device = anonymous or (user and f"user:{user}")
        if not device or not name or self._is_repeat(event.get("messageId"), received_at):
            self.dropped += 1
            return
        if t > received_at:
            t, given = received_at, None
        name = self._names.get(name) or self._names.get(name.lower(), name)
        self._close(partition, t - self._slack)
        row, p = self._clean(event, name, device, user, t, given, received_at)
        self._emit("events", device, row, t)
        before = partition.persons.get(device)
        if user and anonymous and before != user:
            partition.persons[device] = user
            self._emit("identities", device, {"device_id": device, "person_id": user, "at": row["event_time"]}, t)
        if t >= received_at - DAY and name not in self._passive:
            self._fold(partition, device, user, before, name, t, row, p)

    def _is_repeat(self, message: str | None, now: int) -> bool:
        """Two sets take turns, so that an id is kept for a day at least and two at most."""
        if now - self._turned > DAY:
            self._fresh, self._older, self._turned = set(), self._fresh, now
        if message is None:
            return False  # such a line could only be told by its content
        if message in self._fresh or message in self._older:
            return True
        self._fresh.add(message)
        return False

    def _clean(
        self, event: dict[str, Any], name: str, device: str, user: str | None, t: int, given: str | None, received_at: int
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """(row of `events`, properties)."""
        p, context = event.get("properties") or {}, event.get("context") or {}
        if received_at != self._arrived:  # the broker stamps whole batches
            self._arrived, self._arrived_text = received_at, iso(received_at)
        row: dict[str, Any] = {
            "event_id": event.get("messageId"),
            "event": name,
            "device_id": device,
            "event_time": given if given is not None and len(given) == 24 and given[-1] == "Z" else iso(t),
            "received_at": self._arrived_text,
        }
        if user:
            row["user_id"] = user
        for column in COLUMNS:
            if column in p:
                row[column] = p[column]
        value = p.get("value", p.get("total", p.get("revenue")))
        if value is not None:
            row["value"] = round(value, 2)
        if "price" in row:
            row["price"] = round(row["price"], 2)
        if context:
            page, library, campaign = context.get("page"), context.get("library"), context.get("campaign")
            if page:
                if "url" not in row and "url" in page:
                    row["url"] = page["url"]
                if "referrer" not in row and "referrer" in page:
                    row["referrer"] = page["referrer"]
            if library:
                row["source"] = library.get("name")
            if campaign:
                row["campaign"] = campaign.get("name")
            if "locale" in context:
                row["locale"] = context["locale"]
            if "timezone" in context:
                row["timezone"] = context["timezone"]
        if p:
            row["properties"] = orjson.dumps(p).decode()
        return row, p

    def _fold(
        self,
        partition: Partition,
        device: str,
        user: str | None,
        before: str | None,
        name: str,
        t: int,
        row: dict[str, Any],
        p: dict[str, Any],
    ) -> None:
        cart = partition.carts.get(device)
        others = user is not None and before is not None and user != before
        if cart is not None and (others or t - cart.last > self._cart_gap):
            del partition.carts[device]
            self._close_cart(partition, device, cart)
            cart = None
        if cart is None:
            left = partition.left.pop(device, None)
            keeps = left is not None and not others and t - left.changed <= self._cart_memory
            cart = partition.carts[device] = Cart(before, left if keeps else None)
        else:
            partition.carts.move_to_end(device)
        cart.last = t
        session = partition.sessions.get(device)
        if session is not None and t - session.last > self._session_gap:
            del partition.sessions[device]
            self._close_session(partition, device, session)
            session = None
        if session is None:
            session = partition.sessions[device] = Session(t)
        else:
            partition.sessions.move_to_end(device)
        session.last = t
        if user:
            cart.user = session.user = user
        if "locale" in row:
            cart.locale = session.locale = row["locale"]
        if "timezone" in row:
            cart.timezone = session.timezone = row["timezone"]
        if name in CART_EVENTS:
            cart.take(name, t, p)
        session.take(name, row)

    def _close(self, partition: Partition, clock: int) -> None:
        """Emit what is over at `clock`."""
        carts, over = partition.carts, clock - self._cart_gap
        while carts:
            device = next(iter(carts))
            if carts[device].last > over:
                break
            self._close_cart(partition, device, carts.pop(device))
        sessions, over = partition.sessions, clock - self._session_gap
        while sessions:
            device = next(iter(sessions))
            if sessions[device].last > over:
                break
            self._close_session(partition, device, sessions.pop(device))

    def _close_cart(self, partition: Partition, device: str, cart: Cart) -> None:
        if cart.items:
            partition.left[device] = cart
        if not cart.seen:
            return
        ended = cart.last + self._cart_gap
        row, items = cart_row(device, cart, ended)
        self._emit("carts", device, row, ended)
        if row["item_count"] and not row["orders"]:
            payload = {"items": items, "total": row["total"], "currency": cart.currency}
            self._fire(partition, CART_ABANDONED, device, cart.user, row["cart_hash"], ended, row["first_add_at"], payload)

    def _close_session(self, partition: Partition, device: str, session: Session) -> None:
        ended = session.last + self._session_gap
        row = session_row(device, session, ended)
        self._emit("sessions", device, row, ended)
        product = session.last_product
        if product is not None and not session.adds and not session.orders:
            payload = {"product_id": product, "products": list(session.products)}
            occasion = f"{row['session_id']}:{product}"
            self._fire(partition, BROWSE_ABANDONED, device, session.user, occasion, ended, row["started_at"], payload)

    def _fire(
        self,
        partition: Partition,
        trigger: dict[str, Any],
        device: str,
        user: str | None,
        occasion: str,
        ended: int,
        since: str | None,
        payload: dict[str, Any],
    ) -> None:
        person = user or partition.persons.get(device) or device
        profile = self.profiles.get(person)
        identity = trigger_id(f"{self._tenant}\x1f{trigger['trigger']}\x1f{self._epoch}\x1f{person}\x1f{occasion}\x1f0")
        row = {
            **trigger,
            "trigger_id": identity,
            "person_id": person,
            "device_id": device,
            "occasion": occasion,
            "fired_at": iso(ended),
            "since": since,
            "decide_at": iso(ended + self._arbitration),
            "expires_at": iso(ended + trigger["max_age_ms"]),
            "payload": orjson.dumps(payload).decode(),
            "profile_found": profile is not None,
        }
        if profile is not None:
            row["consent"] = profile["consent"].get("marketing_email")
        self._emit("trigger_candidates", person, row, ended)
