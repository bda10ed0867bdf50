"""Salesforce Marketing Cloud: tokens that end, mails by message key, journey events."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from connectors.esp.fake.protocol import Call, Fate, Item, Plain, RefusedError, Reply, Standing, Taken, json_reply, read_object, text_of

CLIENT_ID, CLIENT_SECRET = "fake-sfmc-client", "fake-sfmc-secret"
TOKEN_LIVES = 1_200
"""Seconds."""
_MESSAGE = re.compile(r"/messaging/v1/email/messages/([^/]{1,100})")


class Sfmc(Plain):
    """A new token does not end the old one. Without the address in `to` a mail goes to the contact it knows by its key."""

    max_body = 4_000_000
    remembers = timedelta(days=2)

    def __init__(self) -> None:
        self._tokens: dict[str, float] = {}

    def read(self, call: Call) -> Taken:
        if call.method != "POST":
            raise RefusedError(404, "path")
        if call.path == "/v2/token":
            return self._login(call)
        token = call.headers.get("Authorization", "").removeprefix("Bearer ")
        if self._tokens.get(token, 0) <= call.now:
            raise RefusedError(401, "token")
        root = read_object(call, self.max_body)
        if call.path == "/interaction/v1/events":
            return _journey(root)
        if found := _MESSAGE.fullmatch(call.path):
            return _mail(root, found[1])
        raise RefusedError(404, "path")

    def refuse(self, status: int, why: str) -> Reply:
        if why == "client":
            return json_reply(status, {"error": "invalid_client", "error_description": why})
        return json_reply(status, {"message": why, "errorcode": 50100 if status == 429 else 10000 + status, "documentation": ""})

    def rate_headers(self, standing: Standing) -> Mapping[str, str]:
        return {"Retry-After": str(math.ceil(standing.resets))} if standing.over else {}

    def _login(self, call: Call) -> Taken:
        root = read_object(call, self.max_body)
        if root.get("grant_type") != "client_credentials":
            raise RefusedError(400, "grant_type")
        if (root.get("client_id"), root.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            raise RefusedError(401, "client")
        token = f"fake-token-{len(self._tokens) + 1}"
        self._tokens[token] = call.now + TOKEN_LIVES
        said = {"access_token": token, "token_type": "Bearer", "expires_in": TOKEN_LIVES, "scope": "email_send"}
        return Taken([], lambda _: json_reply(200, said))


def _mail(root: dict[str, Any], key: str) -> Taken:
    text_of(root, "definitionKey", why="definition")
    person = text_of(root, "recipient", "contactKey", why="contact")
    attributes = root["recipient"].get("attributes", {})
    if not isinstance(attributes, dict) or any(isinstance(value, list | dict) for value in attributes.values()):
        raise RefusedError(400, "attributes")

    def answer(fates: Sequence[Fate]) -> Reply:
        if fates[0].repeated:
            return json_reply(400, {"message": "Duplicate messageKey", "errorcode": 13_001, "requestId": "fake"})
        code = 0 if fates[0].taken else 12_001
        entry = {"messageKey": key} | ({"errorcode": code, "message": fates[0].verdict} if code else {})
        return json_reply(202, {"requestId": f"fake-{fates[0].number}", "errorcode": code, "responses": [entry]})

    return Taken([Item(key, person)], answer)


def _journey(root: dict[str, Any]) -> Taken:
    text_of(root, "EventDefinitionKey", why="definition")
    person, key = text_of(root, "ContactKey", why="contact"), text_of(root, "Data", "trigger_id", why="data")

    def answer(fates: Sequence[Fate]) -> Reply:
        if not fates[0].taken:
            return json_reply(400, {"message": fates[0].verdict, "errorcode": 10_003})
        return json_reply(201, {"eventInstanceId": f"fake-{fates[0].number}"})

    return Taken([Item(key, person)], answer, forgets=True)
