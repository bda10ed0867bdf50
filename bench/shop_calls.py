"""How a shop's events are written down: as Segment calls, or with the names and shapes of GA4 and Snowplow."""

from __future__ import annotations

import json
from random import Random
from typing import Any, Literal, NamedTuple

from bench.shop_people import iso

Style = Literal["segment", "ga4", "snowplow"]

GA4 = {
    "Page Viewed": "page_view",
    "Product Viewed": "view_item",
    "Product Added": "add_to_cart",
    "Product Removed": "remove_from_cart",
    "Cart Viewed": "view_cart",
    "Checkout Started": "begin_checkout",
    "Order Completed": "purchase",
    "Order Refunded": "refund",
    "Products Searched": "search",
    "Product List Viewed": "view_item_list",
    "Product Added to Wishlist": "add_to_wishlist",
}
SNOWPLOW = {
    "Page Viewed": "page_view",
    "Product Viewed": "product_view",
    "Product Added": "add_to_cart",
    "Product Removed": "remove_from_cart",
    "Order Completed": "transaction",
    "Order Refunded": "refund",
    "Product List Viewed": "list_view",
}
GA4_ITEM = {
    "product_id": "item_id",
    "name": "item_name",
    "brand": "item_brand",
    "category": "item_category",
    "price": "price",
    "quantity": "quantity",
}
GA4_FIELDS = {"order_id": "transaction_id", "query": "search_term", "url": "page_location", "referrer": "page_referrer"}


class Call(NamedTuple):
    """One thing that happened, before it is written. t: epoch ms. event: canonical. properties: as Segment has them."""

    t: int
    device: str | None
    user: str | None
    event: str
    properties: dict[str, Any]


def written(call: Call, style: Style, rng: Random) -> dict[str, Any]:
    """A line as a producer would send it: ids, name, time and properties in one of the forms in use."""
    ids = identified(call, rng)
    if call.event == "Aliased":
        return {"type": "alias", "previousId": call.device, "userId": call.user, **timed(call.t, rng)}
    if call.event == "Identified":
        return {"type": "identify", **ids, "traits": {"plan": "made-up"}, **timed(call.t, rng)}
    line: dict[str, Any] = {"type": "track", "event": call.event, **ids, "properties": call.properties, **timed(call.t, rng)}
    if call.event == "Page Viewed" and style == "segment":
        line["type"] = "page"
        del line["event"]
    if style == "ga4":
        line["event"], line["properties"] = GA4.get(call.event, call.event), ga4(call.properties, rng)
    elif style == "snowplow":
        line["event"], line["properties"] = SNOWPLOW.get(call.event, call.event), snowplow(call.event, call.properties)
    if rng.random() < 0.3:
        consent = {"categoryPreferences": {"Advertising": rng.random() < 0.5}}
        line["context"] = {
            "locale": "en-GB",
            "timezone": "Europe/London",
            "campaign": {"name": "spring", "source": "mail"},
            "consent": consent,
        }
    return line


def identified(call: Call, rng: Random) -> dict[str, Any]:
    """The id fields: a device whose number is all digits sends it as one; some producers write snake case."""
    snake = rng.random() < 0.02
    ids: dict[str, Any] = {}
    if call.device is not None:
        ids["anonymous_id" if snake else "anonymousId"] = int(call.device) if call.device.isdecimal() else call.device
    if call.user is not None:
        ids["user_id" if snake else "userId"] = call.user
    return ids


def timed(t: int, rng: Random) -> dict[str, Any]:
    """The time fields, all meaning `t`; `receivedAt` is the broker's to add."""
    draw = rng.random()
    if draw < 0.70:
        return {"timestamp": iso(t)}
    if draw < 0.80:
        return {"originalTimestamp": iso(t), "sentAt": iso(t + rng.randrange(3000))}
    if draw < 0.85:
        return {"timestamp": t}
    if draw < 0.90:
        return {"timestamp": t / 1000}
    if draw < 0.95:
        return {"timestamp": iso(t + 7_200_000).replace("Z", "+02:00"), "sentAt": iso(t)}
    return {"timestamp": iso(t).replace("T", " ").removesuffix("Z")}


def ga4(properties: dict[str, Any], rng: Random) -> dict[str, Any]:
    """Products move into `items`, now and then inside `ecommerce` as the dataLayer has them."""
    products = properties.get("products", [properties] if "product_id" in properties else None)
    found = {GA4_FIELDS.get(name, name): value for name, value in properties.items() if name not in GA4_ITEM and name != "products"}
    if products is None:
        return found
    items = [{GA4_ITEM[name]: value for name, value in product.items() if name in GA4_ITEM} for product in products]
    return {**found, "ecommerce": {"items": items}} if rng.random() < 0.3 else {**found, "items": items}


def snowplow(event: str, properties: dict[str, Any]) -> dict[str, Any]:
    """A viewed product is an entity, those of a cart are a list of entities; their key is `id`."""
    found = {name: value for name, value in properties.items() if name not in GA4_ITEM and name != "products"}
    if "products" in properties:
        return {**found, "products": [entity(product) for product in properties["products"]]}
    if "product_id" not in properties:
        return found
    return {**found, "product": entity(properties)} if event == "Product Viewed" else {**found, "products": [entity(properties)]}


def entity(product: dict[str, Any]) -> dict[str, Any]:
    return {("id" if name == "product_id" else name): value for name, value in product.items() if name in GA4_ITEM}


def encoded(line: dict[str, Any]) -> bytes:
    """A line as bytes, non-ASCII text as it is."""
    return json.dumps(line, separators=(",", ":"), ensure_ascii=False).encode()
