"""Postmark: one templated message, or a batch of them with an answer for each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from connectors.esp.fake.protocol import Call, Fate, Item, Plain, RefusedError, Reply, Taken, closed, json_reply, read_object

TOKEN = "fake-postmark-token"  # noqa: S105
INACTIVE = "inactive@example.com"
"""A recipient who bounced hard before."""
UNCONFIRMED = "@unverified.example"
_MOST = 500
_LARGEST_ONE = 10_000_000
_CODES = {
    "key": 10,
    "content_type": 409,
    "not_json": 402,
    "not_object": 402,
    "sender": 401,
    "inactive": 406,
    "too_many": 410,
    "template": 1101,
}
_KNOWN = {
    "From",
    "To",
    "Cc",
    "Bcc",
    "ReplyTo",
    "Tag",
    "TemplateId",
    "TemplateAlias",
    "TemplateModel",
    "Metadata",
    "MessageStream",
    "Headers",
}
_LONGEST_NAME, _LONGEST_VALUE, _MOST_METADATA = 20, 80, 10


class Postmark(Plain):
    """Remembers nothing: a repeat is one more mail."""

    max_body = 50_000_000

    def read(self, call: Call) -> Taken:
        if call.headers.get("X-Postmark-Server-Token") != TOKEN:
            raise RefusedError(401, "key")
        if call.method != "POST" or "application/json" not in call.headers.get("Accept", ""):
            raise RefusedError(404, "path")
        if call.path == "/email/withTemplate":
            item = _item(read_object(call, _LARGEST_ONE))
            if item.refused:
                raise RefusedError(422, item.refused)
            return Taken([item], lambda fates: _reply_to_one(fates[0]))
        if call.path == "/email/batchWithTemplates":
            messages = closed(read_object(call, self.max_body), {"Messages"}, "field").get("Messages")
            if not isinstance(messages, list) or not 1 <= len(messages) <= _MOST:
                raise RefusedError(422 if messages else 400, "too_many")
            return Taken([_item(message) for message in messages], _reply_to_all)
        raise RefusedError(404, "path")

    def refuse(self, status: int, why: str) -> Reply:
        return json_reply(status, _error(why))


def _item(message: object) -> Item:
    """A message without our trigger_id could not be told in the ledger: the whole call is refused, which the real one would not do."""
    metadata = message.get("Metadata") if isinstance(message, dict) else None
    key = metadata.get("trigger_id") if isinstance(metadata, dict) else None
    if not isinstance(message, dict) or not isinstance(metadata, dict) or not isinstance(key, str):
        raise RefusedError(400, "trigger_id")
    return Item(key, str(metadata.get("person_id", "")), _why(message, metadata))


def _why(message: dict[str, Any], metadata: dict[str, Any]) -> str | None:
    if set(message) - _KNOWN or not isinstance(message.get("TemplateModel"), dict):
        return "field"
    if len(metadata) > _MOST_METADATA or not all(
        len(name) <= _LONGEST_NAME and isinstance(value, str) and 0 < len(value) <= _LONGEST_VALUE for name, value in metadata.items()
    ):
        return "metadata"
    by_id, by_name = message.get("TemplateId"), message.get("TemplateAlias")
    if (by_id is None) == (by_name is None) or (by_id is not None and not isinstance(by_id, int)) or by_name == "unknown":
        return "template"
    sender, to = message.get("From"), message.get("To")
    if not isinstance(sender, str) or sender.rstrip(">").endswith(UNCONFIRMED):
        return "sender"
    if not isinstance(to, str) or to.count("@") != 1 or set(to) & set(",;<>\r\n "):
        return "to"  # the real one takes a list here, but each of our sends is for one person
    return "inactive" if to == INACTIVE else None


def _reply_to_one(fate: Fate) -> Reply:
    return json_reply(200 if fate.taken else 422, _outcome(fate))


def _reply_to_all(fates: Sequence[Fate]) -> Reply:
    return json_reply(200, [_outcome(fate) for fate in fates])


def _outcome(fate: Fate) -> dict[str, Any]:
    if not fate.taken:
        return _error(fate.verdict.removeprefix("refused_"))
    return {"ErrorCode": 0, "Message": "OK", "MessageID": f"fake-{fate.number}", "SubmittedAt": "2026-03-01T12:00:00Z"}


def _error(why: str) -> dict[str, Any]:
    return {"ErrorCode": _CODES.get(why, 300), "Message": f"refused: {why}"}
