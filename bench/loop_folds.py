"""What the yardstick keeps of a cart session and of a session while they go on: each event is folded in at once."""

from __future__ import annotations

from typing import Any

CART_EVENTS = {"Product Added", "Product Removed", "Cart Viewed", "Order Completed"}
LISTED = 50


class Cart:
    """A cart session under way. items: None while no cart is open; else product_id → [quantity, name, price]."""

    __slots__ = (
        "adds", "cart_id", "changed", "currency", "first_add", "items", "last", "locale", "orders", "removes", "seen", "timezone", "user",
    )  # fmt: skip

    def __init__(self, user: str | None, left: Cart | None) -> None:
        """left: the device's cart session before, when something was left in it and counts still."""
        self.adds = self.removes = self.orders = self.last = 0
        self.user = user
        self.timezone: str | None = None
        self.locale: str | None = None
        self.seen = False
        self.items: dict[str, list[Any]] | None = None
        self.first_add: int | None = None
        self.changed = 0
        self.currency: str | None = None
        self.cart_id: str | None = None
        if left is not None:
            self.items, self.first_add, self.changed = left.items, left.first_add, left.changed
            self.currency, self.cart_id = left.currency, left.cart_id

    def take(self, name: str, t: int, p: dict[str, Any]) -> None:
        """Fold in one of CART_EVENTS. p: its properties."""
        self.seen = True
        self.currency = p.get("currency") or self.currency
        self.cart_id = p.get("cart_id") or self.cart_id
        if name == "Order Completed":
            self.orders += 1
            self.items = None
            return
        lines = p.get("products")
        if name == "Cart Viewed":
            if lines is None or (self.items is None and not lines):
                return
            before = self._opened(t)
            self.items = {}
        else:
            lines = [p] if lines is None else lines
            before = {}
        if name == "Product Removed":
            self._remove(lines, t)
            return
        items = self._opened(t)
        if name == "Product Added":
            self.adds += 1
        for line in lines:
            product = line["product_id"]
            item = items.get(product)
            if item is None:
                items[product] = item = [0, *before.get(product, (0, None, None))[1:]]
            item[0] += line.get("quantity") or 1
            item[1] = line.get("name") or item[1]
            item[2] = line.get("price", item[2])

    def _opened(self, t: int) -> dict[str, list[Any]]:
        self.changed = t
        if self.items is None:
            self.items, self.adds, self.removes, self.first_add = {}, 0, 0, t
        return self.items

    def _remove(self, lines: list[dict[str, Any]], t: int) -> None:
        items = self.items
        if items is None:
            return
        self.changed = t
        self.removes += 1
        for line in lines:
            item = items.get(line["product_id"])
            if item is not None:
                item[0] -= line.get("quantity") or 1
                if item[0] <= 0:
                    del items[line["product_id"]]


class Session:
    """A session under way."""

    __slots__ = (
        "adds", "campaign", "categories", "events", "filters", "landing", "last", "last_product", "last_query", "locale",
        "orders", "pages", "products", "referrer", "revenue", "searches", "started", "timezone", "user", "views",
    )  # fmt: skip

    def __init__(self, t: int) -> None:
        self.started = self.last = t
        self.events = self.pages = self.views = self.searches = self.filters = self.adds = self.orders = 0
        self.revenue = 0.0
        self.products: dict[str, None] = {}
        self.categories: dict[str, None] = {}
        self.user: str | None = None
        self.last_product: str | None = None
        self.last_query: str | None = None
        self.campaign: str | None = None
        self.referrer: str | None = None
        self.landing: str | None = None
        self.timezone: str | None = None
        self.locale: str | None = None

    def take(self, name: str, row: dict[str, Any]) -> None:
        """Fold in a clean event. row: its columns, absent ones left out."""
        self.events += 1
        if name == "Product Viewed":
            self.views += 1
            product = row.get("product_id")
            if product is not None:
                self.last_product = product
                if len(self.products) < LISTED:
                    self.products[product] = None
        elif name in ("Page Viewed", "Screen Viewed"):
            self.pages += 1
        elif name == "Product Added":
            self.adds += 1
        elif name == "Products Searched":
            self.searches += 1
            self.last_query = row.get("query", self.last_query)
        elif name == "Product List Filtered":
            self.filters += 1
        elif name == "Order Completed":
            self.orders += 1
            self.revenue += row.get("value", 0)
        category = row.get("category")
        if category is not None and len(self.categories) < LISTED:
            self.categories[category] = None
        if self.landing is None:
            self.landing = row.get("url")
        if self.referrer is None:
            self.referrer = row.get("referrer")
        if self.campaign is None:
            self.campaign = row.get("campaign")
