"""Rows of published tables as rows of the topics they come from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson

from jobs.definitions import published
from jobs.gate.instants import to_text
from rekindle.workbench.history.given import epoch_ms

TOPICS = ("events", "carts", "sessions", "identities", "profiles", "catalog")
_DAY_MS = 86_400_000
_ACTS = {"viewed": "Product Viewed", "added": "Product Added", "wished": "Product Added to Wishlist"}
_AFTER = ("price", "stock", "title", "url", "image_url", "category", "currency")
Row = dict[str, Any]


def rows(given: Iterable[tuple[str, Row]]) -> Iterator[tuple[str, Row]]:
    """(table, row) as cases write them → (topic, row). A table that is made of others gives the rows it is made of."""
    known: set[Any] = set()  # products that have a first version
    for table, row in given:
        if table == "receipts":
            yield "events", _receipt(row)
        elif table == "catalog_changes":
            yield from _change(row, known)
        elif table == "interests":
            name = _ACTS.get(str(row.get("interest", "viewed")), "Product Viewed")
            at = row.get("interested_at") or to_text((epoch_ms(row["changed_at"]) or 0) - _DAY_MS)
            yield "events", {"event": name, "event_time": at, **{key: row.get(key) for key in ("device_id", "user_id", "product_id")}}
            yield from _change(row, known)
        else:
            yield table, row


def _receipt(row: Row) -> Row:
    columns = {column.name for column in published.tables()["events"].columns}
    properties = {name: value for name, value in row.items() if name not in columns and name != "receipt_id"}
    properties |= row.get("properties") or {}
    if "subject" in properties:
        properties["email_subject"] = properties.pop("subject")
    event = {name: value for name, value in row.items() if name in columns and name != "properties"}
    if "user_id" not in event and "person_id" in row:
        event["user_id"] = row["person_id"]
    return event | {"event_id": row.get("receipt_id") or f"receipt-{row['event_time']}", "properties": properties}


def _change(row: Row, known: set[Any]) -> Iterator[tuple[str, Row]]:
    """The version before, if nothing of the product was said yet, and the one that differs."""
    product, at = row.get("product_id"), row["changed_at"]
    if product not in known:
        known.add(product)
        before = {name: row[name] for name in _AFTER if name in row}
        before |= {"price": row.get("price_before", row.get("price")), "stock": row.get("stock_before", row.get("stock"))}
        yield "catalog", {"product_id": product, "valid_from": to_text((epoch_ms(at) or 0) - 30 * _DAY_MS), **before}
    yield "catalog", {"product_id": product, "valid_from": at, **{name: row[name] for name in _AFTER if name in row}}


def as_json(topic: str, row: Mapping[str, Any]) -> Row:
    """A row as the topic's contract writes it: times as ISO text, JSON text where a list or mapping stands, counts that are missing 0."""
    if topic == "identities":
        return {"device_id": row["device_id"], "person_id": row.get("person_id"), "at": to_text(epoch_ms(row["valid_from"]) or 0)}
    table = published.tables()[topic]
    found: Row = {}
    for column in table.columns:
        value = row.get(column.name)
        if column.type.startswith("TIMESTAMP") and value is not None:
            value = to_text(epoch_ms(value) or 0)
        elif column.type == "STRING" and isinstance(value, list | Mapping):
            value = orjson.dumps(value).decode()
        elif value is None and table.kind == "append" and not column.nullable:
            value = _neutral(column, row, table)
        if value is not None:
            found[column.name] = value
    return found


def _neutral(column: published.Column, row: Mapping[str, Any], table: published.Table) -> Any:
    if column.type.startswith("TIMESTAMP"):
        return to_text(epoch_ms(row[table.time_column]) or 0)
    if column.type == "STRING":
        return "[]" if "JSON" in column.meaning else f"some-{column.name}"
    return False if column.type == "BOOLEAN" else [] if column.type.startswith("ARRAY") else 0
