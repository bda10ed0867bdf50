"""What the oracle makes of histories, as rows of topics, and where it is worth standing still."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple

from tests.oracle.gate import Decision, row
from tests.oracle.gate_checks import granted
from tests.oracle.gate_history import Rules, millis
from tests.oracle.instants import to_text

Row = tuple[bytes, bytes]
"""Key and value of a record."""


class InFlight(NamedTuple):
    """How many candidates wait at an instant, and for what."""

    held: int
    arbitrated: int


def text(row: dict[str, Any]) -> str:
    """The same for two rows that say the same."""
    return json.dumps(row, sort_keys=True)


def decision_rows(decided: Iterable[Decision]) -> Counter[str]:
    return Counter(text(row(one)) for one in decided)


def trigger_rows(decided: Iterable[Decision]) -> Counter[str]:
    return Counter(text(_trigger(one)) for one in decided if one.reason == "sent" and not one.again)


def same(name: str, rows: Iterable[Row], expected: Counter[str]) -> None:
    """Fails with the differences between records of an output and what is expected of it."""
    rows = list(rows)
    actual = Counter(text(json.loads(value)) for _, value in rows)
    lines = [f"missing     {one}" for one in sorted((expected - actual).elements())]
    lines += [f"unexpected  {one}" for one in sorted((actual - expected).elements())]
    said = "\n".join(lines)
    assert not lines, f"run '{name}': {len(lines)} differences in {sum(expected.values())} rows\n{said[:6000]}"
    assert all(json.loads(value)["person_id"].encode() == key for key, value in rows)


def in_flight(decided: Iterable[Decision], rules: Rules, at: int) -> InFlight:
    """With the watermark at that instant, in epoch ms."""
    held = arbitrated = 0
    for one in decided:
        if one.reason == "held":
            held += one.decided_at <= at < millis(one.evidence["until"])
        if one.reason != "cancelled_after_send" and not one.again:
            arbitrated += max(one.decided_at - rules.arbitration, one.candidate.fired_at) <= at < one.decided_at
    return InFlight(held, arbitrated)


def worth_standing_at(decided: Iterable[Decision], rules: Rules, places: int) -> list[int]:
    """Instants at which most is in flight, of both kinds, at least an hour apart, in order."""
    decided, found = list(decided), list[int]()
    instants = {one.decided_at - rules.arbitration // 2 for one in decided}
    for at in sorted(instants, key=lambda at: (-min(in_flight(decided, rules, at)), at)):
        if len(found) < places and all(abs(at - other) >= 3_600_000 for other in found):
            found.append(at)
    return sorted(found)


def _trigger(one: Decision) -> dict[str, Any]:
    given = one.candidate.row
    consent = ((one.profile or {}).get("consent") or {}).get(one.candidate.purpose)
    return {
        **{name: given[name] for name in ("trigger", "version", "destination", "template", "purpose", "fired_at", "expires_at")},
        "trigger_id": one.trigger_id,
        "person_id": one.person_id,
        "variant": one.variant,
        "payload": json.loads(given["payload"]),
        "decided_at": to_text(one.decided_at),
        "consent": {key: consent[key] for key in ("version", "source", "at")}
        if consent and granted(one.profile, one.candidate.purpose)
        else None,
        "address": None,
        "schema_version": 1,
    }
