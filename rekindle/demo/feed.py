"""The history the demo starts with: shop events, repeated and unusable lines, profiles."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from rekindle.demo.happenings import Happening, Record, record
from rekindle.demo.people import CHANGE_AFTER, Profile, profiles
from rekindle.demo.scenes import Role, cast
from rekindle.demo.shoppers import MINUTE, read

_REPEATED = 50
"""Every so many lines one is sent twice, as a retrying collector does."""
_ALTERED = 200
"""Every so many lines another one comes under the same messageId."""
_UNUSABLE: tuple[tuple[str, bytes | None], ...] = (
    ("not_json", b'{"type": "track", "event": "Product Vie'),
    ("not_json", None),
    ("not_object", b'["Product Viewed", "otto-1"]'),
    ("no_identity", b'{"type": "track", "event": "Product Viewed", "properties": {"product_id": "1"}}'),
    ("no_event", b'{"type": "track", "anonymousId": "otto-1", "properties": {"product_id": "1"}}'),
    ("no_time", b'{"type": "track", "anonymousId": "otto-1", "event": "Product Viewed", "timestamp": "yesterday"}'),
    ("too_large", json.dumps({"anonymousId": "otto-1", "event": "Product Viewed", "note": "x" * 270_000}).encode()),
)


@dataclass(frozen=True)
class Feed:
    """history: by time. appointments: what is to happen in real time. dead_letters: how many lines of it are unusable, by reason."""

    history: tuple[Happening, ...]
    appointments: tuple[Happening, ...]
    profiles: tuple[Profile, ...]
    records: tuple[Record, ...]
    dead_letters: Counter[str]


def make(now: int) -> Feed:
    """now: epoch ms. The same `now` gives the same feed."""
    roles = cast(read(), now)
    history = sorted((happening for role in roles for happening in role.happenings()), key=lambda happening: happening.at)
    people = sorted(_people(roles, history[0].at - 10 * MINUTE), key=lambda profile: profile.at)
    lines, dead = _lines(history, now)
    return Feed(
        history=tuple(history),
        appointments=tuple(happening for role in roles for happening in role.later),
        profiles=tuple(people),
        records=(*map(profile_record, people), *lines),
        dead_letters=dead,
    )


def profile_record(profile: Profile) -> Record:
    """A record of `profiles`, valid from its record time."""
    value = None if profile.value is None else json.dumps(profile.value).encode()
    return Record("profiles", profile.person_id, value, profile.at)


def _people(roles: Sequence[Role], since: int) -> Iterator[Profile]:
    for role in roles:
        if role.person_id:
            yield from profiles(role.person_id, role.story, since, role.last_due + CHANGE_AFTER)


def _lines(history: Sequence[Happening], now: int) -> tuple[list[Record], Counter[str]]:
    """Lines in the order of their events, so that none is late, and the unusable ones among them."""
    lines: list[Record] = []
    dead: Counter[str] = Counter()
    every = len(history) // len(_UNUSABLE)
    for number, happening in enumerate(history):
        line = record(happening, f"demo-{now}-{number}")
        lines.append(line)
        if number % _REPEATED == 0:
            lines.append(line)
        if number % _ALTERED == 1:
            lines.append(replace(line, value=(line.value or b"").replace(b"rekindle-demo", b"rekindle-demo-altered")))
            dead["id_collision"] += 1
        if number % every == every - 1 and number // every < len(_UNUSABLE):
            reason, value = _UNUSABLE[number // every]
            lines.append(Record("events.raw", f"unusable-{number}", value))
            dead[reason] += 1
    return lines, dead
