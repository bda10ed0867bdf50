"""From a planned pack to what its lock says of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from connectors.topics import TOPICS
from jobs.definitions.lock import Entry, Lock, text_of
from jobs.definitions.meaning import meaning
from jobs.definitions.packs import job_name
from jobs.evaluate import footprint
from jobs.evaluate.sources import Bound
from jobs.operators import Operator, fingerprint

RETAINED = min(TOPICS[name].retention for name in ("events", "carts", "sessions"))
"""How far back the topics go that triggers read."""


def lock_of(pack: str, bound: Sequence[Bound], operators: Sequence[Operator], active_from: Mapping[str, int], before: Lock | None) -> Lock:
    """The lock of a pack that was planned. active_from: trigger → epoch ms. before: the lock until now, whose lines stay."""
    now = {one.trigger.name: _entry(pack, one, operators, active_from) for one in bound}
    old = before.triggers if before else ()
    kept = [now.pop(entry.name) if entry.name in now else _retired(entry) for entry in old]
    stateful = {one.uid: one.shape for one in operators if one.stateful}
    return Lock(pack, fingerprint(operators), dict(sorted(stateful.items())), (*kept, *now.values()))


def _entry(pack: str, bound: Bound, operators: Sequence[Operator], active_from: Mapping[str, int]) -> Entry:
    trigger = bound.trigger
    mine = [one for one in operators if bound.owner and one.owner == bound.owner]
    uids = {one.uid for one in mine if one.stateful} if bound.owner else {f"{job_name(pack)}/source/{table}" for table in bound.tables}
    at = active_from.get(trigger.name, 0)
    return Entry(
        name=trigger.name,
        version=trigger.header.version,
        meaning=meaning(trigger),
        definition=_digest(trigger.header.model_dump_json(), trigger.select()),
        cancel_on=tuple(trigger.header.cancel_on),
        keeps=footprint.words(mine),
        rebuilds=footprint.fits(mine, RETAINED),
        operators=tuple(sorted(uids)),
        active_from=text_of(at) if at else None,
    )


def _retired(entry: Entry) -> Entry:
    return Entry(entry.name, entry.version, entry.meaning, entry.definition, retired=True)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
