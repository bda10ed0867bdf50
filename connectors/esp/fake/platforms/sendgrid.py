"""SendGrid: mail/send. It takes a whole request or nothing of it, and names what is wrong with it field by field."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
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
    closed,
    json_reply,
    read_object,
)

API_KEY = "fake-sendgrid-key"
UNVERIFIED = "@unverified.example"
"""Senders of this domain are not known to be ours."""
_MOST = 1000
_LONGEST_ARGS = 10_000
_KNOWN = {"personalizations", "from", "reply_to", "template_id", "asm", "ip_pool_name", "subject", "content", "categories", "custom_args"}
_PERSON = {"to", "cc", "bcc", "subject", "custom_args", "dynamic_template_data", "send_at"}


class SendGrid(Plain):
    """Remembers nothing: a repeat is one more mail."""

    max_body = 30_000_000

    def read(self, call: Call) -> Taken:
        if call.headers.get("Authorization") != f"Bearer {API_KEY}":
            raise RefusedError(401, "key")
        if (call.method, call.path) != ("POST", "/v3/mail/send"):
            raise RefusedError(404, "path")
        root = closed(read_object(call, self.max_body), _KNOWN, "field")
        _check_common(root)
        people = root.get("personalizations")
        if not isinstance(people, list) or not 1 <= len(people) <= _MOST:
            raise RefusedError(400, "personalizations")
        if sum(_recipients(person) for person in people) > _MOST:
            raise RefusedError(400, "personalizations")
        return Taken([_item(person) for person in people], _answer, whole=True)

    def refuse(self, status: int, why: str) -> Reply:
        fields = why.split(",") if status == 400 else [None]
        return json_reply(status, {"errors": [{"message": f"refused: {why}", "field": field, "help": None} for field in fields]})

    def rate_headers(self, standing: Standing) -> Mapping[str, str]:
        return {
            "X-RateLimit-Limit": str(standing.limit),
            "X-RateLimit-Remaining": str(standing.left),
            "X-RateLimit-Reset": str(math.ceil(standing.now + standing.resets)),
        }


def _check_common(root: dict[str, Any]) -> None:
    if not _is_person(root.get("from")):
        raise RefusedError(400, "from.email")
    if root["from"]["email"].endswith(UNVERIFIED):
        raise RefusedError(403, "sender")
    if "reply_to" in root and not _is_person(root["reply_to"]):
        raise RefusedError(400, "reply_to")
    template = root.get("template_id")
    if not isinstance(template, str) or not template.startswith("d-"):  # dynamic data needs a dynamic template
        raise RefusedError(400, "template_id")
    group = root.get("asm", {"group_id": 1})
    if not isinstance(group, dict) or not isinstance(group.get("group_id"), int):
        raise RefusedError(400, "asm")


def _recipients(person: object) -> int:
    lists = [person.get(name) for name in ("to", "cc", "bcc")] if isinstance(person, dict) else []
    return sum(len(one) for one in lists if isinstance(one, list))


def _item(person: object) -> Item:
    args = person.get("custom_args") if isinstance(person, dict) else None
    key, whose = (args.get("trigger_id"), args.get("person_id")) if isinstance(args, dict) else (None, None)
    return Item(str(key or ""), str(whose or ""), _wrong(person))


def _wrong(person: object) -> str | None:
    """The field of one personalization that breaks the contract."""
    if not isinstance(person, dict) or set(person) - _PERSON:
        return "unknown"
    args = person.get("custom_args")
    if not isinstance(args, dict) or not all(isinstance(value, str) for value in args.values()) or not args.get("trigger_id"):
        return "custom_args"
    if sum(len(name.encode()) + len(value.encode()) for name, value in args.items()) > _LONGEST_ARGS:
        return "custom_args"
    if not isinstance(person.get("dynamic_template_data", {}), dict):
        return "dynamic_template_data"
    recipients = person.get("to")
    if not isinstance(recipients, list) or not recipients:
        return "to"
    if found := [f"to.{n}.email" for n, one in enumerate(recipients) if not _is_person(one)]:
        return found[0]
    return "to" if len({one["email"].lower() for one in recipients}) < len(recipients) else None


def _is_person(tree: object) -> bool:
    email = tree.get("email") if isinstance(tree, dict) and not set(tree) - {"email", "name"} else None
    return isinstance(email, str) and email.count("@") == 1 and not set(email) & set(" ,;<>\r\n") and not email.startswith("@")


def _answer(fates: Sequence[Fate]) -> Reply:
    wrong = [
        f"personalizations.{n}.{fate.verdict.removeprefix('refused_')}"
        for n, fate in enumerate(fates)
        if not fate.taken and fate.verdict != NEIGHBOUR
    ]
    if wrong:
        return SendGrid().refuse(400, ",".join(wrong))
    return Reply(202, headers={"X-Message-Id": f"fake-{fates[0].number}"}, content_type="text/plain")
