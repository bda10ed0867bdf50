"""Every way our adapters send, as destinations at the fake platforms: contract tests walk them all."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from connectors.esp.fake.platforms import braze, customerio, hooks, iterable, klaviyo, mailgun, postmark, segment, sendgrid, sfmc
from connectors.esp.protocol import Adapter, Meaning
from jobs.deliver.send import Send
from tests.unit.a_send import a_send, an_adapter

_REFERENCE = re.compile(r"\$\{env:([A-Z_]+)\}")


@dataclass(frozen=True)
class Case:
    """options: as in a settings file, without the URL. secrets: by name. base: the key of the settings that holds the URL.

    urls: secrets that are no keys. means: what a status means there for one send alone, where that is of its own.
    """

    kind: str
    platform: str
    options: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    base: str = "endpoint"
    urls: Mapping[str, str] = field(default_factory=dict)
    means: Mapping[int, Meaning] = field(default_factory=dict)

    def adapter(self, server: str, dest: str, wrong_secrets: bool = False) -> Adapter:
        """server: base URL of the fake. dest: how its ledger calls the destination, `<platform>.<more>`."""
        options = {**self.options, self.base: f"{server}/{dest}"}
        return an_adapter(self.kind, self.reader("wrong" if wrong_secrets else None), **options)

    def reader(self, key: str | None = None) -> Callable[[str], str]:
        """What an adapter reads its secrets with. key: the one it finds for every reference to a key."""
        secrets = {**(self.secrets if key is None else dict.fromkeys(self.secrets, key)), **self.urls}
        return lambda text: _REFERENCE.sub(lambda found: secrets[found[1]], text)


_BRAZE = {"instance": "iad-01", "api_key": "${env:KEY}"}
_MESSAGES = {"app_id": "app", "sender": "Shop <mail@shop.example>"}
_SFMC = {"subdomain": "tenant", "client_id": "${env:ID}", "client_secret": "${env:SECRET}"}
_SFMC_SECRETS = {"ID": sfmc.CLIENT_ID, "SECRET": sfmc.CLIENT_SECRET}
_CIO = {"site_id": "${env:SITE}", "api_key": "${env:KEY}"}
_KEY = "${env:KEY}"
_SENDER = {"from_email": "hello@shop.example", "from_name": "Shop", "reply_to": "care@shop.example"}
_SENDGRID = {**_SENDER, "api_key": _KEY, "templates": {"cart_reminder": "d-1"}, "unsubscribe_group": 7}
_MAILGUN = {**_SENDER, "api_key": _KEY, "domain": mailgun.DOMAIN}
_ZAPIER = {
    **dict.fromkeys((400, 409, 422, 500, 502), Meaning.RETRY),
    **dict.fromkeys((404, 410), Meaning.CONFIGURATION),
}
_MAKE = {400: Meaning.RETRY, 404: Meaning.CONFIGURATION, 410: Meaning.CONFIGURATION}

CASES: dict[str, Case] = {
    "braze campaign": Case("braze", "braze", _BRAZE, {"KEY": braze.API_KEY}),
    "braze transactional": Case("braze", "braze", {**_BRAZE, "send": "transactional"}, {"KEY": braze.API_KEY}),
    "braze messages": Case("braze", "braze", {**_BRAZE, "send": "messages", **_MESSAGES}, {"KEY": braze.API_KEY}),
    "braze track": Case("braze", "braze", {**_BRAZE, "send": "track"}, {"KEY": braze.API_KEY}),
    "customerio": Case("customerio", "customerio", _CIO, {"SITE": customerio.SITE_ID, "KEY": customerio.API_KEY}),
    "iterable events": Case("iterable", "iterable", {"api_key": _KEY}, {"KEY": iterable.API_KEY}),
    "iterable bulk": Case("iterable", "iterable", {"api_key": _KEY, "send": "events_bulk"}, {"KEY": iterable.API_KEY}),
    "iterable email": Case(
        "iterable", "iterable", {"api_key": _KEY, "send": "email", "templates": {"cart_reminder": "7"}}, {"KEY": iterable.API_KEY}
    ),
    "klaviyo": Case("klaviyo", "klaviyo", {"api_key": _KEY}, {"KEY": klaviyo.API_KEY}),
    "klaviyo bulk": Case("klaviyo", "klaviyo", {"api_key": _KEY, "send": "events_bulk"}, {"KEY": klaviyo.API_KEY}),
    "mailgun": Case("mailgun", "mailgun", _MAILGUN, {"KEY": mailgun.API_KEY}, means={404: Meaning.RETRY}),
    "make": Case(
        "make",
        "make",
        {"url": "${env:URL}", "api_key": _KEY},
        {"KEY": hooks.MAKE_KEY},
        urls={"URL": "https://hook.eu1.make.com/keyed"},
        means=_MAKE,
    ),
    "postmark": Case("postmark", "postmark", {**_SENDER, "server_token": _KEY, "message_stream": "broadcast"}, {"KEY": postmark.TOKEN}),
    "segment": Case("segment", "segment", {"write_key": _KEY}, {"KEY": segment.WRITE_KEY}),
    "sendgrid": Case("sendgrid", "sendgrid", _SENDGRID, {"KEY": sendgrid.API_KEY}),
    "sfmc email": Case("sfmc", "sfmc", _SFMC, _SFMC_SECRETS),
    "sfmc journey": Case("sfmc", "sfmc", {**_SFMC, "send": "journey"}, _SFMC_SECRETS),
    "webhook": Case("webhook", "webhook", base="url", means={410: Meaning.CONFIGURATION}),
    "zapier": Case("zapier", "zapier", {"url": "${env:URL}"}, urls={"URL": "https://hooks.zapier.com/hooks/catch/1/abc/"}, means=_ZAPIER),
}


def some_sends(count: int, **changes: Any) -> list[Send]:
    """Sends of one trigger to as many persons, with their addresses."""
    return [
        a_send(**{"trigger_id": f"5{number:025d}", "person_id": f"p{number}", "address": f"p{number}@example.com", **changes})
        for number in range(count)
    ]
