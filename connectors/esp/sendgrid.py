"""SendGrid, mail/send with a dynamic template: up to 1,000 people in one request (`facts/delivery.md`, section 4)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Literal

import orjson
from pydantic import Field

from connectors.esp.batches import classify_batch, epoch_limit, json_of
from connectors.esp.content import content, identity
from connectors.esp.credentials import credential
from connectors.esp.mail import Plain, SenderOptions, address_of
from connectors.esp.options import Secret
from connectors.esp.protocol import Answer, Batch, Login, Meaning, Rate, Reason, Request, Send, UnsendableError
from connectors.esp.webhook import is_plain_id

MOST, LARGEST = 1000, 20_000_000
"""People and bytes in a request; the platform takes 30 MB, template and all."""
LONGEST_ARGS = 10_000
"""Bytes of custom_args."""
_BASES = {"global": "https://api.sendgrid.com", "eu": "https://api.eu.sendgrid.com"}
_ITEM = re.compile(r"personalizations[.\[](\d{1,4})(?![0-9])")
_OF_SETTINGS = ("from", "reply_to", "asm", "ip_pool_name")


class SendGridOptions(SenderOptions):
    """api_key: with the right to send mail, no other."""

    needs_address: ClassVar[bool] = True

    api_key: Secret
    region: Literal["global", "eu"] = "global"
    unsubscribe_group: int | None = Field(None, ge=1)
    ip_pool: Plain | None = None


class SendGrid:
    """Repeats are not told there: an answer that was lost is not asked for again."""

    deduplicates = False
    rate: Rate | None = None  # disputed: its headers tell
    batch: Batch | None = Batch(MOST, LARGEST)
    login: Login | None = None

    def __init__(self, options: SendGridOptions, read: Callable[[str], str]) -> None:
        self._options = options
        self._url = (options.endpoint or _BASES[options.region]) + "/v3/mail/send"
        self._headers = {
            "Content-Type": "application/json",
            "Authorization": f"Bearer {credential(read, options.api_key, 'api_key')}",
        }
        self._common = _common(options)

    def group(self, send: Send) -> str:
        return self._options.template(send.template)

    def item(self, send: Send) -> bytes:
        args = {name: str(value) for name, value in identity(send).items()}
        if len(orjson.dumps(args)) > LONGEST_ARGS:
            raise UnsendableError(Reason.TOO_LARGE)
        person = {
            "to": [{"email": address_of(send)}],
            "custom_args": args,
            "dynamic_template_data": content(send, self._options),
        }
        item = orjson.dumps(person)
        if len(item) > LARGEST - 10_000:
            raise UnsendableError(Reason.TOO_LARGE)
        return item

    def request(self, sends: Sequence[Send], items: Sequence[bytes], at: datetime) -> Request:
        common = orjson.dumps(self._common | {"template_id": self.group(sends[0])})
        body = b'{"personalizations":[%s],%s' % (b",".join(items), common[1:])
        return Request("POST", self._url, self._headers, body)

    def answers(self, sends: Sequence[Send], status: int, headers: Mapping[str, str], body: bytes) -> Sequence[Answer]:
        if status == 400:
            return _refused(len(sends), body)
        if 200 <= status < 300:
            esp_id = headers.get("X-Message-Id", "")
            return [Answer(Meaning.ACCEPTED, esp_id=esp_id if is_plain_id(esp_id) else None)] * len(sends)
        return [epoch_limit(answer, headers) for answer in classify_batch(len(sends), status, headers)]


def _common(options: SendGridOptions) -> dict[str, Any]:
    sender = {"email": options.from_email} | ({"name": options.from_name} if options.from_name else {})
    return {
        "from": sender,
        **({"reply_to": {"email": options.reply_to}} if options.reply_to else {}),
        **({"asm": {"group_id": options.unsubscribe_group}} if options.unsubscribe_group else {}),
        **({"ip_pool_name": options.ip_pool} if options.ip_pool else {}),
    }


def _refused(count: int, body: bytes) -> list[Answer]:
    """400: nothing was taken. Whoever is named is at fault; what every request has alike is everybody's; the rest go again."""
    fields = _fields(body)
    if any(field.split(".")[0] in _OF_SETTINGS for field in fields):
        return [Answer(Meaning.CONFIGURATION, Reason.CONFIGURATION)] * count
    refused = Answer(Meaning.REJECTED, Reason.REFUSED)
    if count == 1 or "template_id" in fields:
        return [refused] * count
    named = {int(found.group(1)) for field in fields if (found := _ITEM.match(field))}
    return [refused if n in named else Answer(Meaning.SPLIT, Reason.REFUSED) for n in range(count)]


def _fields(body: bytes) -> list[str]:
    answer = json_of(body)
    errors = answer.get("errors") if isinstance(answer, dict) else None
    found = [error.get("field") for error in errors if isinstance(error, dict)] if isinstance(errors, list) else []
    return [field for field in found if isinstance(field, str)]
