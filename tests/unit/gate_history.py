"""Small histories for the gate's oracle: only as full as the case needs. Times are ms after NOON."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from tests.oracle.gate import Decision, decide
from tests.oracle.gate_history import DAY, HOUR, Cap, History, Quiet, Row, Rules
from tests.oracle.history_rows import YES, Trigger, candidate_row
from tests.oracle.instants import to_text
from tests.oracle.samples import NOON

WINDOW = 30_000
LONG_AGO = -100 * HOUR
OPEN = Rules(caps=(), quiet=Quiet(enabled=False))
"""No cap and no quiet hours."""
CART = Trigger("cart", 60, "marketing_email", "marketing", ("Order Completed",), 0, 6 * HOUR, 0, None)
BROWSE = replace(CART, name="browse", priority=40, cancel_on=("Order Completed", "Product Added"))
NOTICE = replace(CART, name="notice", purpose="transactional", class_="transactional")
ONE_A_DAY = replace(OPEN, caps=(Cap("marketing", "email", 1, DAY),))
MAY = {"email": "ana@example.com", "consent": {"marketing_email": YES}, "suppressed": None}
NO = MAY | {"consent": {}}
LISTED = MAY | {"suppressed": "hard_bounce"}


def fired(
    t: int = 0,
    trigger: Trigger = CART,
    person: str = "ana",
    occasion: str = "o1",
    since: int | None = -HOUR,
    device: str = "d1",
    zone: str | None = None,
) -> Row:
    """A candidate of NOON + t."""
    return candidate_row(OPEN, "core", trigger, person, device, occasion, NOON + t, None if since is None else NOON + since, zone)


def act(t: int, event: str = "Order Completed", user: str | None = "ana", device: str = "d1", arrived: int | None = None) -> Row:
    """An event. arrived: when, if it came late."""
    received = to_text(NOON + (t if arrived is None else arrived))
    row = {"event_id": f"m{t}{user}{device}", "event": event, "device_id": device, "user_id": user, "event_time": to_text(NOON + t)}
    return row | {"received_at": received, "flags": [] if arrived is None else ["late"]}


def pair(t: int, left: str, right: str) -> Row:
    """An identity pair."""
    return {"device_id": left, "person_id": right, "at": to_text(NOON + t)}


def outcome(t: int, trigger_id: str, word: str, **more: str) -> tuple[int, Row]:
    """Of a delivery."""
    return NOON + t, {"trigger_id": trigger_id, "outcome": word, "destination": "default"} | more


def recheck(t: int, trigger_id: str) -> tuple[int, Row]:
    """Delivery asks whether it may still go out."""
    return outcome(t, trigger_id, "retrying", reason="recheck")


def switch(t: int, key: str, **value: Any) -> tuple[int, Row]:
    """A control row."""
    return NOON + t, {"key": key, "value": value}


def history(
    *candidates: Row,
    acts: Iterable[Row] = (),
    profiles: Iterable[tuple[int, Any] | tuple[int, Any, str]] = ((LONG_AGO, MAY),),
    pairs: Iterable[Row] = (),
    outcomes: Iterable[tuple[int, Row]] = (),
    control: Iterable[tuple[int, Row]] = (),
) -> History:
    """profiles: (t, value), of ana, or (t, value, person)."""
    versions = [(NOON + version[0], (*version, "ana")[2], version[1]) for version in profiles]
    return History(list(candidates), list(acts), versions, list(pairs), list(outcomes), list(control))


def decisions(*candidates: Row, rules: Rules = OPEN, **facts: Any) -> list[Decision]:
    """In order of D."""
    return decide(history(*candidates, **facts), rules)


def reasons(*candidates: Row, rules: Rules = OPEN, **facts: Any) -> list[str]:
    """In order of D; a hold gives two."""
    return [decision.reason for decision in decisions(*candidates, rules=rules, **facts)]
