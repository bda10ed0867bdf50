"""Catch hooks of Zapier and Make: one flat JSON object per send. The URL is the secret (`facts/delivery.md`, section 4)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from connectors.esp.answers import classify_status
from connectors.esp.content import content
from connectors.esp.options import Options, Secret, is_endpoint
from connectors.esp.protocol import Answer, EndpointError, Meaning, OneByOne, Rate, Reason, Request, Send
from connectors.esp.times import iso
from connectors.esp.webhook import plain_id
from connectors.esp.wire import read_key, to_json

LARGEST = 5_000_000
_HOST = re.compile(r"[a-z0-9.-]+")  # a backslash ends a host for some readers of URLs, and not for others
_CONFIGURATION = Answer(Meaning.CONFIGURATION, Reason.CONFIGURATION)


class HookOptions(Options):
    """url: the whole URL of the hook, as the platform shows it."""

    url: Secret


class ZapierOptions(HookOptions):
    """Webhooks by Zapier, "Catch Hook"."""


class MakeOptions(HookOptions):
    """api_key: where the hook asks for one."""

    api_key: Secret | None = None


class _Hook(OneByOne):
    """Raises EndpointError for a URL that is not https at the platform itself: what knows people must not go to a look-alike."""

    domains: tuple[str, ...]

    def __init__(self, options: HookOptions, read: Callable[[str], str]) -> None:
        self._options = options
        self._url = _hook(read_key("url", options.url, read), self.domains, options.endpoint)
        self._headers = {"Content-Type": "application/json"}

    def item(self, send: Send) -> bytes:
        row = {
            **content(send, self._options),
            "version": send.version,
            "purpose": send.purpose,
            "decided_at": iso(send.decided_at),
            "expires_at": iso(send.expires_at),
            **({} if send.address is None else {"address": send.address}),
        }
        return to_json(row, LARGEST)

    def request(self, sends: Sequence[Send], items: Sequence[bytes], at: datetime) -> Request:
        return Request("POST", self._url, self._headers, items[0])


class Zapier(_Hook):
    """Anything but a success says that the hook did not take it: to be sent again."""

    domains = ("zapier.com",)
    rate: Rate | None = Rate(10_000, timedelta(minutes=5))

    def answer(self, send: Send, status: int, headers: Mapping[str, str], body: bytes) -> Answer:
        answer = classify_status(status, headers)
        if answer.meaning is Meaning.ACCEPTED:
            return replace(answer, esp_id=plain_id(body))
        if status in (401, 403, 404, 410):
            return _CONFIGURATION  # of the hook, not of the send
        if status < 400 or status == 413 or answer.meaning is Meaning.RETRY:
            return answer
        return replace(answer, meaning=Meaning.RETRY, reason=Reason.SERVER_ERROR if status >= 500 else Reason.UNAVAILABLE)


class Make(_Hook):
    """An answer tells that it lies in the queue of the hook; the scenario may fail later."""

    domains = ("make.com", "integromat.com", "make.celonis.com")

    def __init__(self, options: MakeOptions, read: Callable[[str], str]) -> None:
        super().__init__(options, read)
        if options.api_key is not None:
            self._headers["x-make-apikey"] = read_key("api_key", options.api_key, read)

    def answer(self, send: Send, status: int, headers: Mapping[str, str], body: bytes) -> Answer:
        if status in (404, 410):
            return _CONFIGURATION
        if status == 400:  # its queue is full: a JSON object is never a bad request there
            return Answer(Meaning.RETRY, Reason.UNAVAILABLE)
        return classify_status(status, headers)


def _hook(url: str, domains: Sequence[str], endpoint: str | None) -> str:
    """url, or its path at `endpoint`. Checked even then: settings that pass in a test pass at the platform."""
    parts = urlsplit(url) if is_endpoint(url) else None
    host = (parts.hostname or "").lower() if parts else ""
    if not parts or parts.scheme != "https" or parts.port not in (None, 443) or parts.fragment or not parts.path.strip("/"):
        raise EndpointError("url")
    if not _HOST.fullmatch(host) or not any(host == domain or host.endswith("." + domain) for domain in domains):
        raise EndpointError("url")
    query = f"?{parts.query}" if parts.query else ""
    return url if endpoint is None else endpoint + parts.path + query
