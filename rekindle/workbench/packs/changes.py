"""What putting a pack live would change, in words: pure comparison of two locks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from jobs.definitions.lock import Entry, Lock
from jobs.definitions.packs import job_name

Kind = Literal["added", "removed", "changed"]
State = Literal["none", "keeps", "builds", "drops"]
"""`builds`: from what its topics still hold. `drops`: gone with the trigger."""
RETAINED = "7 d"
_WAIT = "Until it has read its topics from their beginning, the pack's other triggers wait: their sends come later, none is lost."


@dataclass(frozen=True)
class Change:
    """What happens to one trigger. counts_anew: only T after the restart is its own; what was before, the old definition has given."""

    trigger: str
    kind: Kind
    state: State
    says: tuple[str, ...]
    counts_anew: bool = False


@dataclass(frozen=True)
class Comparison:
    """changes: of triggers, by name. lost: state that is gone for good, in words; nothing else needs a yes. gate: why it must be restarted.

    dropped: uids whose state nobody claims. anew: the state cannot be read at all, and the job starts without any.
    """

    changes: tuple[Change, ...] = ()
    lost: tuple[str, ...] = ()
    gate: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    anew: bool = False
    other: tuple[str, ...] = field(default=())

    @property
    def nothing(self) -> bool:
        return not (self.changes or self.other or self.dropped)

    @property
    def counts_anew(self) -> set[str]:
        """Triggers whose candidates count from the moment of the restart only."""
        return {change.trigger for change in self.changes if change.counts_anew}


def compare(before: Lock | None, after: Lock, gate_reads: Iterable[str] = ()) -> Comparison:
    """before: what runs, None at first. after: what would run, built with the old active_from. gate_reads: events its list has now."""
    events = sorted({event for entry in after.live.values() for event in entry.cancel_on} - set(gate_reads))
    gate = [f"cancel_on names '{event}', which it does not read yet" for event in events]
    if before is None:
        changes = tuple(Change(entry.name, "added", "builds" if entry.keeps else "none", _first(entry)) for entry in after.live.values())
        return Comparison(changes, gate=(f"it does not read pack {after.pack} yet", *gate))
    broken = sorted(uid for uid, shape in after.operators.items() if before.operators.get(uid, shape) != shape)
    dropped = tuple(sorted(before.operators.keys() - after.operators.keys()))
    changes = tuple(change for name in sorted(before.live.keys() | after.live.keys()) if (change := _change(name, before, after)))
    lost = [f"{change.trigger}: {'; '.join(before.live[change.trigger].keeps)}" for change in changes if change.state == "drops"]
    lost += [
        f"{change.trigger}: {'; '.join(old.keeps)}. The topics hold {RETAINED}: what is older cannot be built again"
        for change in changes
        if change.state == "builds" and (old := before.live.get(change.trigger)) and not old.rebuilds
    ]
    lost += [f"the suite's own {_short(uid, after.pack)}" for uid in _suites(dropped, before)]
    if broken:
        lost += [
            f"the suite's own {_short(uid, after.pack)} has other columns now: the job would start without any state" for uid in broken
        ]
        changes = (*changes, *_all_anew(after, changes))
    other = ("settings or the suite's own SQL changed",) if before.fingerprint != after.fingerprint and not changes and not broken else ()
    return Comparison(changes, tuple(lost), tuple(gate), dropped, bool(broken), other)


def _change(name: str, before: Lock, after: Lock) -> Change | None:
    old, new = before.live.get(name), after.live.get(name)
    if new is None:
        return _removed(before.live[name], after)
    fresh = any(uid not in before.operators for uid in new.operators)
    if old is None:
        return Change(name, "added", "builds" if new.keeps else "none", (*_added(new), *((_WAIT,) if fresh else ())), counts_anew=True)
    if fresh:
        return Change(
            name, "changed", "builds" if new.keeps else "none", (*_versions(old, new), *_rebuilt(old, new), _WAIT), counts_anew=True
        )
    if (old.definition, old.operators) == (new.definition, new.operators):
        return None
    return Change(name, "changed", "keeps" if new.keeps else "none", (*_versions(old, new), *_applied(old, new)))


def _first(entry: Entry) -> tuple[str, ...]:
    keeps = f"Keeps {'; '.join(entry.keeps)}." if entry.keeps else "Keeps no state."
    return (
        keeps,
        f"First start of the pack: it reads its topics from their beginning ({RETAINED}); what its max_age still allows is sent.",
    )


def _added(new: Entry) -> tuple[str, ...]:
    keeps = f"Keeps {'; '.join(new.keeps)}, built from what its topics still hold ({RETAINED})." if new.keeps else "Keeps no state."
    return (keeps, "Counts from the restart on: what fell due before is not sent.")


def _removed(old: Entry, after: Lock) -> Change:
    says = ["Finds nothing more. What it has found is still decided by the gate."]
    alone = not any(uid in after.operators for uid in old.operators)
    if old.keeps and alone:
        says.append(f"Its state is lost: {'; '.join(old.keeps)}. Added again, it builds it from what its topics hold then ({RETAINED}).")
    return Change(old.name, "removed", "drops" if old.keeps and alone else "none", tuple(says))


def _versions(old: Entry, new: Entry) -> tuple[str, ...]:
    if old.version != new.version:
        return (f"Version {old.version} → {new.version}.",)
    return () if old.meaning == new.meaning else (f"It means something else, and is still version {new.version}.",)


def _rebuilt(old: Entry, new: Entry) -> tuple[str, ...]:
    keeps = f"Its state is another, built from what its topics still hold ({RETAINED}): {'; '.join(new.keeps)}." if new.keeps else ""
    gone = f"What the old definition kept is dropped: {'; '.join(old.keeps)}." if old.keeps else ""
    split = "Up to the restart the old definition counts, from then on the new one: nothing twice, nothing missed."
    return tuple(one for one in (keeps, gone, split) if one)


def _applied(old: Entry, new: Entry) -> tuple[str, ...]:
    keeps = f"Keeps its state: {'; '.join(new.keeps)}." if new.keeps else "Keeps no state."
    if old.meaning == new.meaning:
        return (keeps, "The same occasions; only what is said with them changes. Nothing twice, nothing missed.")
    return (
        keeps,
        "From the restart on the new definition counts: nothing twice as long as `occasion` is built the same way, nothing missed.",
    )


def _all_anew(after: Lock, changes: Iterable[Change]) -> Iterable[Change]:
    known = {change.trigger for change in changes}
    says = ("Starts without state and reads its topics from their beginning; counts from the restart on.",)
    return (Change(name, "changed", "builds", says, counts_anew=True) for name in sorted(after.live.keys() - known))


def _suites(uids: Iterable[str], lock: Lock) -> list[str]:
    """Those of no trigger and no topic's reader: joins, functions and sinks that serve all triggers."""
    of_triggers = {uid for entry in lock.live.values() for uid in entry.operators}
    return [uid for uid in uids if uid not in of_triggers and "/source/" not in uid]


def _short(uid: str, pack: str) -> str:
    return uid.removeprefix(f"{job_name(pack)}/")
