"""A receiver of Standard Webhooks: `/webhook` and, for several destinations, `/webhook/<name>`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from connectors.esp.fake.contract import MAX_BODY, check_webhook
from connectors.esp.fake.protocol import Call, Fate, Item, Plain, Reply, Taken, json_reply


class WebhookReceiver(Plain):
    """Remembers every key for ever."""

    max_body = MAX_BODY
    remembers = timedelta.max

    def read(self, call: Call) -> Taken:
        key, person = check_webhook(call.headers, call.content_type, call.body)
        return Taken([Item(key, person)], _answer)

    def refuse(self, status: int, why: str) -> Reply:
        return json_reply(status, {"error": why})


def _answer(fates: Sequence[Fate]) -> Reply:
    return json_reply(200, {"id": f"fake-{fates[0].number}", "status": fates[0].verdict})
