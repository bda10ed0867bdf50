"""A record of a topic → rows of the index."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping
from typing import Any

import orjson

from rekindle.workbench.index import rows
from rekindle.workbench.index.privacy import sift
from rekindle.workbench.index.rows import Address, Erased, Found, Kind, Record, Row

Value = Mapping[str, Any]

_OF_PROPERTIES = ("trigger_id", "trigger", "person_id", "machine", "bounce", "link_id")
"""What a receipt brings along. Of other properties none is kept: anything could stand there."""
_NOT_OF_EVENTS = {"properties", "consent", "locale", "received_at"}
_NOT_OF_CANDIDATES = {"payload"}
_NOT_OF_SENDS = {"payload", "address"}
_NOT_OF_PROFILES = {"email", "phone", "first_name", "traits"}
SHORTENED = ("url", "referrer", "landing_url", "link_url")
"""Web addresses lose what follows the `?`: shops put people's data there."""


def read(topic: str, record: Record, wanted: Container[str]) -> Iterator[Found]:
    """What the index keeps of a record; nothing of a heartbeat or of one that breaks its contract. wanted: names of events to keep."""
    if record.value is None:
        if topic == "profiles" and record.key:
            yield Erased(record.key.decode(errors="replace"), record.at)
        return
    try:
        value = orjson.loads(record.value)
        if isinstance(value, dict) and value.get("event") != "$heartbeat":
            yield from _READERS[topic](value, record, wanted)
    except (KeyError, TypeError, AttributeError, ValueError, OverflowError):
        return


def _decision(value: Value, record: Record, _: Container[str]) -> Iterator[Found]:
    evidence = value["evidence"]
    # one send may be cancelled by several events
    key = rows.hashed(value["trigger_id"], value["reason"], str(evidence.get("event_id")), str(evidence.get("profile")))
    at, body = rows.instant(value["decided_at"]), sift(record.value or b"")
    word = value["reason"] + (rows.AGAIN if evidence.get("recheck") is True else "")
    yield Row(
        rows.person(value["person_id"]), Kind.DECISION, at, key, value["trigger"], word, value.get("variant"), value["trigger_id"], body,
    )  # fmt: skip


def _send(value: Value, _: Record, __: Container[str]) -> Iterator[Found]:
    key, body = rows.hashed(value["trigger_id"]), _body(value, _NOT_OF_SENDS)
    yield Row(
        rows.person(value["person_id"]), Kind.SEND, rows.instant(value["decided_at"]), key, value["trigger"], None, value.get("variant"),
        value["trigger_id"], body,
    )  # fmt: skip


def _outcome(value: Value, record: Record, _: Container[str]) -> Iterator[Found]:
    key = rows.hashed(value["trigger_id"], value["destination"], value["outcome"])
    person_id = value.get("person_id") or (record.key or b"").decode()
    at = rows.instant(value["at"])
    yield Row(
        rows.person(person_id), Kind.OUTCOME, at, key, None, value["outcome"], None, value["trigger_id"], _body(value, ())
    )  # fmt: skip


def _candidate(value: Value, _: Record, __: Container[str]) -> Iterator[Found]:
    key, body = rows.hashed(value["trigger_id"]), _body(value, _NOT_OF_CANDIDATES)
    yield Row(
        rows.person(value["person_id"]), Kind.CANDIDATE, rows.instant(value["fired_at"]), key, value["trigger"], None, None,
        value["trigger_id"], body,
    )  # fmt: skip


def _cart(value: Value, _: Record, __: Container[str]) -> Iterator[Found]:
    body = _body(value, ())
    at = rows.instant(value["ended_at"])
    yield Row(rows.device(value["device_id"]), Kind.CART, at, rows.hashed(value["cart_hash"]), None, None, None, None, body)


def _session(value: Value, _: Record, __: Container[str]) -> Iterator[Found]:
    body = _body(value, ())
    at = rows.instant(value["ended_at"])
    yield Row(rows.device(value["device_id"]), Kind.SESSION, at, rows.hashed(value["session_id"]), None, None, None, None, body)


def _identity(value: Value, _: Record, __: Container[str]) -> Iterator[Found]:
    at, key, body = rows.instant(value["at"]), rows.hashed(value["device_id"], value["person_id"]), _body(value, ())
    for who in (rows.device(value["device_id"]), rows.person(value["person_id"])):
        yield Row(who, Kind.IDENTITY, at, key, None, None, None, None, body)


def _profile(value: Value, record: Record, _: Container[str]) -> Iterator[Found]:
    address = value.get("email")
    kept = {name: part for name, part in value.items() if name not in _NOT_OF_PROFILES} | {"has_address": bool(address)}
    body = _body(kept, ())
    yield Row(rows.person(value["person_id"]), Kind.PROFILE, record.at, rows.hashed(body.decode()), None, None, None, None, body)
    if isinstance(address, str) and address.strip():
        yield Address(value["person_id"], address, record.at)


def _event(value: Value, _: Record, wanted: Container[str]) -> Iterator[Found]:
    if value["event"] not in wanted:
        return
    told: Any = {}
    if value["event"] in rows.RECEIPTS and value.get("properties"):
        told = orjson.loads(value["properties"])
    told = told if isinstance(told, dict) else {}
    kept = {name: part for name, part in value.items() if name not in _NOT_OF_EVENTS}
    kept |= {name: told[name] for name in _OF_PROPERTIES if told.get(name) is not None}
    # whom the suite mailed, where the platform hands that back: the receipt's own device is the platform
    person_id = told.get("person_id") or value.get("user_id")
    who = rows.person(str(person_id)) if person_id else rows.device(value["device_id"])
    trigger_id, trigger = (told.get(name) if isinstance(told.get(name), str) else None for name in ("trigger_id", "trigger"))
    at, key = rows.instant(value["event_time"]), rows.hashed(value["event_id"])
    yield Row(who, Kind.EVENT, at, key, trigger, value["event"], None, trigger_id, _body(kept, ()))


def _control(value: Value, record: Record, _: Container[str]) -> Iterator[Found]:
    body = _body(value, ())
    yield Row(rows.control(value["key"]), Kind.CONTROL, record.at, rows.hashed(body.decode()), None, None, None, None, body)


def _body(value: Value, without: Container[str]) -> bytes:
    """JSON without nulls, addresses and what a web address carries along."""
    kept = {name: part for name, part in value.items() if part is not None and name not in without}
    for name in SHORTENED:
        if isinstance(kept.get(name), str):
            kept[name] = kept[name].partition("?")[0].partition("#")[0]
    return sift(orjson.dumps(kept))


_READERS: dict[str, Callable[[Value, Record, Container[str]], Iterator[Found]]] = {
    "control": _control,
    "identities": _identity,
    "events": _event,
    "carts": _cart,
    "sessions": _session,
    "trigger_candidates": _candidate,
    "trigger_decisions": _decision,
    "triggers": _send,
    "delivery_outcomes": _outcome,
    "profiles": _profile,
}
TOPICS = tuple(_READERS)
"""In the order they are read: profiles last, so that a tombstone finds all rows of the person."""
