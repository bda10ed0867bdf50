"""What people did, in words: events, receipts, visits, carts."""

from __future__ import annotations

from typing import Any

import orjson

from rekindle.workbench.index.rows import ORDER
from rekindle.workbench.why.lookup import Body, Fact
from rekindle.workbench.why.words import amount, count, listed, moment

_MOST_ITEMS = 3
_RECEIPTS = {
    "Email Delivered": "The e-mail platform says that {mail} was delivered",
    "Email Opened": "Opened {mail}",
    "Email Link Clicked": "Clicked a link in {mail}",
    "Email Bounced": "{mail} bounced",
    "Email Marked as Spam": "Marked {mail} as spam",
    "Unsubscribed": "Unsubscribed by {mail}",
}


def event(fact: Fact, trigger: str | None) -> str:
    """An event of the person. trigger: whose mail it is about."""
    body = fact.body
    if fact.word in _RECEIPTS:
        return _receipt(fact, trigger)
    place = _device(fact)
    if fact.word == ORDER:
        worth = f" for {amount(body['value'], body.get('currency'))}" if body.get("value") else ""
        number = f" (order {body['order_id']})" if body.get("order_id") else ""
        return f"Ordered{worth}{number}{place}.{_late(body)}"
    thing = body.get("name") or body.get("product_id") or body.get("order_id") or body.get("query")
    return f"{fact.word}{f': {thing}' if thing else ''}{place}.{_late(body)}"


def _receipt(fact: Fact, trigger: str | None) -> str:
    mail = f"the mail of {trigger}" if trigger else f"mail {fact.body['email_id']}" if fact.body.get("email_id") else "a mail"
    text = _RECEIPTS[str(fact.word)].format(mail=mail)
    text = text[0].upper() + text[1:]
    if str(fact.body.get("bounce") or "") and fact.word == "Email Bounced":
        text += f" ({fact.body['bounce']})"
    if is_machine(fact.body):
        text += ", but that was a scanner or proxy, not the person"
    return f"{text}."


def is_machine(body: Body) -> bool:
    """Whether a receipt tells of a proxy or scanner."""
    return str(body.get("machine", "")).lower() == "true"


def cart(fact: Fact, zone: str) -> str:
    """A cart session."""
    body = fact.body
    if body.get("orders") and not body.get("item_count"):
        return f"The cart{_device(fact)} ended in an order (last action at {moment(body.get('last_at'), zone)})."
    if not body.get("item_count"):
        return f"The cart{_device(fact)} ended empty (last action at {moment(body.get('last_at'), zone)})."
    worth = f", {amount(body['total'], body.get('currency'))}" if body.get("total") is not None else ""
    return (
        f"Left a cart{_device(fact)}: {count(body['item_count'], 'item')}{worth}{_items(body.get('items'))}; last action at "
        f"{moment(body.get('last_at'), zone)}."
    )


def session(fact: Fact, zone: str) -> str:
    """A visit."""
    body = fact.body
    words = (("product_views", "product"), ("searches", "search"), ("adds", "product"), ("orders", "order"))
    shapes = {"product_views": "{} looked at", "searches": "{}", "adds": "{} put into the cart", "orders": "{}"}
    did = [shapes[name].format(_many(body[name], thing)) for name, thing in words if body.get(name)]
    query = f", last for '{body['last_query']}'" if body.get("last_query") else ""
    return (
        f"A visit to the shop{_device(fact)} from {moment(body.get('started_at'), zone)} to {moment(body.get('last_at'), zone)}: "
        f"{listed(did) if did else 'nothing but pages'}{query}."
    )


def _many(number: object, thing: str) -> str:
    return f"{number} searches" if thing == "search" and number != 1 else count(number, thing)


def _items(text: Any) -> str:
    """` (2 × Blue shoe, …)`."""
    try:
        items = orjson.loads(text) if text else []
        named = [f"{one.get('quantity', 1)} × {one.get('name') or one.get('product_id')}" for one in items[:_MOST_ITEMS]]
    except (orjson.JSONDecodeError, AttributeError, TypeError):
        return ""
    more = [f"{len(items) - _MOST_ITEMS} more"] if len(items) > _MOST_ITEMS else []
    return f" ({', '.join([*named, *more])})" if named else ""


def _device(fact: Fact) -> str:
    name = fact.body.get("device_id")
    return f" on device {name}" if name and not str(name).startswith("user:") else ""


def _late(body: Body) -> str:
    return " It reached us late." if "late" in (body.get("flags") or ()) else ""
