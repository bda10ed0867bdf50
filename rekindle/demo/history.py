"""The shipped real shop sessions as a history to try triggers on: `python -m rekindle.demo.history FOLDER`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

from jobs.gate.instants import to_text
from rekindle.demo.shoppers import Action, actions

EVENTS = {"clicks": "Product Viewed", "carts": "Product Added", "orders": "Order Completed"}
_UNTOLD = 5
"""Every so many-th person has not agreed to marketing."""


def lines() -> Iterator[dict[str, Any]]:
    """Segment calls of four weeks of twenty users, by time. The data names no price: one is made from the article's number."""
    calls = []
    for user in _users():
        name = f"otto-{user['session']}"
        for number, action in enumerate(actions(user["events"])):
            call = {"messageId": f"{name}-{number}", "type": "track", "event": EVENTS[action.kind], "anonymousId": name}
            calls.append((action.at, call | {"timestamp": to_text(action.at), "properties": _properties(action)}))
    calls.sort(key=lambda one: one[0])
    yield from (call for _, call in calls)


def profiles() -> Iterator[dict[str, Any]]:
    """A made-up profile for each of them."""
    for user in _users():
        name = f"otto-{user['session']}"
        granted = user["session"] % _UNTOLD != 0
        consent = {"granted": granted, "version": 1, "source": "made up", "at": "2022-01-01T00:00:00.000Z"}
        yield {
            "person_id": name,
            "email": f"{name}@example.com",
            "consent": {"marketing_email": consent},
            "updated_at": "2022-01-01T00:00:00.000Z",
        }


def write(folder: Path) -> None:
    """`events.jsonl` and `profiles.jsonl`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in (("events", lines()), ("profiles", profiles())):
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")


def _users() -> Iterator[dict[str, Any]]:
    text = resources.files("rekindle.demo").joinpath("data/otto/train.jsonl").read_text(encoding="utf-8")
    yield from (json.loads(line) for line in text.splitlines())


def _properties(action: Action) -> dict[str, Any]:
    products = [{"product_id": str(article), "price": 10 + article % 90, "quantity": 1} for article in action.articles]
    return {"order_id": f"o-{action.at}", "products": products} if action.kind == "orders" else products[0]


if __name__ == "__main__":
    write(Path(sys.argv[1] if len(sys.argv) > 1 else "shop"))
