"""Braze: events, campaigns, transactional campaigns, messages."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import unquote

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
    closed,
    exactly_one,
    is_time,
    json_reply,
    read_object,
    text_of,
)

API_KEY = "fake-braze-key"
_TRANSACTIONAL = re.compile(r"/transactional/v1/campaigns/([^/]+)/send")
_SEND_ID = re.compile(r"[A-Za-z0-9+/=_-]+")


class Braze(Plain):
    """Its answers name the limit in lower case, as HTTP/2 does, with the epoch of its reset."""

    max_body = 4_000_000
    windows = (Window(250_000, 3600),)
    remembers = timedelta(hours=24)

    def read(self, call: Call) -> Taken:
        if call.headers.get("Authorization") != f"Bearer {API_KEY}":
            raise RefusedError(401, "key")
        if call.method != "POST":
            raise RefusedError(404, "path")
        root = read_object(call, self.max_body)
        if call.path == "/users/track":
            return _track(root)
        if call.path == "/campaigns/trigger/send":
            return _campaign(root)
        if call.path == "/messages/send":
            return _messages(root)
        if found := _TRANSACTIONAL.fullmatch(call.path):
            return _transactional(root, unquote(found[1]))
        raise RefusedError(404, "path")

    def refuse(self, status: int, why: str) -> Reply:
        return json_reply(status, {"message": why})

    def rate_headers(self, standing: Standing) -> Mapping[str, str]:
        return {
            "x-ratelimit-limit": str(standing.limit),
            "x-ratelimit-remaining": str(standing.left),
            "x-ratelimit-reset": str(math.ceil(standing.now + standing.resets)),
        }


def _track(root: dict[str, Any]) -> Taken:
    parts = [root.get(name) or [] for name in ("events", "attributes", "purchases")]
    closed(root, {"events", "attributes", "purchases"}, "shape")
    if not all(isinstance(part, list) for part in parts) or not 0 < sum(map(len, parts)) <= 75:
        raise RefusedError(400, "count")
    items = []
    for event in parts[0]:
        person, key = _person(event, "external_id"), _key(event, "properties")
        good = isinstance(event, dict) and isinstance(event.get("name"), str) and event["name"] and is_time(event.get("time"))
        items.append(Item(key, person, None if good and person and key else "event"))

    def answer(fates: Sequence[Fate]) -> Reply:
        errors = [{"type": fate.verdict, "input_array": "events", "index": index} for index, fate in enumerate(fates) if not fate.taken]
        if len(errors) == len(fates):
            return json_reply(400, {"message": "no valid events", "errors": errors})
        said = {"message": "success", "events_processed": len(fates) - len(errors)}
        return json_reply(201, said | ({"errors": errors} if errors else {}))

    return Taken(items, answer, forgets=True)


def _campaign(root: dict[str, Any]) -> Taken:
    text_of(root, "campaign_id", why="campaign")
    recipients = root.get("recipients")
    if root.get("broadcast") is not False or not isinstance(recipients, list) or not 0 < len(recipients) <= 50:
        raise RefusedError(400, "recipients")  # a real one would mail the whole segment when broadcast is true
    items = []
    for recipient in recipients:
        person, key = _person(recipient, "external_user_id"), _key(recipient, "trigger_properties")
        items.append(Item(key, person, None if person and key else "recipient"))
    return Taken(items, _queued("recipients"), forgets=True)


def _messages(root: dict[str, Any]) -> Taken:
    people, mail = root.get("external_user_ids"), root.get("messages")
    if root.get("broadcast") is not False or not isinstance(people, list) or not 0 < len(people) <= 50:
        raise RefusedError(400, "recipients")
    email = mail.get("email") if isinstance(mail, dict) else None
    for name in ("app_id", "from"):
        text_of(email, name, why=name)
    if not isinstance(email, dict) or not (email.get("email_template_id") or email.get("body")):
        raise RefusedError(400, "body")
    key = _key(email, "extras")
    return Taken([Item(key, str(person), None if key else "extras") for person in people], _queued("external_user_ids"), forgets=True)


def _transactional(root: dict[str, Any], campaign: str) -> Taken:
    key, person = root.get("external_send_id"), root.get("recipient")
    if not campaign or not isinstance(person, dict):
        raise RefusedError(400, "recipient")
    if not isinstance(key, str) or not _SEND_ID.fullmatch(key):
        raise RefusedError(400, "external_send_id")

    def answer(fates: Sequence[Fate]) -> Reply:
        if fates[0].repeated:
            return json_reply(400, {"message": "The external reference has been queued. Please retry to obtain send_id."})
        if not fates[0].taken:
            return json_reply(400, {"message": fates[0].verdict})
        return json_reply(201, {"dispatch_id": f"fake{fates[0].number}", "status": "sent", "message": "success"})

    return Taken([Item(key, exactly_one(person, "external_user_id", why="recipient"))], answer)


def _queued(array: str) -> Any:
    def answer(fates: Sequence[Fate]) -> Reply:
        errors = [{"type": fate.verdict, "input_array": array, "index": index} for index, fate in enumerate(fates) if not fate.taken]
        if len(errors) == len(fates):
            return json_reply(400, {"message": "no valid recipients", "errors": errors})
        said = {"message": "success", "dispatch_id": f"fake{fates[0].number}"}
        return json_reply(201, said | ({"errors": errors} if errors else {}))

    return answer


def _person(tree: object, name: str) -> str:
    found = tree.get(name) if isinstance(tree, dict) else None
    return found if isinstance(found, str) else ""


def _key(tree: object, name: str) -> str:
    properties = tree.get(name) if isinstance(tree, dict) else None
    return _person(properties, "trigger_id")
