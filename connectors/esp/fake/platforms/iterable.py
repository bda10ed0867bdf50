"""Iterable: events, bulk events, targeted mail."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from connectors.esp.fake.protocol import Call, Fate, Item, Plain, RefusedError, Reply, Taken, Window, exactly_one, json_reply, read_object

API_KEY = "fake-iterable-key"
MAX_BULK = 1_001


class Iterable(Plain):
    max_body = 4_000_000
    windows = (Window(2_000, 1),)
    remembers = timedelta.max

    def read(self, call: Call) -> Taken:
        if call.headers.get("Api-Key") != API_KEY:
            raise RefusedError(401, "BadApiKey")
        if call.method != "POST":
            raise RefusedError(404, "NotFound")
        root = read_object(call, self.max_body)
        match call.path:
            case "/api/events/track":
                item = _event(root)
                if item.refused:
                    raise RefusedError(400, "BadParams")
                return Taken([item], _one)
            case "/api/events/trackBulk":
                events = root.get("events")
                if not isinstance(events, list) or not 0 < len(events) <= MAX_BULK:
                    raise RefusedError(400, "BadParams")
                return Taken([_event(event) for event in events], _bulk)
            case "/api/email/target":
                return _target(root)
            case _:
                raise RefusedError(404, "NotFound")

    def refuse(self, status: int, why: str) -> Reply:
        code = {401: "BadApiKey", 429: "RateLimitExceeded"}.get(status, "BadParams")
        return json_reply(status, {"code": code, "msg": why, "params": None})


def _event(tree: Any) -> Item:
    """An event names its person by id or by address, never by both."""
    if not isinstance(tree, dict):
        return Item("", "", "event")
    key, name, created = tree.get("id"), tree.get("eventName"), tree.get("createdAt")
    fits = isinstance(key, str) and 0 < len(key.encode()) <= 512 and isinstance(name, str) and bool(name)
    fits = fits and isinstance(created, int) and 0 < created < 10**11 and isinstance(tree.get("dataFields", {}), dict)
    try:
        person = exactly_one(tree, "userId", "email", why="person")
    except RefusedError:
        return Item(str(key), "", "person")
    return Item(str(key), person, None if fits else "event")


def _target(root: dict[str, Any]) -> Taken:
    campaign, metadata = root.get("campaignId"), root.get("metadata")
    if not isinstance(campaign, int) or not isinstance(metadata, dict) or not isinstance(metadata.get("trigger_id"), str):
        raise RefusedError(400, "BadParams")
    if root.get("allowRepeatMarketingSends") is False:
        raise RefusedError(400, "would_block_later_mail")
    person = exactly_one(root, "recipientUserId", "recipientEmail", why="person")
    return Taken([Item(metadata["trigger_id"], person)], _one, forgets=True)


def _one(fates: Sequence[Fate]) -> Reply:
    if fates[0].taken:
        return json_reply(200, {"msg": "Event tracked.", "code": "Success", "params": {"id": f"fake-{fates[0].number}"}})
    return json_reply(400, {"msg": fates[0].verdict, "code": "RequestFieldsTypesMismatched", "params": None})


def _bulk(fates: Sequence[Fate]) -> Reply:
    failed = [fate.item.person for fate in fates if not fate.taken]
    updates = {"invalidUserIds": [], "notFoundUserIds": failed, "invalidDataUserIds": []}
    said = {"successCount": len(fates) - len(failed), "failCount": len(failed), "invalidEmails": [], "failedUpdates": updates}
    return json_reply(200, said)
