"""What a cart is across visits, logins and devices: one case for each line of the table in docs/carts.md, worked out by hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.oracle.decode import DAY
from tests.oracle.instants import to_text
from tests.oracle.samples import HOUR, MINUTE, SECOND

MONDAY = 1_772_409_600_000  # 2026-03-02T00:00:00.000Z
TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, NEXT_WEEK = (MONDAY + n * DAY for n in (1, 2, 3, 4, 8))
TEN = 10 * HOUR
GAP = 5 * MINUTE
Event = dict[str, Any]


@dataclass(frozen=True)
class CartRow:
    """A row of `carts`. items: product → quantity. t: of its last event. opened: first_add_at.

    content: rows of a case with the same letter have the same cart_hash, others not. With items in it cart_abandoned fires, for `mailed`:
    default the person, else the device.
    """

    t: int
    items: dict[str, int]
    opened: int | None
    person: str | None = None
    device: str = "d1"
    adds: int = 0
    removes: int = 0
    orders: int = 0
    content: str = ""
    mailed: str | None = None


@dataclass(frozen=True)
class Case:
    """events: raw, by time. memory: `times.cart_memory`, ms."""

    says: str
    events: list[Event]
    carts: list[CartRow]
    memory: int = 3 * DAY


def track(event: str, t: int, user: str | None = None, device: str | None = "d1", **properties: Any) -> Event:
    """A raw event; what is None is left out."""
    line = {"event": event, "anonymousId": device, "userId": user, "timestamp": to_text(t), "properties": properties or None}
    return {name: value for name, value in line.items() if value is not None}


def add(t: int, product: str, user: str | None = None, device: str = "d1") -> Event:
    return track("Product Added", t, user, device, product_id=product, price=5)


def remove(t: int, product: str, user: str | None = None) -> Event:
    return track("Product Removed", t, user, product_id=product)


def view(t: int, *products: str) -> Event:
    return track("Cart Viewed", t, products=[{"product_id": product} for product in products])


def look(t: int, user: str | None = None) -> Event:
    return track("Page Viewed", t, user)


def order(t: int, user: str | None = None, device: str | None = "d1") -> Event:
    return track("Order Completed", t, user, device, order_id="o1")


def identify(t: int, user: str) -> Event:
    return {"type": "identify", "anonymousId": "d1", "userId": user, "timestamp": to_text(t)}


def alias(t: int, previous: str, user: str, device: str | None = None) -> Event:
    line = {"type": "alias", "previousId": previous, "userId": user, "anonymousId": device, "timestamp": to_text(t)}
    return {name: value for name, value in line.items() if value is not None}


MON, TUE, WED, THU, FRI = (day + TEN for day in (MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY))
CASES = (
    Case(
        "what a visit leaves in the cart is in the next one's, whose adds are its own",
        [add(MON, "p1"), add(TUE, "p2")],
        [CartRow(MON, {"p1": 1}, MON, adds=1, content="a"), CartRow(TUE, {"p1": 1, "p2": 1}, MON, adds=1, content="b")],
    ),
    Case(
        "a visit that touches no cart tells of none, and the cart stays",
        [add(MON, "p1"), look(TUE), add(WED, "p2")],
        [CartRow(MON, {"p1": 1}, MON, adds=1, content="a"), CartRow(WED, {"p1": 1, "p2": 1}, MON, adds=1, content="b")],
    ),
    Case(
        "who only looks at the cart again is the same occasion",
        [add(MON, "p1"), track("Cart Viewed", TUE)],
        [CartRow(MON, {"p1": 1}, MON, adds=1, content="a"), CartRow(TUE, {"p1": 1}, MON, content="a")],
    ),
    Case(
        "a cart that comes back to what it was is the same occasion",
        [add(MON, "p1"), add(TUE, "p2"), remove(WED, "p2")],
        [
            CartRow(MON, {"p1": 1}, MON, adds=1, content="a"),
            CartRow(TUE, {"p1": 1, "p2": 1}, MON, adds=1, content="b"),
            CartRow(WED, {"p1": 1}, MON, removes=1, content="a"),
        ],
    ),
    Case(
        "it counts up to the last millisecond of 72 hours after its last change",
        [add(MON, "p1"), add(THU, "p2")],
        [CartRow(MON, {"p1": 1}, MON, adds=1, content="a"), CartRow(THU, {"p1": 1, "p2": 1}, MON, adds=1, content="b")],
    ),
    Case(
        "and is forgotten a millisecond later",
        [add(MON, "p1"), add(THU + 1, "p2")],
        [CartRow(MON, {"p1": 1}, MON, adds=1, content="a"), CartRow(THU + 1, {"p2": 1}, THU + 1, adds=1, content="b")],
    ),
    Case(
        "each change begins the 72 hours anew",
        [add(MON, "p1"), add(WED, "p2"), add(FRI, "p3")],
        [
            CartRow(MON, {"p1": 1}, MON, adds=1, content="a"),
            CartRow(WED, {"p1": 1, "p2": 1}, MON, adds=1, content="b"),
            CartRow(FRI, {"p1": 1, "p2": 1, "p3": 1}, MON, adds=1, content="c"),
        ],
    ),
    Case(
        "looking at it does not",
        [add(MON, "p1"), track("Cart Viewed", WED), add(FRI, "p2")],
        [
            CartRow(MON, {"p1": 1}, MON, adds=1, content="a"),
            CartRow(WED, {"p1": 1}, MON, content="a"),
            CartRow(FRI, {"p2": 1}, FRI, adds=1, content="b"),
        ],
    ),
    Case(
        "what an earlier visit put in can be taken out",
        [add(MON, "p1"), add(MON + SECOND, "p2"), remove(TUE, "p1")],
        [CartRow(MON + SECOND, {"p1": 1, "p2": 1}, MON, adds=2, content="a"), CartRow(TUE, {"p2": 1}, MON, removes=1, content="b")],
    ),
    Case(
        "a cart shown as a whole is what it shows",
        [add(MON, "p1"), view(TUE, "p2", "p3")],
        [CartRow(MON, {"p1": 1}, MON, adds=1, content="a"), CartRow(TUE, {"p2": 1, "p3": 1}, MON, content="b")],
    ),
    Case(
        "an order in a later visit empties it, and the next add opens a new one",
        [add(MON, "p1"), order(TUE), add(WED, "p1")],
        [
            CartRow(MON, {"p1": 1}, MON, adds=1, content="a"),
            CartRow(TUE, {}, MON, orders=1, content="b"),
            CartRow(WED, {"p1": 1}, WED, adds=1, content="c"),
        ],
    ),
    Case(
        "nothing is taken over of an empty cart",
        [add(MON, "p1"), remove(TUE, "p1"), add(WED, "p1")],
        [
            CartRow(MON, {"p1": 1}, MON, adds=1, content="a"),
            CartRow(TUE, {}, MON, removes=1, content="b"),
            CartRow(WED, {"p1": 1}, WED, adds=1, content="c"),
        ],
    ),
    Case(
        "with a memory of 0 each visit begins with an empty cart",
        [add(MON, "p1"), add(TUE, "p2")],
        [CartRow(MON, {"p1": 1}, MON, adds=1, content="a"), CartRow(TUE, {"p2": 1}, TUE, adds=1, content="b")],
        memory=0,
    ),
    Case(
        "a login makes the nameless cart of the visit the person's",
        [add(MON, "p1"), identify(MON + MINUTE, "ana"), add(MON + 2 * MINUTE, "p2")],
        [CartRow(MON + 2 * MINUTE, {"p1": 1, "p2": 1}, MON, "ana", adds=2, content="a")],
    ),
    Case(
        "and so does a login in a later visit",
        [add(MON, "p1"), add(TUE, "p2", "ana")],
        [CartRow(MON, {"p1": 1}, MON, adds=1, content="a"), CartRow(TUE, {"p1": 1, "p2": 1}, MON, "ana", adds=1, content="b")],
    ),
    Case(
        "a visit that names nobody is that of the person last named",
        [add(MON, "p1", "ana"), add(TUE, "p2")],
        [CartRow(MON, {"p1": 1}, MON, "ana", adds=1, content="a"), CartRow(TUE, {"p1": 1, "p2": 1}, MON, "ana", adds=1, content="b")],
    ),
    Case(
        "another person on the device begins with an empty cart, and the first one's visit ends there",
        [add(MON, "p1", "ana"), add(MON + MINUTE, "p2", "ben"), look(MON + 2 * MINUTE)],
        [
            CartRow(MON, {"p1": 1}, MON, "ana", adds=1, content="a"),
            CartRow(MON + 2 * MINUTE, {"p2": 1}, MON + MINUTE, "ben", adds=1, content="b"),
        ],
    ),
    Case(
        "also in a later visit, and the first one's cart is gone for good",
        [add(MON, "p1", "ana"), look(TUE, "ben"), add(WED, "p2", "ana")],
        [CartRow(MON, {"p1": 1}, MON, "ana", adds=1, content="a"), CartRow(WED, {"p2": 1}, WED, "ana", adds=1, content="b")],
    ),
    Case(
        "what was added without a name after Ana was on the device is not shown to Ben",
        [look(MON, "ana"), add(TUE, "p1"), add(WED, "p2", "ben")],
        [CartRow(TUE, {"p1": 1}, TUE, "ana", adds=1, content="a"), CartRow(WED, {"p2": 1}, WED, "ben", adds=1, content="b")],
    ),
    Case(
        "who was named more than seven days ago is forgotten",
        [look(MONDAY - DAY, "ana"), add(NEXT_WEEK - 2 * HOUR, "p1"), add(NEXT_WEEK, "p2", "ben")],
        [
            CartRow(NEXT_WEEK - 2 * HOUR, {"p1": 1}, NEXT_WEEK - 2 * HOUR, adds=1, content="a", mailed="ana"),
            CartRow(NEXT_WEEK, {"p1": 1, "p2": 1}, NEXT_WEEK - 2 * HOUR, "ben", adds=1, content="b"),
        ],
    ),
    Case(
        "a person who goes by a new id keeps the cart",
        [add(MON, "p1", "guest-7"), alias(TUE - HOUR, "guest-7", "ana", device="d1"), add(TUE, "p2", "ana")],
        [
            CartRow(MON, {"p1": 1}, MON, "guest-7", adds=1, content="a"),
            CartRow(TUE, {"p1": 1, "p2": 1}, MON, "ana", adds=1, content="b"),
        ],
    ),
    Case(
        "an alias of the device names its person",
        [add(MON, "p1"), alias(TUE - HOUR, "d1", "ana"), add(TUE, "p2")],
        [CartRow(MON, {"p1": 1}, MON, adds=1, content="a"), CartRow(TUE, {"p1": 1, "p2": 1}, MON, "ana", adds=1, content="b")],
    ),
    Case(
        "two devices of a person are two carts, the same things in them or not",
        [add(MON, "p1", "ana"), add(MON, "p1", "ana", device="d2"), add(TUE, "p2", "ana", device="d2")],
        [
            CartRow(MON, {"p1": 1}, MON, "ana", adds=1, content="a"),
            CartRow(MON, {"p1": 1}, MON, "ana", "d2", adds=1, content="a"),
            CartRow(TUE, {"p1": 1, "p2": 1}, MON, "ana", "d2", adds=1, content="b"),
        ],
    ),
    Case(
        "an order on another device empties no cart: it cancels the mail, from the first add on",
        [add(MON, "p1", "ana"), order(MON + HOUR, "ana", device="d2"), add(TUE, "p2", "ana")],
        [
            CartRow(MON, {"p1": 1}, MON, "ana", adds=1, content="a"),
            CartRow(MON + HOUR, {}, None, "ana", "d2", orders=1, content="c"),
            CartRow(TUE, {"p1": 1, "p2": 1}, MON, "ana", adds=1, content="b"),
        ],
    ),
)


def named(case: Case, number: int) -> list[Event]:
    """The case's events with devices and people of its own."""

    def own(event: Event) -> Event:
        ids = {name: f"{number}-{event[name]}" for name in ("anonymousId", "userId", "previousId") if name in event}
        return event | ids

    return [own(event) for event in case.events]
