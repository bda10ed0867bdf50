"""Customer.io: one entity or a batch of them."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from connectors.esp.fake.protocol import Call, Fate, Item, Plain, RefusedError, Reply, Taken, Window, json_reply, read_object

SITE_ID, API_KEY = "fake-cio-site", "fake-cio-key"
_AUTHORIZATION = "Basic " + b64encode(f"{SITE_ID}:{API_KEY}".encode()).decode("ascii")
_ULID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")
MAX_BATCH, MAX_ENTITY = 500_000, 32_000


class CustomerIo(Plain):
    max_body = MAX_BATCH
    windows = (Window(1_000, 1),)
    remembers = timedelta.max

    def read(self, call: Call) -> Taken:
        if call.headers.get("Authorization") != _AUTHORIZATION:
            raise RefusedError(401, "key")
        if call.method != "POST" or call.path not in ("/api/v2/entity", "/api/v2/batch"):
            raise RefusedError(404, "path")
        many = call.path == "/api/v2/batch"
        root = read_object(call, MAX_BATCH - 1 if many else MAX_ENTITY)
        entities = root.get("batch") if many else [root]
        if not isinstance(entities, list) or not entities:
            raise RefusedError(400, "shape")
        items = [_entity(entity) for entity in entities]
        if not many and items[0].refused:
            raise RefusedError(400, items[0].refused)
        return Taken(items, _answer)

    def refuse(self, status: int, why: str) -> Reply:
        return json_reply(status, {"errors": [{"reason": "invalid", "field": "", "message": why}]})


def _entity(tree: Any) -> Item:
    if not isinstance(tree, dict):
        return Item("", "", "entity")
    identifiers, name, key, at = tree.get("identifiers"), tree.get("name"), tree.get("id"), tree.get("timestamp")
    person = identifiers.get("id") if isinstance(identifiers, dict) else None
    if tree.get("type") != "person" or tree.get("action") != "event" or not isinstance(person, str) or not person:
        return Item(str(key), "", "identifiers")
    if len(json.dumps(tree, ensure_ascii=False, separators=(",", ":")).encode()) > MAX_ENTITY:
        return Item(str(key), person, "too_large")
    good = isinstance(name, str) and name and isinstance(at, int) and 0 < at < 10**11 and isinstance(tree.get("attributes", {}), dict)
    return Item(str(key), person, None if good and isinstance(key, str) and _ULID.fullmatch(key) else "event")


def _answer(fates: Sequence[Fate]) -> Reply:
    errors = [
        {"batch_index": index, "reason": "invalid", "field": "id", "message": fate.verdict}
        for index, fate in enumerate(fates)
        if not fate.taken
    ]
    return json_reply(207, {"errors": errors}) if errors else json_reply(200, {})
