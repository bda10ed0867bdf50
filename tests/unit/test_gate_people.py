"""People who come late, are merged, or share an address."""

from __future__ import annotations

from jobs.gate.decisions import Decision
from jobs.gate.hashing import trigger_id
from jobs.gate.reasons import Reason
from tests.unit.gate_samples import (
    DAY,
    HOUR,
    MINUTE,
    NOON,
    OTHER_ID,
    SECOND,
    TRIGGER_ID,
    a_candidate,
    a_link,
    a_profile,
    a_version,
    an_order,
    decide,
)  # fmt: skip

D = NOON + 30 * SECOND
MERGE = NOON + HOUR


def told(decisions: list[Decision]) -> list[tuple[str, Reason]]:
    return [(one.candidate.person_id, one.reason) for one in decisions]


def as_id(person: str, occasion: str = "c0ffee") -> str:
    return trigger_id("default", "cart_abandoned", 1, person, occasion)


def test_the_id_is_that_of_the_contract() -> None:
    assert as_id("42") == TRIGGER_ID


def test_a_candidate_whose_person_came_late_is_that_persons_under_a_new_id() -> None:
    row = a_candidate(person_id="d1", decide_at=NOON + HOUR + 30 * SECOND, known_at=NOON + HOUR)
    (decision,) = decide(row)
    assert decision.reason == Reason.SENT
    assert (decision.candidate.person_id, decision.candidate.trigger_id) == ("42", TRIGGER_ID)
    assert decision.evidence["identified_at"] == "2026-03-01T13:00:00.000Z"


def test_an_order_of_a_device_counts_for_its_person_from_the_login_on() -> None:
    for known_at, expected in ((D, Reason.ORDERED), (D + 1, Reason.SENT)):
        assert decide(a_candidate(), an_order(NOON - MINUTE, known_at=known_at))[0].reason == expected


def test_caps_cooldown_and_duplicates_of_a_merged_person_are_the_new_ones() -> None:
    before = a_candidate(person="old", trigger_id=as_id("old"), occasion="c0ffee")
    links = a_link(MERGE, "alias", "old", "new")
    same = a_candidate(MERGE + HOUR, person="new", trigger_id=as_id("new"), occasion="c0ffee")
    other = a_candidate(MERGE + HOUR, person="new", trigger_id=as_id("new", "x"), occasion="x")
    capped = a_candidate(MERGE + HOUR, person="new", trigger_id=OTHER_ID, trigger="browse_abandoned")
    for row, expected in ((same, Reason.DUPLICATE), (other, Reason.COOLDOWN), (capped, Reason.CAPPED)):
        assert told(decide(before, *links, row)) == [("old", Reason.SENT), ("new", expected)]
        assert told(decide(before, row))[-1] == ("new", Reason.SENT)


def test_what_still_waits_for_the_old_person_is_decided_as_the_new_one() -> None:
    waiting = a_candidate(NOON + 2 * HOUR, person="old", trigger_id=as_id("old"), occasion="c0ffee")
    new = a_candidate(person="new", trigger="browse_abandoned", trigger_id=OTHER_ID)
    decisions = decide(waiting, new, *a_link(MERGE, "alias", "old", "new"))
    assert told(decisions) == [("new", Reason.SENT), ("new", Reason.CAPPED)]
    assert decisions[1].candidate.trigger_id == as_id("new")
    assert decisions[1].evidence["merged_from"] == "old"


def test_a_later_row_that_still_names_the_old_person_is_the_new_ones_over_any_chain() -> None:
    links = [*a_link(NOON - 2 * HOUR, "alias", "old", "mid"), *a_link(NOON - HOUR, "alias", "mid", "new")]
    first = a_candidate(person="new", trigger_id=OTHER_ID, trigger="browse_abandoned")
    assert told(decide(*links, first, an_order(NOON - MINUTE, person="old"))) == [("new", Reason.ORDERED)]
    late = a_candidate(NOON + HOUR, person="old", trigger_id=as_id("old"), occasion="c0ffee")
    assert told(decide(*links, first, late)) == [("new", Reason.SENT), ("new", Reason.CAPPED)]


def test_of_merged_people_the_stricter_consent_and_suppression_count_while_the_old_profile_is_there() -> None:
    links, row = a_link(NOON - HOUR, "alias", "old", "new"), a_candidate(person="new")
    cases = [
        (a_profile(), Reason.SENT),
        (a_profile(consent={}), Reason.NO_CONSENT),
        (a_profile(suppressed="bounce"), Reason.SUPPRESSED),
        (None, Reason.SENT),
    ]
    for profile, expected in cases:
        decisions = decide(a_version(NOON - DAY, profile, "old"), *links, row)
        assert told(decisions) == [("new", expected)]
    gone = decide(a_version(NOON - DAY, a_profile(consent={}), "old"), a_version(NOON - 1, None, "old"), *links, row)
    assert told(gone) == [("new", Reason.SENT)]
    assert decide(a_version(NOON - DAY, a_profile(consent={}), "old"), *links, row)[0].evidence["merged"] == "old"


def test_people_with_one_address_share_caps_and_suppression_and_nothing_else() -> None:
    links = a_link(NOON - HOUR, "address", "ana", "bea")
    first, second = a_candidate(person="ana", trigger_id=as_id("ana")), a_candidate(NOON + HOUR, person="bea", trigger_id=as_id("bea"))
    assert told(decide(*links, first, second)) == [("ana", Reason.SENT), ("bea", Reason.CAPPED)]
    assert told(decide(first, second)) == [("ana", Reason.SENT), ("bea", Reason.SENT)]
    bounced = a_version(NOON - MINUTE, a_profile(suppressed="hard_bounce", email=" ANA@example.com"), "ana")
    decision = decide(*links, bounced, a_candidate(person="bea"))[0]
    assert (decision.reason, decision.evidence) == (Reason.SUPPRESSED, {"suppressed": "hard_bounce", "shared_address": True})
    assert told(decide(*links, an_order(NOON, person="ana"), a_candidate(person="bea"))) == [("bea", Reason.SENT)]


def test_who_has_moved_to_another_address_is_not_counted_together_any_more() -> None:
    links = a_link(NOON - HOUR, "address", "ana", "bea")
    first = a_candidate(person="ana", trigger_id=as_id("ana"))
    moved = a_version(NOON + MINUTE, a_profile(email="new@example.com"), "ana")
    second = a_candidate(NOON + HOUR, person="bea", trigger_id=as_id("bea"))
    assert told(decide(*links, first, moved, second)) == [("ana", Reason.SENT), ("bea", Reason.SENT)]


def test_of_people_with_one_address_the_better_candidate_wins() -> None:
    links = a_link(NOON - HOUR, "address", "ana", "bea")
    low = a_candidate(person="ana", trigger_id=as_id("ana"), priority=1)
    high = a_candidate(NOON + 10 * SECOND, person="bea", trigger_id=as_id("bea"), priority=2)
    assert told(decide(*links, low, high)) == [("ana", Reason.OUTRANKED), ("bea", Reason.SENT)]


def test_an_order_of_the_old_person_takes_back_what_the_new_one_was_sent() -> None:
    links = a_link(MERGE, "alias", "old", "new")
    decisions = decide(a_candidate(person="new"), an_order(NOON + MINUTE, person="old"), *links)
    assert told(decisions) == [("new", Reason.SENT), ("new", Reason.CANCELLED_AFTER_SEND)]
    assert decisions[1].decided_at == MERGE
