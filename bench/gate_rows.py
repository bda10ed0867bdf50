"""Rows of the topics the gate reads, as the jobs before it would write them: who gets what, and which decisions must come of it.

A phase of the bench is one day of event time. Candidate `i` is of person `i`, and `i % 30` says how it ends: see `endings`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from operator import attrgetter
from typing import Any, Literal

import orjson

from bench.shop_people import Person, iso, profile
from connectors.heartbeats import heartbeat_key
from connectors.topics import TOPICS

SECOND, MINUTE, HOUR, DAY = 1000, 60_000, 3_600_000, 86_400_000
FED = ("trigger_candidates", "events", "profiles", "identities", "control", "delivery_outcomes")
NIGHT = "Pacific/Auckland"
"""Where it is night while the others are up."""
DAYTIME = (10 * HOUR + 30 * MINUTE, 18 * HOUR + 30 * MINUTE)
"""When candidates and events happen, UTC."""
BEFORE = (HOUR, 9 * HOUR)
"""When profiles change, UTC."""
CLOSES = 23 * HOUR
"""The last heartbeat of a day: all holds and waits are over."""
STEP = 30 * MINUTE
PROBES = 8
Ending = Literal["nobody", "late", "refused", "ordered", "night", "sent"]
ENDINGS: dict[Ending, int] = {"nobody": 5, "late": 5, "refused": 5, "ordered": 5, "night": 3, "sent": 7}
"""Of 30 candidates: half are refused; a third are of a device without a person, who comes for half of them; a tenth is held at night."""
REASONS: dict[Ending, tuple[str, ...]] = {
    "nobody": ("no_profile",),
    "late": ("sent",),
    "refused": ("no_consent",),
    "ordered": ("ordered_since",),
    "night": ("held", "sent"),
    "sent": ("sent",),
}
_ORDER = [ending for ending, share in ENDINGS.items() for _ in range(share)]
PAYLOAD = orjson.dumps(
    {
        "items": [
            {
                "product_id": f"p{n}2345",
                "name": "Blue running shoe, wide",
                "url": f"https://shop.example/p/{n}2345",
                "quantity": 1,
                "price": 12.5,
            }
            for n in range(4)
        ],
        "total": 50.0,
        "currency": "EUR",
    }
).decode()
PROPERTIES = orjson.dumps(
    {"products": [{"product_id": f"p{n}2345", "name": "Blue running shoe", "quantity": 1} for n in range(3)]}
).decode()


@dataclass(frozen=True)
class Record:
    """at: epoch ms, the record's time in Kafka."""

    at: int
    topic: str
    key: str
    value: bytes


def ending(number: int) -> Ending:
    """How candidate `number` ends."""
    return _ORDER[number % len(_ORDER)]


def expected(candidates: int) -> Counter[str]:
    """Reason → decision rows that must come of candidates 0, 1, …"""
    return Counter(reason for number in range(candidates) for reason in REASONS[ending(number)])


def profiles(name: str, count: int, people: int, day: int) -> Iterator[Record]:
    """`count` profile rows of `people` people in turn. name: prefix of their ids; day: its start, epoch ms."""
    for number, at in enumerate(_spread(count, day, BEFORE)):
        kind = ending(number % people)
        row = profile(Person(f"{name}{number % people}", "consented", at), at, granted=kind != "refused", version=1 + number // people)
        row["timezone"] = NIGHT if kind == "night" else row["timezone"]
        yield Record(at, "profiles", row["person_id"], orjson.dumps(row))


def candidates(name: str, count: int, day: int) -> Iterator[Record]:
    """Candidates with the pairs and orders that belong to them."""
    for number, at in enumerate(_spread(count, day, DAYTIME)):
        kind, person, device = ending(number), f"{name}{number}", f"d-{name}{number}"
        yield candidate(at, device if kind in ("nobody", "late") else person, device, kind != "refused")
        if kind == "late":
            pair = {"device_id": device, "person_id": person, "at": iso(at + 10 * MINUTE)}
            yield Record(at + 10 * MINUTE, "identities", device, orjson.dumps(pair))
        elif kind == "ordered":
            yield event(at + 10 * SECOND, device, person, "Order Completed")


def events(name: str, count: int, people: int, day: int, event_name: str) -> Iterator[Record]:
    """Events of these people in turn, one in three from a device whose person nobody knows."""
    for number, at in enumerate(_spread(count, day, DAYTIME)):
        who = number * 7 % people
        yield event(at, f"d-{name}{who}", None if number % 3 == 0 else f"{name}{who}", event_name)


def probes(name: str, day: int) -> Iterator[Record]:
    """Candidates that are decided last of the day, so that their rows say: the clock has passed all of it."""
    for number in range(PROBES):
        yield candidate(day + CLOSES - HOUR, f"probe-{name}{number}", f"d-probe-{name}{number}", False)


def candidate(at: int, person: str, device: str, granted: bool) -> Record:
    """A row of `trigger_candidates`, about 1.3 kB."""
    digest = sha256(f"{device} {at}".encode()).hexdigest()
    anonymous = person == device
    consent = {"granted": granted, "version": 1, "source": "generated", "at": iso(at - DAY)}
    row = {
        "pack": "core", "trigger_id": digest[:26].upper(), "trigger": "cart_abandoned", "version": 1,
        "person_id": person, "device_id": device,
        "occasion": digest, "fired_at": iso(at), "since": iso(at - 10 * MINUTE), "decide_at": iso(at + 30 * SECOND),
        "expires_at": iso(at + 12 * HOUR), "destination": "default", "template": "cart_reminder", "purpose": "marketing_email",
        "class": "marketing", "channel": "email", "timezone": "Europe/London", "priority": 60, "cancel_on": ["Order Completed"],
        "cooldown_ms": DAY, "max_age_ms": 12 * HOUR, "send_after_ms": 0, "needs_address": True, "payload": PAYLOAD,
        "profile_found": not anonymous, **({} if anonymous else {"consent": consent}),
    }  # fmt: skip
    return Record(at, "trigger_candidates", person, orjson.dumps(row))


def event(at: int, device: str, user: str | None, name: str) -> Record:
    """A row of `events`, about 500 bytes."""
    row: dict[str, Any] = {
        "event_id": sha256(f"{device} {at} {name}".encode()).hexdigest()[:36], "event": name, "device_id": device, "event_time": iso(at),
        "received_at": iso(at + SECOND), "source": "segment", "value": 50.0, "currency": "EUR", "order_id": f"o-{at}",
        "properties": PROPERTIES, "locale": "en-GB", "timezone": "Europe/London",
    }  # fmt: skip
    return Record(at, "events", device, orjson.dumps(row if user is None else row | {"user_id": user}))


def with_heartbeats(rows: Iterable[Record], day: int, partitions: int) -> Iterator[Record]:
    """The day's rows in order of time, and every half hour a heartbeat in each partition of each topic."""
    beats = iter(range(day, day + CLOSES + 1, STEP))
    keys = [heartbeat_key(partition, partitions) for partition in range(partitions)]
    following = next(beats, None)
    for row in sorted(rows, key=attrgetter("at")):
        while following is not None and following < row.at:
            yield from _beats(following, keys)
            following = next(beats, None)
        yield row
    while following is not None:
        yield from _beats(following, keys)
        following = next(beats, None)


def _beats(at: int, keys: Iterable[str]) -> Iterator[Record]:
    for key in keys:
        for topic in FED:
            row = {"event": "$heartbeat", "pack": "core", TOPICS[topic].key: key, "at": iso(at)}
            yield Record(at, topic, key, orjson.dumps(row))


def _spread(count: int, day: int, hours: tuple[int, int]) -> Iterator[int]:
    begin, end = hours
    return (day + begin + (end - begin) * number // count for number in range(count))
