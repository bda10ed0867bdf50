"""Postmark, templates: one message, or a batch with an answer for each (`facts/delivery.md`, section 4)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from pydantic import Field

from connectors.esp.answers import classify_status
from connectors.esp.batches import REFUSED, UNCLEAR, for_all
from connectors.esp.content import content, identity
from connectors.esp.mail import SenderOptions, address_of
from connectors.esp.options import Name, Secret
from connectors.esp.protocol import Answer, Batch, Login, Meaning, Rate, Reason, Request, Send
from connectors.esp.wire import at_path, join, plain, read_key, to_json

MOST, LARGEST = 150, 45_000_000
"""Messages and bytes in a request. The platform takes 500 and 50 MB, but answers with up to 400 bytes a message, and 64 KB are read."""
LARGEST_MESSAGE = 2_000_000
"""Bytes; the platform takes 10 MB, a record of Kafka has less than this."""
LONGEST_METADATA = 80
"""Characters of a value; the platform refuses the mail for a longer one."""
_BASE = "https://api.postmarkapp.com"
_OF_SETTINGS = {10, 400, 401, 405, 412, 413}  # token, sender signature, credits, account pending or blocked
_LATER = {100: Reason.UNAVAILABLE, 429: Reason.RATE_LIMITED}  # maintenance


class PostmarkOptions(SenderOptions):
    """server_token: of the server, not of the account. message_stream: mails that are not transactional need a broadcast stream."""

    needs_address: ClassVar[bool] = True

    server_token: Secret
    message_stream: Name | None = Field(None, pattern=r"^[A-Za-z0-9_-]+$")


class Postmark:
    """Repeats are not told there: an answer that was lost is not asked for again."""

    deduplicates = False
    rate: Rate | None = None
    batch: Batch | None = Batch(MOST, LARGEST)
    login: Login | None = None

    def __init__(self, options: PostmarkOptions, read: Callable[[str], str]) -> None:
        self._options = options
        self._base = options.endpoint or _BASE
        self._headers = {
            "Content-Type": "application/json",
            "Accept": "application/json",
            "X-Postmark-Server-Token": read_key("server_token", options.server_token, read),
        }
        sender = f"{_quoted(options.from_name)} <{options.from_email}>" if options.from_name else options.from_email
        self._common = {
            "From": sender,
            **({"ReplyTo": options.reply_to} if options.reply_to else {}),
            **({"MessageStream": options.message_stream} if options.message_stream else {}),
        }

    def group(self, send: Send) -> str:
        return ""  # every message names its own template

    def item(self, send: Send) -> bytes:
        template = self._options.template(send.template)
        by_number = template.isascii() and template.isdigit()
        message = {
            **self._common,
            "To": address_of(send),
            **({"TemplateId": int(template[:18])} if by_number else {"TemplateAlias": template}),
            "TemplateModel": content(send, self._options),
            "Metadata": {name: value for name, value in identity(send).items() if 0 < len(value) <= LONGEST_METADATA},
        }
        return to_json(message, LARGEST_MESSAGE)

    def request(self, sends: Sequence[Send], items: Sequence[bytes], at: datetime) -> Request:
        if len(items) == 1:
            return Request("POST", f"{self._base}/email/withTemplate", self._headers, items[0])
        return Request("POST", f"{self._base}/email/batchWithTemplates", self._headers, join(b'{"Messages":[', items, b"]}"))

    def answers(self, sends: Sequence[Send], status: int, headers: Mapping[str, str], body: bytes) -> Sequence[Answer]:
        count, found = len(sends), _read(body)
        if 200 <= status < 300 and count == 1:
            return [_answer(found) or Answer(Meaning.ACCEPTED)]
        if 200 <= status < 300:
            # fewer than were asked for: which were taken cannot be told
            each = found if isinstance(found, list) and len(found) == count else [None] * count
            return [_answer(one) or UNCLEAR for one in each]
        answer = _answer(found) if status == 422 else None
        if answer is None or answer.meaning is Meaning.ACCEPTED:
            answer = classify_status(status, headers)
        return for_all(sends, answer, status)


def _answer(message: Any) -> Answer | None:
    """One message's answer, `{"ErrorCode": 0, "MessageID": …}`; None if it is none."""
    code = at_path(message, "ErrorCode")
    if not isinstance(code, int) or isinstance(code, bool):
        return None
    if code == 0:
        return Answer(Meaning.ACCEPTED, esp_id=plain(message.get("MessageID")))
    if code in _OF_SETTINGS:
        return Answer(Meaning.CONFIGURATION, Reason.CONFIGURATION)
    if code in _LATER:
        return Answer(Meaning.RETRY, _LATER[code])
    return REFUSED


def _read(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _quoted(name: str) -> str:
    """A display name that its own punctuation cannot end (RFC 5322, quoted-string)."""
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
