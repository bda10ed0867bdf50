"""Catch hooks: Zapier's `/hooks/catch/<account>/<hook>/`, Make's `/<name>`. Who knows the URL may post to it."""

from __future__ import annotations

import re

from connectors.esp.fake.protocol import Call, Fate, Item, Plain, RefusedError, Reply, Taken, Window, json_reply, read_object, text_of

MAKE_KEY = "fake-make-key"
_CATCH = re.compile(r"/hooks/catch/[0-9]+/[A-Za-z0-9]+/?")
_HOOKS = ("/open", "/keyed", "/closed", "/full")


class Zapier(Plain):
    """Remembers nothing: a repeat runs the Zap again."""

    max_body = 10_000_000
    windows = (Window(10_000, 300),)

    def read(self, call: Call) -> Taken:
        if call.method != "POST" or not _CATCH.fullmatch(call.path):
            raise RefusedError(404, "hook")
        return Taken([_item(call, self.max_body)], lambda fates: _zapier_answer(fates[0]))

    def refuse(self, status: int, why: str) -> Reply:
        return json_reply(status, {"status": "error", "message": why})


class Make(Plain):
    """Four hooks: `/open`; `/keyed` asks for the key, `/closed` has no scenario, `/full` has a full queue."""

    max_body = 5_000_000

    def read(self, call: Call) -> Taken:
        if call.method != "POST" or call.path not in _HOOKS:
            raise RefusedError(404, "hook")
        if call.path == "/closed":
            raise RefusedError(410, "closed")
        if call.path == "/keyed" and call.headers.get("x-make-apikey") != MAKE_KEY:
            raise RefusedError(401, "key")
        if call.path == "/full":
            raise RefusedError(400, "queue")
        return Taken([_item(call, self.max_body)], lambda fates: Reply(200, b"Accepted", content_type="text/plain"))

    def refuse(self, status: int, why: str) -> Reply:
        return Reply(status, why.encode(), content_type="text/plain")


def _item(call: Call, limit: int) -> Item:
    root = read_object(call, limit)
    return Item(text_of(root, "trigger_id", why="trigger_id"), text_of(root, "person_id", why="person_id"))


def _zapier_answer(fate: Fate) -> Reply:
    return json_reply(200, {"status": "success", "id": f"fake-{fate.number}", "request_id": f"fake-{fate.number}", "attempt": "1"})
