"""Mailgun webhooks: JSON with `event-data` and `signature`, or the legacy form fields.

https://documentation.mailgun.com/docs/mailgun/user-manual/events/webhooks and …/tracking-messages
"""

from __future__ import annotations

from collections.abc import Mapping

from connectors.collector.receipts import machine
from connectors.collector.receipts.bodies import form, is_json, json_document
from connectors.collector.receipts.building import Draft, kind, read_each
from connectors.collector.receipts.reading import address, at, first, instant, json_or_none, mapping, text, word
from connectors.collector.receipts.receipt import Bounce, Found, Type, UnreadableItemError

_TYPES: dict[str, Type] = {
    "accepted": "queued",
    "delivered": "delivered",
    "failed": "bounced",
    "bounced": "bounced",
    "dropped": "rejected",
    "rejected": "rejected",
    "opened": "opened",
    "clicked": "clicked",
    "complained": "complained",
    "unsubscribed": "unsubscribed",
}
_SUPPRESSED = "suppress_"
"""Reasons of what Mailgun did not even try: suppress-bounce, suppress-complaint, suppress-unsubscribe."""
_NOT_THE_ADDRESS = {"old", "espblock", "greylisted"}


def parse(body: bytes, headers: Mapping[str, str]) -> list[Found]:
    """One event. Of a form field that comes twice the first counts: custom variables of the same name follow Mailgun's own."""
    if is_json(body):
        document = json_document(body)
        return read_each("mailgun", document if isinstance(document, list) else [document], _read)
    return read_each("mailgun", [form(body, headers)], _read)


def _read(item: Mapping[str, object]) -> Draft:
    return _event(item, mapping(item["event-data"])) if "event-data" in item else _legacy(item)


def _event(item: Mapping[str, object], event: Mapping[str, object]) -> Draft:
    type_ = kind(event.get("event"), _TYPES, "event")
    status, message = event.get("delivery-status"), at(event, "message", "headers")
    reason = word(event.get("reason"))
    if event.get("event") == "failed":
        type_ = "deferred" if event.get("severity") == "temporary" else "rejected" if reason.startswith(_SUPPRESSED) else "bounced"
    told = [at(status, "message"), at(status, "description"), at(event, "reject", "reason"), at(event, "reject", "description")]
    return Draft(
        type=type_,
        item=event,
        recipients=(address(event.get("recipient")) or address(at(message, "to")),),
        bounce=_bounce(reason, text(at(status, "code"))),
        machine=_is_bot(event.get("client-info")) or machine.by_user_agent(at(event, "client-info", "user-agent")),
        at=instant(event.get("timestamp"), at(item, "signature", "timestamp")),
        event_id=first(at(item, "signature", "token"), event.get("id")),
        message_id=_bracketed(at(message, "message-id")),
        link_url=text(event.get("url")),
        reasons=(*told, event.get("reason")),
        places=(event.get("user-variables"),),
    )


def _legacy(fields: Mapping[str, object]) -> Draft:
    one = {name: value[0] if isinstance(value, list) and value else value for name, value in fields.items()}
    if "event" not in one and ("body-plain" in one or "sender" in one):
        raise UnreadableItemError("a received mail, not a receipt: the route points here")
    pairs = json_or_none(text(one.get("message-headers")) or "")
    mail = {str(pair[0]).lower(): pair[1] for pair in pairs if isinstance(pair, list) and len(pair) == 2} if isinstance(pairs, list) else {}
    return Draft(
        type=kind(one.get("event"), _TYPES, "event"),
        item=one,
        recipients=(address(one.get("recipient")),),
        bounce=_bounce(word(one.get("reason")), text(one.get("code"))),
        machine=bool(text(one.get("bot"))) or machine.by_user_agent(one.get("user-agent")),
        at=instant(one.get("timestamp")),
        event_id=text(one.get("token")),
        message_id=_bracketed(one.get("Message-Id") or one.get("message-id") or mail.get("message-id")),
        link_url=text(one.get("url")),
        reasons=(one.get("error"), one.get("notification"), one.get("description"), one.get("reason")),
        places=(one, mail),
    )


def _is_bot(client: object) -> bool:
    # `bot` is empty for people, else who it was: apple, gmail, generic
    return bool(text(at(client, "bot"))) or word(at(client, "client-type")) == "robot"


def _bounce(reason: str, code: str | None) -> Bounce:
    # permanent for this mail: given up after many tries, or refused for whose it is, says nothing of the address
    return "soft" if reason in _NOT_THE_ADDRESS or (code or "").startswith("4") else "hard"


def _bracketed(value: object) -> str | None:
    """As the send call answers it: `<…@…>`."""
    found = text(value)
    return found if found is None or found.startswith("<") else f"<{found}>"
