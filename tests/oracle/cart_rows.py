"""Rows of `carts` and `trigger_candidates` against what a case of `cart_cases.py` says."""

from __future__ import annotations

from typing import Any

from tests.oracle.cart_cases import GAP, CartRow, Case
from tests.oracle.instants import to_text


def told(row: dict[str, Any]) -> tuple[Any, ...]:
    """What a case says of a row of `carts`, the hash aside. items: as in JSON."""
    items = {item["product_id"]: item["quantity"] for item in row["items"]}
    return (
        row["device_id"],
        row.get("user_id"),
        row["ended_at"],
        items,
        row.get("first_add_at"),
        row["adds"],
        row["removes"],
        row["orders"],
    )


def expected(row: CartRow, number: int) -> tuple[Any, ...]:
    person = None if row.person is None else f"{number}-{row.person}"
    opened = None if row.opened is None else to_text(row.opened)
    return f"{number}-{row.device}", person, to_text(row.t + GAP), row.items, opened, row.adds, row.removes, row.orders


def check(case: Case, number: int, carts: list[dict[str, Any]], candidates: list[dict[str, Any]]) -> None:
    """carts, candidates: rows of the case's devices."""
    carts = sorted(carts, key=lambda row: (row["ended_at"], row["device_id"]))
    wanted = sorted(case.carts, key=lambda row: (row.t, row.device))
    assert [told(row) for row in carts] == [expected(row, number) for row in wanted], case.says
    letters = {(row["cart_hash"], one.content) for row, one in zip(carts, wanted, strict=True)}
    assert len({letter for _, letter in letters}) == len({found for found, _ in letters}) == len(letters), f"{case.says}: cart_hash"
    fired = sorted(
        (row["device_id"], row["person_id"], row["fired_at"], row["occasion"]) for row in candidates if row["trigger"] == "cart_abandoned"
    )
    due = sorted(
        (f"{number}-{one.device}", f"{number}-{one.mailed or one.person or one.device}", to_text(one.t + GAP), row["cart_hash"])
        for one, row in zip(wanted, carts, strict=True)
        if one.items
    )
    assert fired == due, case.says
