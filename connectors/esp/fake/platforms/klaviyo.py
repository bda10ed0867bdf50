"""Klaviyo: events and bulk jobs in JSON:API."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from connectors.esp.fake.protocol import (
    NEIGHBOUR,
    Call,
    Fate,
    Item,
    Plain,
    RefusedError,
    Reply,
    Standing,
    Taken,
    Window,
    is_time,
    json_reply,
    read_object,
)

API_KEY = "fake-klaviyo-key"
REVISIONS = ("2024-10-15", "2026-07-15")
"""The oldest and the newest that is known."""
MAX_PROPERTIES, MAX_BULK = 400, 1_000


class Klaviyo(Plain):
    max_body = 5_000_000
    windows = (Window(350, 1), Window(3_500, 60))
    remembers = timedelta.max

    def read(self, call: Call) -> Taken:
        if call.headers.get("Authorization") != f"Klaviyo-API-Key {API_KEY}":
            raise RefusedError(401, "not_authenticated")
        if not REVISIONS[0] <= call.headers.get("revision", "") <= REVISIONS[1]:
            raise RefusedError(400, "revision")
        if call.method != "POST":
            raise RefusedError(405, "method_not_allowed")
        json_api = "application/json" if call.content_type == "application/json" else "application/vnd.api+json"
        root = read_object(call, self.max_body, json_api)
        data = root.get("data")
        if call.path == "/api/events":
            item = _event(data, "event", _attributes(_data(_attributes(data).get("profile"))))
            if item.refused:
                raise RefusedError(400, item.refused)
            return Taken([item], _one)
        if call.path == "/api/event-bulk-create-jobs":
            return _bulk(data)
        raise RefusedError(404, "not_found")

    def refuse(self, status: int, why: str) -> Reply:
        return json_reply(status, {"errors": [{"id": "fake", "status": status, "code": why, "title": why, "detail": why}]})

    def rate_headers(self, standing: Standing) -> Mapping[str, str]:
        resets = str(math.ceil(standing.resets))
        if standing.over:
            return {"Retry-After": resets}
        return {"RateLimit-Limit": str(standing.limit), "RateLimit-Remaining": str(standing.left), "RateLimit-Reset": resets}


def _data(tree: Any) -> Any:
    return tree.get("data") if isinstance(tree, dict) else None


def _attributes(tree: Any) -> dict[str, Any]:
    found = tree.get("attributes") if isinstance(tree, dict) else None
    return found if isinstance(found, dict) else {}


def _event(tree: Any, kind: str, profile: Mapping[str, Any]) -> Item:
    event = _attributes(tree)
    key, metric, properties = event.get("unique_id"), _data(event.get("metric")), event.get("properties")
    person = profile.get("external_id") or profile.get("email")
    item = Item(str(key), person if isinstance(person, str) else "", None)
    name = _attributes(metric).get("name")
    typed = isinstance(tree, dict) and tree.get("type") == kind and isinstance(metric, dict) and metric.get("type") == "metric"
    good = typed and isinstance(key, str) and key and item.person and isinstance(name, str) and name and is_time(event.get("time"))
    good = good and isinstance(properties, dict) and len(properties) <= MAX_PROPERTIES
    return item if good else Item(item.key, item.person, "invalid")


def _bulk(data: Any) -> Taken:
    entries = _data(_attributes(data).get("events-bulk-create"))
    if not isinstance(data, dict) or data.get("type") != "event-bulk-create-job" or not isinstance(entries, list) or not entries:
        raise RefusedError(400, "invalid")
    items = []
    for entry in entries:
        profile = _attributes(_data(_attributes(entry).get("profile")))
        events = _data(_attributes(entry).get("events"))
        items += [_event(event, "event", profile) for event in events] if isinstance(events, list) else []
    if not 0 < len(items) <= MAX_BULK or len(items) != len(entries):
        raise RefusedError(400, "invalid")
    return Taken(items, _jobs, whole=True)


def _one(fates: Sequence[Fate]) -> Reply:
    return Reply(202) if fates[0].taken else _errors([("invalid", "/data/attributes/properties")])


def _jobs(fates: Sequence[Fate]) -> Reply:
    pointer = "/data/attributes/events-bulk-create/data/{}/attributes"
    bad = [("invalid", pointer.format(index)) for index, fate in enumerate(fates) if not fate.taken and fate.verdict != NEIGHBOUR]
    return _errors(bad) if bad else Reply(202)


def _errors(found: Sequence[tuple[str, str]]) -> Reply:
    return json_reply(400, {"errors": [{"status": 400, "code": code, "source": {"pointer": pointer}} for code, pointer in found]})
