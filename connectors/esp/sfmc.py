"""Salesforce Marketing Cloud: a transactional mail, or an event that lets a contact into a journey. Calls need a token, asked for once."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from urllib.parse import quote

from pydantic import Field, StringConstraints

from connectors.esp.answers import classify_status
from connectors.esp.batches import REFUSED, UNCLEAR
from connectors.esp.content import content
from connectors.esp.options import Name, Options, Secret
from connectors.esp.protocol import Answer, Login, Meaning, OneByOne, Reason, Request, Send, Token
from connectors.esp.wire import objects, plain, read_answer, read_key, to_json

MAX_BODY = 4_000_000
"""Bytes. No limit is published; this is ours."""
_JSON = "application/json; charset=UTF-8"  # without the charset journeys misread what is not ASCII
_TOKEN = re.compile(r"[\x21-\x7e]{1,8192}")
_REPEATED = re.compile(r"(?is)(?=.*message\s*key)(?=.*(duplicate|already|unique|exists))")


class SfmcOptions(Options):
    """send: email (`templates` → definition keys) · journey (→ event definition keys)."""

    subdomain: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,63}$")]
    """The tenant's own, as in `https://<subdomain>.rest.marketingcloudapis.com`."""
    client_id: Secret
    client_secret: Secret
    account_id: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,18}$")] | None = None
    """MID of the business unit, when it is not that of the installed package."""
    send: Literal["email", "journey"] = "email"
    fields: list[Name] | None = None
    """Only these values are sent, as attributes or event data. None: all; a journey's data extension must have a column for each."""
    repeated_codes: list[int] = Field(default_factory=list)
    """`email`: error codes by which this account tells a message key it has had before, besides a message that says so."""


class Sfmc(OneByOne):
    """deduplicates: mails, by their message key, for two days within a business unit; journeys do not."""

    def __init__(self, options: SfmcOptions, read: Callable[[str], str]) -> None:
        self._options = options
        self._base = options.endpoint or f"https://{options.subdomain}.rest.marketingcloudapis.com"
        self.login: Login | None = SfmcLogin(options, read)
        self.deduplicates = options.send == "email"

    def item(self, send: Send) -> bytes:
        key, values = self._options.template(send.template), self._values(send)
        if self._options.send == "journey":
            return to_json({"ContactKey": send.person_id, "EventDefinitionKey": key, "Data": values}, MAX_BODY)
        recipient = {"contactKey": send.person_id, "attributes": values}
        if send.address:
            recipient["to"] = send.address
        return to_json({"definitionKey": key, "recipient": recipient}, MAX_BODY)

    def _values(self, send: Send) -> dict[str, Any]:
        fields = self._options.fields
        return _flat({name: value for name, value in content(send, self._options).items() if fields is None or name in fields})

    def request(self, sends: Sequence[Send], items: Sequence[bytes], at: datetime) -> Request:
        if self._options.send == "journey":
            path = "/interaction/v1/events"
        else:
            path = f"/messaging/v1/email/messages/{quote(sends[0].trigger_id, safe='')}"
        return Request("POST", self._base + path, {"Content-Type": _JSON}, items[0])

    def answer(self, send: Send, status: int, headers: Mapping[str, str], body: bytes) -> Answer:
        answer, said = classify_status(status, headers), read_answer(body)
        entries = [] if said is None else [said, *objects(said.get("responses"))]
        failed = [entry for entry in entries if _code(entry)]
        if self.deduplicates and status < 500 and any(self._is_repeat(entry) for entry in failed):
            return Answer(Meaning.ACCEPTED)
        if answer.meaning is not Meaning.ACCEPTED:
            return answer
        if said is None:
            return UNCLEAR
        return REFUSED if failed else replace(answer, esp_id=plain(said.get("requestId", said.get("eventInstanceId"))))

    def _is_repeat(self, entry: dict[str, Any]) -> bool:
        return _code(entry) in self._options.repeated_codes or bool(_REPEATED.match(str(entry.get("message", ""))))


class SfmcLogin:
    """A token lives about 20 minutes."""

    def __init__(self, options: SfmcOptions, read: Callable[[str], str]) -> None:
        base = options.endpoint or f"https://{options.subdomain}.auth.marketingcloudapis.com"
        self._url = base + "/v2/token"
        asked = {
            "grant_type": "client_credentials",
            "client_id": read_key("client_id", options.client_id, read),
            "client_secret": read_key("client_secret", options.client_secret, read),
        }
        self._body = to_json(asked | ({"account_id": options.account_id} if options.account_id else {}), MAX_BODY)

    def request(self) -> Request:
        return Request("POST", self._url, {"Content-Type": "application/json"}, self._body)

    def token(self, status: int, headers: Mapping[str, str], body: bytes, at: datetime) -> Token | Answer:
        answer, said = classify_status(status, headers), read_answer(body) or {}
        if answer.meaning is Meaning.REJECTED:  # 400: unknown client, unknown account
            return Answer(Meaning.CONFIGURATION, Reason.CONFIGURATION)
        if answer.meaning is not Meaning.ACCEPTED:
            return answer
        value, lives = said.get("access_token"), said.get("expires_in")
        if not isinstance(value, str) or not _TOKEN.fullmatch(value) or type(lives) is not int or not 0 < lives < 10**6:
            return Answer(Meaning.RETRY, Reason.UNAVAILABLE)
        return Token(value, at + timedelta(seconds=lives))


def _flat(values: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes are single values there: what is a list or an object goes as JSON text, which AMPscript can read; nothing as ''."""
    return {name: _attribute(value) for name, value in values.items()}


def _attribute(value: Any) -> Any:
    if value is None:
        return ""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value


def _code(entry: Mapping[str, Any]) -> int | None:
    """The error code of an answer or of one entry of it; None: no error."""
    code = entry.get("errorcode")
    return int(code) if isinstance(code, int | str) and str(code).isdecimal() and str(code).isascii() and len(str(code)) < 10 else None
