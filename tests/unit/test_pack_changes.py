"""rekindle.workbench.packs.changes: what a pack's change means, from two locks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from jobs.definitions.lock import Entry, Lock
from rekindle.workbench.packs.changes import Change, compare

SOURCE = "evaluate-core/source/carts_topic"
JOIN = "evaluate-core/TemporalJoin/profiles"
SEEN = Entry("a_seen", 1, "m1", "d1", ("Order Completed",), operators=(SOURCE,))
COUNTED = Entry(
    "a_counted", 1, "m1", "d1", keeps=("open windows",), operators=("evaluate-core/a_counted/1/Source-1", "evaluate-core/a_counted/1/W-2")
)
ORDER = ("Order Completed",)


def a_lock(*entries: Entry, fingerprint: str = "f", **shapes: str) -> Lock:
    uids = {uid: "s" for entry in entries if not entry.retired for uid in entry.operators}
    return Lock("core", fingerprint, {JOIN: "s"} | uids | shapes, entries)


def only(before: Lock, after: Lock) -> Change:
    (change,) = compare(before, after, ORDER).changes
    return change


def another(entry: Entry, **fields: Any) -> Entry:
    return replace(entry, version=2, meaning="m2", definition="d2", **fields)


def test_the_same_is_nothing_to_do() -> None:
    lock = a_lock(SEEN, COUNTED)
    assert compare(lock, lock, ORDER).nothing


def test_the_first_start_tells_the_gate_of_the_pack() -> None:
    found = compare(None, a_lock(SEEN), ORDER)
    assert [(change.kind, change.counts_anew) for change in found.changes] == [("added", False)]
    assert found.gate == ("it does not read pack core yet",)


def test_a_new_trigger_counts_from_the_restart_on() -> None:
    change = only(a_lock(SEEN), a_lock(SEEN, COUNTED))
    assert (change.trigger, change.kind, change.state, change.counts_anew) == ("a_counted", "added", "builds", True)
    assert "Keeps open windows, built from what its topics still hold (7 d)." in change.says
    assert not compare(a_lock(SEEN), a_lock(SEEN, COUNTED), ORDER).lost


def test_an_edit_above_its_state_keeps_it() -> None:
    change = only(a_lock(SEEN, COUNTED), a_lock(SEEN, another(COUNTED)))
    assert (change.kind, change.state, change.counts_anew) == ("changed", "keeps", False)
    assert change.says[:2] == ("Version 1 → 2.", "Keeps its state: open windows.")


def test_another_meaning_under_the_same_version_is_said() -> None:
    change = only(a_lock(SEEN), a_lock(replace(SEEN, meaning="m2", definition="d2")))
    assert change.says[0] == "It means something else, and is still version 1."


def test_a_change_of_words_alone_is_told_apart() -> None:
    change = only(a_lock(SEEN), a_lock(replace(SEEN, definition="d2")))
    assert "The same occasions; only what is said with them changes. Nothing twice, nothing missed." in change.says


def test_other_state_is_built_anew_and_the_old_and_the_new_share_the_time() -> None:
    new = another(COUNTED, operators=("evaluate-core/a_counted/2/Source-1",))
    found = compare(a_lock(COUNTED), a_lock(new), ORDER)
    assert found.counts_anew == {"a_counted"}
    assert found.dropped == COUNTED.operators
    assert found.lost == ()
    assert "Up to the restart the old definition counts, from then on the new one: nothing twice, nothing missed." in found.changes[0].says


def test_state_the_topics_cannot_give_back_is_lost() -> None:
    new = another(COUNTED, operators=("evaluate-core/a_counted/2/Source-1",))
    found = compare(a_lock(replace(COUNTED, rebuilds=False)), a_lock(new), ORDER)
    assert found.lost == ("a_counted: open windows. The topics hold 7 d: what is older cannot be built again",)


@pytest.mark.parametrize(("entry", "lost"), [(SEEN, ()), (COUNTED, ("a_counted: open windows",))])
def test_a_removed_trigger_takes_its_state_along(entry: Entry, lost: tuple[str, ...]) -> None:
    other = replace(SEEN, name="other_seen")
    found = compare(a_lock(other, entry), a_lock(other), ORDER)
    assert [(change.trigger, change.kind) for change in found.changes] == [(entry.name, "removed")]
    assert found.lost == lost


def test_a_removed_trigger_leaves_what_another_shares_with_it() -> None:
    sharing = replace(COUNTED, name="other_counted")
    found = compare(a_lock(COUNTED, sharing), a_lock(sharing), ORDER)
    assert [(change.kind, change.state) for change in found.changes] == [("removed", "none")]
    assert (found.lost, found.dropped) == ((), ())


def test_a_retired_trigger_that_comes_back_is_new() -> None:
    change = only(a_lock(SEEN, replace(COUNTED, operators=(), retired=True)), a_lock(SEEN, COUNTED))
    assert (change.kind, change.counts_anew) == ("added", True)


def test_joins_that_read_other_columns_start_the_job_without_state() -> None:
    found = compare(a_lock(SEEN, COUNTED), a_lock(SEEN, COUNTED, fingerprint="g", **{JOIN: "t"}), ORDER)
    assert found.anew
    assert found.lost == ("the suite's own TemporalJoin/profiles has other columns now: the job would start without any state",)
    assert {change.trigger for change in found.changes if change.counts_anew} == {"a_seen", "a_counted"}


def test_settings_that_change_the_plan_need_a_restart() -> None:
    found = compare(a_lock(SEEN), a_lock(SEEN, fingerprint="g"), ORDER)
    assert (found.changes, found.other, found.nothing) == ((), ("settings or the suite's own SQL changed",), False)


def test_an_event_the_gate_does_not_read_yet_is_named() -> None:
    found = compare(a_lock(SEEN), a_lock(another(SEEN, cancel_on=("Order Completed", "Product Added"))), ORDER)
    assert found.gate == ("cancel_on names 'Product Added', which it does not read yet",)
