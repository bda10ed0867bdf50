"""Every way our adapters send, as destinations at the fake platforms: contract tests walk them all."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from connectors.esp.fake.platforms import braze, customerio, iterable, klaviyo, segment, sfmc
from connectors.esp.protocol import Adapter
from jobs.deliver.send import Send
from tests.unit.a_send import a_send, an_adapter

_REFERENCE = re.compile(r"\$\{env:([A-Z_]+)\}")


@dataclass(frozen=True)
class Case:
    """options: as in a settings file, without the URL. secrets: by name. base: the key of the settings that holds the URL."""

    kind: str
    platform: str
    options: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    base: str = "endpoint"

    def adapter(self, server: str, dest: str, wrong_secrets: bool = False) -> Adapter:
        """server: base URL of the fake. dest: how its ledger calls the destination, `<platform>.<more>`."""
        secrets = dict.fromkeys(self.secrets, "wrong") if wrong_secrets else self.secrets
        options = {**self.options, self.base: f"{server}/{dest}"}
        return an_adapter(self.kind, lambda text: _REFERENCE.sub(lambda found: secrets[found[1]], text), **options)


_BRAZE = {"instance": "iad-01", "api_key": "${env:KEY}"}
_MESSAGES = {"app_id": "app", "sender": "Shop <mail@shop.example>"}
_SFMC = {"subdomain": "tenant", "client_id": "${env:ID}", "client_secret": "${env:SECRET}"}
_SFMC_SECRETS = {"ID": sfmc.CLIENT_ID, "SECRET": sfmc.CLIENT_SECRET}
_CIO = {"site_id": "${env:SITE}", "api_key": "${env:KEY}"}
_KEY = "${env:KEY}"

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
    "segment": Case("segment", "segment", {"write_key": _KEY}, {"KEY": segment.WRITE_KEY}),
    "sfmc email": Case("sfmc", "sfmc", _SFMC, _SFMC_SECRETS),
    "sfmc journey": Case("sfmc", "sfmc", {**_SFMC, "send": "journey"}, _SFMC_SECRETS),
    "webhook": Case("webhook", "webhook", base="url"),
}


def some_sends(count: int, **changes: Any) -> list[Send]:
    """Sends of one trigger to as many persons."""
    return [a_send(**{"trigger_id": f"5{number:025d}", "person_id": f"p{number}", **changes}) for number in range(count)]
