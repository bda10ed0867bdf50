"""SendGrid, mail/send with a dynamic template: up to 1,000 people in one request (`facts/delivery.md`, section 4)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar, Literal

import orjson
from pydantic import Field

from connectors.esp.answers import classify_status
from connectors.esp.batches import REFUSED, for_all, for_some
from connectors.esp.content import content, identity
from connectors.esp.limits import epoch, header, with_limit
from connectors.esp.mail import Plain, SenderOptions, address_of
from connectors.esp.options import Secret
from connectors.esp.protocol import Answer, Batch, Login, Meaning, Rate, Reason, Request, Send
from connectors.esp.wire import join, objects, plain, position, read_answer, read_key, to_json

MOST, LARGEST = 1000, 20_000_000
"""People and bytes in a request; the platform takes 30 MB."""
LARGEST_DATA = 2_000_000
"""Bytes of one send: more than a record of Kafka has, so that a thousand of them are no surprise to anybody's memory."""
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
            "Authorization": f"Bearer {read_key('api_key', options.api_key, read)}",
        }
        self._common = _common(options)

    def group(self, send: Send) -> str:
        return self._options.template(send.template)

    def item(self, send: Send) -> bytes:
        args = {name: str(value) for name, value in identity(send).items()}
        to_json(args, LONGEST_ARGS)
        person = {
            "to": [{"email": address_of(send)}],
            "custom_args": args,
            "dynamic_template_data": content(send, self._options),
        }
        return to_json(person, LARGEST_DATA)

    def request(self, sends: Sequence[Send], items: Sequence[bytes], at: datetime) -> Request:
        common = orjson.dumps(self._common | {"template_id": self.group(sends[0])})
        return Request("POST", self._url, self._headers, join(b'{"personalizations":[', items, b"]," + common[1:]))

    def answers(self, sends: Sequence[Send], status: int, headers: Mapping[str, str], body: bytes) -> Sequence[Answer]:
        answer = classify_status(status, headers)
        if status == 400:
            return _refused(sends, body)
        if answer.meaning is Meaning.ACCEPTED:
            answer = replace(answer, esp_id=plain(header(headers, "X-Message-Id")))
        limit = header(headers, "X-RateLimit-Remaining"), epoch(header(headers, "X-RateLimit-Reset"))
        return for_all(sends, with_limit(answer, *limit), status)


def _common(options: SendGridOptions) -> dict[str, Any]:
    sender = {"email": options.from_email} | ({"name": options.from_name} if options.from_name else {})
    return {
        "from": sender,
        **({"reply_to": {"email": options.reply_to}} if options.reply_to else {}),
        **({"asm": {"group_id": options.unsubscribe_group}} if options.unsubscribe_group else {}),
        **({"ip_pool_name": options.ip_pool} if options.ip_pool else {}),
    }


def _refused(sends: Sequence[Send], body: bytes) -> list[Answer]:
    """400: nothing was taken. Whoever is named is at fault; what every request has alike is everybody's; the rest go again."""
    errors = objects((read_answer(body) or {}).get("errors"))
    fields = [field for error in errors if isinstance(field := error.get("field"), str)]
    if any(field.split(".")[0] in _OF_SETTINGS for field in fields):
        return [Answer(Meaning.CONFIGURATION, Reason.CONFIGURATION)] * len(sends)
    if "template_id" in fields:
        return [REFUSED] * len(sends)
    places = [position(int(found[1]), len(sends)) for field in fields if (found := _ITEM.match(field))]
    return for_some(for_all(sends, REFUSED, 400), {place: REFUSED for place in places if place is not None})
