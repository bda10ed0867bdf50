"""The plain trigger file that examples of rules differ from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rekindle.workbench.check.rules.base import Example

NAME = "cart_abandoned"
CART = "SELECT device_id, user_id, cart_hash AS occasion, ended_at AS fired_at, items AS payload\nFROM carts"
_HEADER = {
    "name": NAME,
    "description": "Who left items in the cart?",
    "owner": "lifecycle@shop.example",
    "template": "cart_reminder",
    "purpose": "marketing_email",
    "cancel_on": "[Order Completed]",
    "max_age": "6 hours",
}
TEST = """fires when items are left:
  clock: "2026-03-01 10:31:00"
  given:
    carts: [{device_id: d1, cart_hash: c1, ended_at: "2026-03-01 10:30:00", item_count: 1}]
  expect: [{device_id: d1, occasion: c1}]
stays quiet without a cart:
  clock: "2026-03-01 10:31:00"
  expect: []
"""


def a_file(select: str = CART, header: Mapping[str, str | None] | None = None) -> str:
    """Text of a trigger file. header: keys that differ, None = left out."""
    keys = _HEADER | dict(header or {})
    lines = [f"{key}: {value}" for key, value in keys.items() if value is not None]
    return "\n".join(["/* ---", *lines, "--- */", select, ""])


def files_of(example: Example) -> dict[str, str]:
    """Files of a folder of packs, by path, that show what the example is about."""
    if example.files is not None:
        return dict(example.files)
    name = (example.header or {}).get("name") or NAME
    files = {f"core/{name}.sql": a_file(example.select or CART, example.header), f"core/{name}.test.yaml": example.test or TEST}
    return files | ({"core/pack.lock": example.lock} if example.lock else {})


def shown(example: Example) -> str:
    """The part that matters, as a page shows it."""
    if example.prose:
        return example.prose
    if example.files is not None:
        return "\n\n".join(f"{path}:\n{text.strip()}" for path, text in example.files.items() if path.endswith(".sql"))
    parts = [f"{key}: {value}" for key, value in (example.header or {}).items() if value is not None]
    parts += [f"# without {key}" for key, value in (example.header or {}).items() if value is None]
    parts += [example.select] if example.select else []
    parts += [example.test.strip()] if example.test else []
    parts += ["# pack.lock\n" + example.lock.strip()] if example.lock else []
    return "\n".join(parts) or a_file().strip()
