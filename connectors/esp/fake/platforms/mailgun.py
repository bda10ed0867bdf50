"""Mailgun: one message as a form."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from urllib.parse import parse_qsl

from connectors.esp.fake.protocol import Call, Fate, Item, Plain, RefusedError, Reply, Taken, json_reply

API_KEY = "fake-mailgun-key"
DOMAIN = "mail.shop.example"
"""The one domain of the account."""
_PATH = re.compile(r"/v3/([^/]+)/messages")
_KNOWN = {"from", "to", "cc", "bcc", "subject", "text", "html", "template", "recipient-variables"}
_MARKED = ("o:", "h:", "t:", "v:")


class Mailgun(Plain):
    """Remembers nothing: a repeat is one more mail."""

    max_body = 25_000_000

    def read(self, call: Call) -> Taken:
        if call.headers.get("Authorization") != "Basic " + base64.b64encode(f"api:{API_KEY}".encode()).decode():
            raise RefusedError(401, "key")
        found = _PATH.fullmatch(call.path)
        if call.method != "POST" or not found or found[1] != DOMAIN:
            raise RefusedError(404, "domain")
        if len(call.body) > self.max_body:
            raise RefusedError(413, "too_large")
        if call.content_type != "application/x-www-form-urlencoded":
            raise RefusedError(415, "content_type")
        form = _form(call.body)
        _check(form)
        return Taken([Item(form["v:trigger_id"], form.get("v:person_id", ""))], lambda fates: _answer(fates[0]))

    def refuse(self, status: int, why: str) -> Reply:
        if status == 401:
            return Reply(401, b"Forbidden", content_type="text/plain")
        return json_reply(status, {"message": f"refused: {why}"})


def _form(body: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, strict_parsing=True, errors="strict")
    except ValueError:
        raise RefusedError(400, "not_form") from None
    form = dict(pairs)
    if len(form) < len(pairs):
        raise RefusedError(400, "twice")
    return form


def _check(form: Mapping[str, str]) -> None:
    if any(name not in _KNOWN and not name.startswith(_MARKED) for name in form):
        raise RefusedError(400, "field")
    if "@" not in form.get("from", "") or "\n" in form["from"]:
        raise RefusedError(400, "from")
    to = form.get("to", "")
    if to.count("@") != 1 or set(to) & set(",;\r\n"):
        raise RefusedError(400, "to")  # the real one takes a list here, but each of our sends is for one person
    if not form.get("template"):
        raise RefusedError(400, "template")
    try:
        variables = json.loads(form.get("t:variables", "{}"))
    except ValueError:
        raise RefusedError(400, "variables") from None
    if not isinstance(variables, dict):
        raise RefusedError(400, "variables")
    if not form.get("v:trigger_id"):
        raise RefusedError(400, "trigger_id")


def _answer(fate: Fate) -> Reply:
    if not fate.taken:
        return json_reply(400, {"message": "refused"})
    return json_reply(200, {"id": f"<fake.{fate.number}@{DOMAIN}>", "message": "Queued. Thank you."})
