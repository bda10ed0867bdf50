"""Topics of the gate as folders, and what its Java makes of them for Python."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson

from jobs.definitions.trigger import Trigger, parse
from jobs.settings import Settings, load
from rekindle.workbench.history import environment, logs, stages
from rekindle.workbench.history.logs import Record
from tests.oracle.instants import to_text
from tests.oracle.samples import HOUR, MINUTE, NOON

Row = dict[str, Any]
WINDOW = MINUTE // 2
"""Times are ms after NOON; D = T + WINDOW."""
TRIGGER = parse(
    "/* ---\nname: x\ndescription: d\nowner: o\ntemplate: t\npurpose: marketing_email\nmax_age: 6 h\ncancel_on: [Order Completed]\n--- */\n"
    "SELECT device_id, user_id, event_id AS occasion, event_time AS fired_at, '{}' AS payload FROM events",
    "x.sql",
)


class GateLog:
    """Rows as they are given, in that order; a heartbeat of every topic wherever `clock` is called."""

    def __init__(self) -> None:
        self.topics: dict[str, list[Record]] = {
            name: [] for name in ("trigger_candidates", "events", "profiles", "identities", "control", "delivery_outcomes")
        }

    def candidate(
        self, person: str, t: int, device: str | None = "d", max_age: int = 6 * HOUR, send_after: int = 0, **columns: Any
    ) -> GateLog:
        fired = NOON + t
        row = {
            "pack": "core", "trigger_id": f"{'0' * 20}{t % 1000000:06}", "trigger": "x", "version": 1, "person_id": person, "device_id": device,
            "occasion": f"o{t}", "fired_at": to_text(fired), "since": to_text(fired), "decide_at": to_text(fired + send_after + WINDOW),
            "expires_at": to_text(fired + max_age), "destination": "default", "template": "t", "purpose": "marketing_email",
            "class": "marketing", "channel": "email", "priority": 1, "cancel_on": ["Order Completed"], "cooldown_ms": 0,
            "max_age_ms": max_age, "send_after_ms": send_after, "needs_address": False, "payload": "{}", "profile_found": False,
        }  # fmt: skip
        return self._add("trigger_candidates", person, t, row | columns)

    def event(self, device: str, t: int, user: str | None = None, name: str = "Order Completed", **columns: Any) -> GateLog:
        return self._add(
            "events",
            device,
            t,
            {"event_id": f"{device}-{t}", "event": name, "device_id": device, "user_id": user, "event_time": to_text(NOON + t)} | columns,
        )

    def profile(self, person: str, t: int, email: str | None = None, **columns: Any) -> GateLog:
        return self._add("profiles", person, t, {"person_id": person, "email": email} | columns)

    def erased(self, person: str, t: int) -> GateLog:
        return self.record("profiles", person, t, None)

    def pair(self, device: str, person: str, t: int) -> GateLog:
        return self._add("identities", device, t, {"device_id": device, "person_id": person, "at": to_text(NOON + t)})

    def control(self, key: str, t: int, **value: Any) -> GateLog:
        return self._add("control", key, t, {"key": key, "value": value, "at": to_text(NOON + t), "by": "somebody"})

    def outcome(self, person: str, t: int, outcome: str, **columns: Any) -> GateLog:
        return self._add("delivery_outcomes", person, t, {"trigger_id": "0" * 26, "outcome": outcome, "destination": "default"} | columns)

    def record(self, topic: str, key: str | None, t: int, value: bytes | None) -> GateLog:
        self.topics[topic].append(Record(NOON + t, None if key is None else key.encode(), value))
        return self

    def clock(self, t: int) -> GateLog:
        """Nothing earlier follows in any topic."""
        for log in self.topics.values():
            log.append(Record(NOON + t, b"$hb-0-0", orjson.dumps({"event": "$heartbeat", "pack": "core"})))
        return self

    def slow(self, topic: str, count: int = 200_000) -> GateLog:
        """Lets rows of this topic come physically behind those of the others: there is much before them that says nothing."""
        beat = Record(NOON, b"$hb-0-0", orjson.dumps({"event": "$heartbeat", "pack": "other"}))
        self.topics[topic][:0] = [beat] * count
        return self

    def _add(self, topic: str, key: str, t: int, row: Row) -> GateLog:
        return self.record(topic, key, t, json.dumps(row).encode())  # orjson knows no number that is too large

    def rows(self, folder: Path, *settings: str, triggers: Sequence[Trigger] = (TRIGGER,), parallelism: int = 1) -> list[Row]:
        """What Python is given, times in ms after NOON, in an order of their own: by kind, person, time. Body and facts as objects."""
        for topic, records in self.topics.items():
            logs.write(folder / topic, records)
        offline = environment.offline_settings(_settings(settings), parallelism)
        found = [_readable(one._asdict()) for one in stages.gate_inputs(offline, folder, triggers)]
        return sorted(found, key=lambda row: (row["kind"], row["person_id"], row["at"], orjson.dumps(row, option=orjson.OPT_SORT_KEYS)))


def _settings(overrides: Iterable[str]) -> Settings:
    return load(overrides=[f"times.arbitration={WINDOW} ms", *overrides], environ={})


def _readable(row: Row) -> Row:
    for name in ("at", "known_at"):
        row[name] = None if row[name] is None else row[name] - NOON
    with suppress(orjson.JSONDecodeError):  # text that cannot be read is handed on as it is
        row["body"] = orjson.loads(row["body"])
    facts = orjson.loads(row["facts"]) if row["facts"] else None
    if facts:
        for versions in facts.values():
            for version in versions:
                version[0] -= NOON
    return row | {"facts": facts}
