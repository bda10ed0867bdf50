"""Mailgun, messages with a stored template: one mail per request (`facts/delivery.md`, section 4).

Not several with recipient-variables: they are put in as text, which a list of items is not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from email.utils import formataddr
from typing import Annotated, ClassVar, Literal
from urllib.parse import urlencode

from pydantic import AfterValidator

from connectors.esp.answers import classify_status, parse_retry_after
from connectors.esp.content import content, identity
from connectors.esp.mail import Plain, SenderOptions, address_of
from connectors.esp.options import Secret
from connectors.esp.protocol import Answer, Meaning, OneByOne, Reason, Request, Send, UnsendableError
from connectors.esp.wire import basic, plain, read_answer, read_key, to_json

LARGEST = 2_000_000
"""Bytes of the form; the platform takes 25 MB, template and all, a record of Kafka has less than this."""
_BASES = {"us": "https://api.mailgun.net", "eu": "https://api.eu.mailgun.net"}
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"(?:{_LABEL}\.)+{_LABEL}", re.IGNORECASE)


def _is_domain(text: str) -> str:
    if len(text) > 253 or not _DOMAIN.fullmatch(text):
        raise ValueError("expected a sending domain, like 'mail.shop.example'")
    return text


class MailgunOptions(SenderOptions):
    """domain: the sending domain. It becomes part of the URL, so it is nothing but a domain. subject: if the template has none."""

    needs_address: ClassVar[bool] = True

    api_key: Secret
    domain: Annotated[str, AfterValidator(_is_domain)]
    region: Literal["us", "eu"] = "us"
    subject: Plain | None = None


class Mailgun(OneByOne):
    """Repeats are not told there: an answer that was lost is not asked for again."""

    def __init__(self, options: MailgunOptions, read: Callable[[str], str]) -> None:
        self._options = options
        self._url = f"{options.endpoint or _BASES[options.region]}/v3/{options.domain}/messages"
        self._headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Authorization": basic("api", read_key("api_key", options.api_key, read)),
        }
        self._common = {
            "from": formataddr((options.from_name or "", options.from_email)),
            **({"h:Reply-To": options.reply_to} if options.reply_to else {}),
            **({"subject": options.subject} if options.subject else {}),
        }

    def item(self, send: Send) -> bytes:
        fields = {
            **self._common,
            "to": address_of(send),
            "template": self._options.template(send.template),
            "t:variables": to_json(content(send, self._options), LARGEST).decode(),
            **{f"v:{name}": value for name, value in identity(send).items() if value},
        }
        body = urlencode(fields).encode("ascii")
        if len(body) > LARGEST:
            raise UnsendableError(Reason.TOO_LARGE)
        return body

    def request(self, sends: Sequence[Send], items: Sequence[bytes], at: datetime) -> Request:
        return Request("POST", self._url, self._headers, items[0])

    def answer(self, send: Send, status: int, headers: Mapping[str, str], body: bytes) -> Answer:
        if 200 <= status < 300:
            return Answer(Meaning.ACCEPTED, esp_id=self._message_id(body))
        if status == 402:
            return Answer(Meaning.CONFIGURATION, Reason.CONFIGURATION)  # the account is not paid for
        if status == 404:  # may pass: what was made a moment ago is not known everywhere at once
            return Answer(Meaning.RETRY, Reason.UNAVAILABLE, retry_after=parse_retry_after(headers.get("Retry-After")))
        return classify_status(status, headers)

    def _message_id(self, body: bytes) -> str | None:
        """The id is `<…@our domain>`: what is left of the @ is kept, so that nothing here can be anybody's address."""
        found = (read_answer(body) or {}).get("id")
        name, _, domain = found.strip("<>").partition("@") if isinstance(found, str) else ("", "", "")
        return plain(name) if domain.lower() == self._options.domain.lower() else None
