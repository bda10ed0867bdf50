"""Segment: what it takes, it takes with 200; what is too much as well."""

from __future__ import annotations

import json
import math
from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from connectors.esp.fake.protocol import (
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

WRITE_KEY = "fake-segment-key"
_AUTHORIZATION = "Basic " + b64encode(f"{WRITE_KEY}:".encode()).decode("ascii")
MAX_EVENTS, MAX_BATCH, MAX_CALL = 2_500, 512_000, 32_768


class Segment(Plain):
    """An event it cannot use is lost with 200, like everything behind the 2,500th: the ledger says `lost`."""

    max_body = MAX_BATCH
    windows = (Window(1_000, 1),)
    remembers = timedelta(hours=24)

    def read(self, call: Call) -> Taken:
        if call.headers.get("Authorization") != _AUTHORIZATION:
            raise RefusedError(401, "key")
        if call.method != "POST" or call.path not in ("/v1/track", "/v1/batch"):
            raise RefusedError(404, "path")
        root = read_object(call, MAX_BATCH if call.path == "/v1/batch" else MAX_CALL)
        events = root.get("batch") if call.path == "/v1/batch" else [{"type": "track", **root}]
        if not isinstance(events, list) or not events:
            raise RefusedError(400, "shape")
        if any(len(json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()) > MAX_CALL for event in events):
            raise RefusedError(400, "too_large")
        read = [_event(event) for event in events]
        kept = [item for item in read[:MAX_EVENTS] if item.key and item.refused is None]
        lost = [item for item in read[:MAX_EVENTS] if not item.key or item.refused is not None] + read[MAX_EVENTS:]
        return Taken(kept, _answer, lost)

    def refuse(self, status: int, why: str) -> Reply:
        # nothing but size and JSON is a 400 there
        return json_reply(400 if status in (413, 415) else status, {"success": False, "message": why})

    def rate_headers(self, standing: Standing) -> Mapping[str, str]:
        if not standing.over:
            return {}
        resets = str(math.ceil(standing.resets))
        return {"Retry-After": resets, "X-RateLimit-Limit": str(standing.limit), "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": resets}


def _event(tree: Any) -> Item:
    """The ledger's key is the trigger_id behind the source's prefix."""
    if not isinstance(tree, dict):
        return Item("", "", "event")
    given, person, name = tree.get("messageId"), tree.get("userId"), tree.get("event")
    key = given.rpartition("-")[2] if isinstance(given, str) and 0 < len(given) < 100 else ""
    good = tree.get("type") == "track" and isinstance(person, str) and person and isinstance(name, str) and name
    good = good and is_time(tree.get("timestamp")) and isinstance(tree.get("properties", {}), dict)
    return Item(key, person if isinstance(person, str) else "", None if good else "event")


def _answer(fates: Sequence[Fate]) -> Reply:
    return json_reply(200, {"success": True})
