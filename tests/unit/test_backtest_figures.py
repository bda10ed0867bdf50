"""Figures and comparison of backtests: counts by reason and day, pressure on caps, what comes, goes and moves."""

from __future__ import annotations

from dataclasses import replace

from jobs.gate import inbox
from jobs.gate.decisions import Decision
from jobs.gate.instants import to_text
from jobs.gate.reasons import Reason
from rekindle.workbench.backtest.comparison import EXAMPLES, NO_CANDIDATE, compare
from rekindle.workbench.backtest.figures import DAY_MS, of, within
from rekindle.workbench.backtest.plot import per_day
from tests.unit.gate_samples import NOON, TRIGGER_ID, a_candidate


def decided(person: str, occasion: str, at: int, reason: Reason = Reason.SENT) -> Decision:
    row = a_candidate(at, person, trigger_id=TRIGGER_ID, occasion=occasion, decide_at=at, expires_at=at + 1000, max_age_ms=1000)
    return Decision(inbox.candidate(row), reason, at, {})


def test_sends_and_refusals_are_counted_by_day_reason_and_person() -> None:
    found = of([decided("ana", "1", NOON), decided("ana", "2", NOON + DAY_MS), decided("bea", "3", NOON, Reason.NO_CONSENT)])
    assert (found.candidates, found.sends, found.people, found.reasons) == (3, 2, 1, {"no_consent": 1})
    assert found.days == {to_text(NOON)[:10]: 1, to_text(NOON + DAY_MS)[:10]: 1}


def test_what_is_decided_again_about_a_send_is_neither_a_send_nor_a_refusal() -> None:
    sent = decided("ana", "1", NOON)
    again = [replace(decided("ana", "1", NOON + 1, reason), again=True) for reason in (Reason.SENT, Reason.PAUSED)]
    assert of([sent, *again]) == of([sent])
    assert compare([sent], [sent, *again]) == compare([sent], [sent])


def test_pressure_counts_sends_that_find_the_cap_full() -> None:
    day = [decided("ana", str(n), NOON + n * DAY_MS // 2) for n in range(4)]  # twelve hours apart
    assert of(day).pressure == {"more than 1 in 1 d": 3, "more than 3 in 7 d": 1}
    assert of([decided("ana", str(n), NOON + n * DAY_MS) for n in range(3)]).pressure["more than 1 in 1 d"] == 0


def test_only_what_fell_due_between_two_times_is_kept() -> None:
    rows = [decided("ana", str(n), NOON + n) for n in range(3)]
    assert [one.candidate.occasion for one in within(rows, NOON + 1, NOON + 2)] == ["1"]
    assert within(rows, None, None) == rows


def test_each_occasion_is_more_fewer_moved_or_the_same_with_what_each_version_said() -> None:
    before = [
        decided("ana", "gone", NOON),
        decided("ana", "moved", NOON),
        decided("ana", "same", NOON),
        decided("bea", "new", NOON, Reason.COOLDOWN),
    ]
    after = [
        decided("ana", "moved", NOON + 5),
        decided("ana", "same", NOON),
        decided("bea", "new", NOON),
        decided("bea", "held back", NOON, Reason.ORDERED),
    ]
    found = compare(before, after)
    assert (found.more, found.fewer, found.moved, found.same) == (1, 1, 1, 1)
    said = {one.occasion: (one.change, one.before, one.after) for one in found.examples}
    assert said["new"] == ("more", "cooldown", f"sent {to_text(NOON)}")
    assert said["gone"] == ("fewer", f"sent {to_text(NOON)}", NO_CANDIDATE)
    assert said["moved"] == ("moved", f"sent {to_text(NOON)}", f"sent {to_text(NOON + 5)}")


def test_examples_leave_room_for_every_kind() -> None:
    before = [decided("ana", f"gone-{n:03}", NOON) for n in range(100)]
    found = compare(before, [decided("ana", "new", NOON)])
    assert len(found.examples) == EXAMPLES
    assert [one.change for one in found.examples][:2] == ["more", "fewer"]


def test_the_plot_has_every_day_between_the_first_and_the_last() -> None:
    picture = per_day("a <b>", {"2026-03-01": 2, "2026-03-04": 1}, {"2026-03-02": 4})
    assert picture.count("<rect") == 2 * 4
    assert "<title>2026-03-03: 0</title>" in picture
    assert "a &lt;b&gt;" in picture
    assert per_day("empty", {}).count("<rect") == 0
