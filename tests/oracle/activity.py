"""What devices did: runs of events without a gap, folded into sessions and carts; and who they belonged to."""

from __future__ import annotations

import hashlib
import json
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise
from typing import Any

from tests.oracle.decode import DAY, MINUTE, Line, Row
from tests.oracle.instants import to_text

SESSION_GAP = 30 * MINUTE
CART_GAP = 5 * MINUTE
CART_MEMORY = 72 * 60 * MINUTE
CART_EVENTS = {"Product Added", "Product Removed", "Cart Viewed", "Order Completed"}
NO_MONEY = Decimal("0.00")


@dataclass
class Item:
    """A product in a cart."""

    product_id: str
    name: str | None = None
    quantity: int = 0
    price: Decimal | None = None


@dataclass
class Cart:
    """A device's cart while it is folded. items: None when no cart is open; else product_id → Item, oldest first."""

    items: dict[str, Item] | None = None
    adds: int = 0
    removes: int = 0
    orders: int = 0
    first_add_at: int | None = None
    changed_at: int = 0
    cart_id: str | None = None
    currency: str | None = None

    def change_at(self, t: int) -> dict[str, Item]:
        """The content, of a new cart when none is open."""
        self.changed_at = t
        if self.items is None:
            self.items, self.adds, self.removes, self.first_add_at = {}, 0, 0, t
        return self.items

    def add(self, row: Row) -> None:
        lines = usable_lines(row)
        if not lines:
            return
        items = self.change_at(row.t)
        self.adds += 1
        for line in lines:
            put(items, line)

    def remove(self, row: Row) -> None:
        if self.items is None:
            return
        self.removes += 1
        self.changed_at = row.t
        for line in usable_lines(row):
            item = self.items.get(line.product_id or "")
            if item is not None:
                item.quantity -= min(line.quantity or 1, item.quantity)
                if item.quantity == 0:
                    del self.items[item.product_id]

    def replace(self, row: Row) -> None:
        if row.lines is None or (self.items is None and not usable_lines(row)):
            return
        before = self.change_at(row.t)
        self.items = {}
        for line in usable_lines(row):
            put(self.items, line)
        for item in self.items.values():
            known = before.get(item.product_id, item)
            item.name = known.name if item.name is None else item.name
            item.price = known.price if item.price is None else item.price

    def order(self, row: Row) -> None:
        self.orders += 1
        self.items = None


FOLD = {"Product Added": Cart.add, "Product Removed": Cart.remove, "Cart Viewed": Cart.replace, "Order Completed": Cart.order}


def usable_lines(row: Row) -> list[Line]:
    """The products an event names: its lines, or the one in its columns; those without a product_id left out."""
    columns = row.columns
    lines = [Line(columns["product_id"], columns["name"], columns["price"], columns["quantity"])] if row.lines is None else row.lines
    return [line for line in lines if line.product_id is not None]


def put(items: dict[str, Item], line: Line) -> None:
    """Add a line to a cart's content; a product not in it goes to the end."""
    assert line.product_id is not None
    item = items.setdefault(line.product_id, Item(line.product_id))
    item.quantity += line.quantity or 1
    item.name = item.name if line.name is None else line.name
    item.price = item.price if line.price is None else line.price


def runs(rows: list[Row], gap: int) -> Iterable[list[Row]]:
    """Cut rows of one device, in order, where two neighbours lie more than `gap` ms apart."""
    start = 0
    for i in range(1, len(rows) + 1):
        if i == len(rows) or rows[i].t - rows[i - 1].t > gap:
            yield rows[start:i]
            start = i


def by_device(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """The behavioural rows of each device, in event time, ties as they arrived."""
    devices: dict[str, list[Row]] = defaultdict(list)
    for row in sorted((row for row in rows if row.behavioural), key=lambda row: row.place):
        devices[row.device_id].append(row)
    return devices


@dataclass(frozen=True)
class Naming:
    """The device is said to be a person's. place: when. formerly: the id that person had until now, where the event says so."""

    place: tuple[int, int, int]
    person: str
    formerly: str | None = None


def namings(rows: Iterable[Row]) -> dict[str, list[Naming]]:
    """Per device everything that names somebody, in event time; of two at one place the first. rows: all, in any order."""
    found: dict[str, dict[tuple[int, int, int], Naming]] = defaultdict(dict)
    for row in rows:
        if row.user_id is None:
            continue
        if row.behavioural or any(device == row.device_id for device, _ in row.pairs):
            formerly = json.loads(row.raw.value or b"").get("previousId") if row.event == "Aliased" else None
            found[row.device_id][row.place] = Naming(row.place, row.user_id, formerly)
        for device, person in row.pairs:
            found[device].setdefault(row.place, Naming(row.place, person))
    return {device: sorted(by_place.values(), key=lambda naming: naming.place) for device, by_place in found.items()}


def arrivals_of_others(named: list[Naming]) -> list[tuple[int, int, int]]:
    """Places at which a device becomes somebody else's. Not when nobody was named in seven days, nor when a person goes by a new id."""
    return [
        after.place
        for before, after in pairwise(named)
        if after.place[0] - before.place[0] <= 7 * DAY and before.person not in (after.person, after.formerly)
    ]


def person_at(named: list[Naming], row: Row) -> str | None:
    """Who was last named on the device, up to and in this row; None when that is more than seven days ago."""
    last_one = last(naming for naming in named if naming.place <= row.place)
    return None if last_one is None or row.t - last_one.place[0] > 7 * DAY else last_one.person


def carts(rows: list[Row], named: list[Naming], gap: int = CART_GAP, memory: int = CART_MEMORY) -> Iterable[dict[str, Any]]:
    """The cart sessions of a device that hold a cart event, as rows.

    rows: what counts for carts, in order. named: what names somebody on this device. memory: ms a cart is kept after its last change.
    """
    borders = arrivals_of_others(named)
    persons: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        persons[bisect_right(borders, row.place)].append(row)
    for _, of_person in sorted(persons.items()):
        state = Cart()
        for run in runs(of_person, gap):
            if not state.items or run[0].t - state.changed_at > memory:
                state = Cart()
            state.adds = state.removes = state.orders = 0
            for row in run:
                if row.event in FOLD:
                    FOLD[row.event](state, row)
            state.cart_id = last([state.cart_id, *(row.columns["cart_id"] for row in run)])
            state.currency = last([state.currency, *(row.columns["currency"] for row in run)])
            if any(row.event in CART_EVENTS for row in run):
                yield cart_row(state, run, person_at(named, run[-1]), gap)


def cart_row(state: Cart, rows: list[Row], person: str | None, gap: int) -> dict[str, Any]:
    """state: at the end of the cart session that these rows are."""
    items = list((state.items or {}).values())
    return {
        "device_id": rows[0].device_id,
        "user_id": person,
        "cart_id": state.cart_id,
        "items": [{"product_id": i.product_id, "name": i.name, "quantity": i.quantity, "price": i.price} for i in items],
        "item_count": sum(item.quantity for item in items),
        "total": sum(((item.price or NO_MONEY) * item.quantity for item in items), NO_MONEY),
        "currency": state.currency,
        "adds": state.adds,
        "removes": state.removes,
        "orders": 0 if state.items is not None else state.orders,
        "first_add_at": state.first_add_at,
        "last_at": rows[-1].t,
        "ended_at": rows[-1].t + gap,
        "cart_hash": cart_hash(state.first_add_at, items),
        "timezone": last(row.columns["timezone"] for row in rows),
        "locale": last(row.columns["locale"] for row in rows),
    }


def cart_hash(first_add_at: int | None, items: list[Item]) -> str:
    """Changes with the opening and the content of a cart, not with prices or order."""
    text = "" if first_add_at is None else to_text(first_add_at)
    for item in sorted(items, key=lambda item: item.product_id):
        text += f"\n{item.product_id}\u001f{item.quantity}"
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def session(rows: list[Row], gap: int) -> dict[str, Any]:
    """One session → its row."""
    named = Names(rows)
    device, started = rows[0].device_id, rows[0].t
    return {
        "session_id": hashlib.sha256(f"{device}\u001f{to_text(started)}".encode("utf-8", "replace")).hexdigest()[:32],
        "device_id": device,
        "user_id": last(row.user_id for row in rows),
        "started_at": started,
        "last_at": rows[-1].t,
        "ended_at": rows[-1].t + gap,
        "events": len(rows),
        "pages": len(named.of("Page Viewed")) + len(named.of("Screen Viewed")),
        "product_views": len(named.of("Product Viewed")),
        "products": distinct(row.columns["product_id"] for row in named.of("Product Viewed")),
        "categories": distinct(row.columns["category"] for row in rows),
        "last_product_id": last(row.columns["product_id"] for row in named.of("Product Viewed")),
        "searches": len(named.of("Products Searched")),
        "last_query": last(row.columns["query"] for row in named.of("Products Searched")),
        "filters": len(named.of("Product List Filtered")),
        "adds": len(named.of("Product Added")),
        "orders": len(named.of("Order Completed")),
        "revenue": sum((row.columns["value"] or NO_MONEY for row in named.of("Order Completed")), NO_MONEY),
        "campaign": first(row.columns["campaign"] for row in rows),
        "referrer": first(row.columns["referrer"] for row in rows),
        "landing_url": first(row.columns["url"] for row in rows),
        "timezone": last(row.columns["timezone"] for row in rows),
        "locale": last(row.columns["locale"] for row in rows),
    }


@dataclass
class Names:
    """Rows by event name."""

    rows: list[Row]
    _named: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        for row in self.rows:
            self._named[row.event].append(row)

    def of(self, event: str) -> list[Row]:
        return self._named.get(event, [])


def first(values: Iterable[Any]) -> Any:
    """The first value that is not None, or None."""
    return next((value for value in values if value is not None), None)


def last(values: Iterable[Any]) -> Any:
    """The last value that is not None, or None."""
    return first(reversed(list(values)))


def distinct(values: Iterable[Any], most: int = 50) -> list[Any]:
    """Values that are not None, each once, by first sight, at most `most` of them."""
    return list(dict.fromkeys(value for value in values if value is not None))[:most]
