"""The gate's oracle, by cases worked out by hand, in the order of docs/gate.md. Times are ms after NOON, 2026-03-01T12:00Z."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.oracle.gate_checks import granted
from tests.oracle.gate_history import DAY, HOUR, MINUTE, Cap
from tests.oracle.gate_world import bucket
from tests.oracle.history_rows import YES
from tests.oracle.samples import NOON
from tests.oracle.trigger_id import trigger_id
from tests.unit.gate_history import (
    BROWSE,
    CART,
    LISTED,
    LONG_AGO,
    MAY,
    NO,
    NOTICE,
    ONE_A_DAY,
    OPEN,
    WINDOW,
    act,
    decisions,
    fired,
    outcome,
    pair,
    reasons,
    recheck,
    switch,
)


def sent_id(name: str = "cart", person: str = "ana", occasion: str = "o1") -> str:
    return trigger_id("default", name, 1, person, occasion)


# 1 to 5


def test_what_is_paused_or_muted_as_of_d_is_refused_first() -> None:
    hasty = replace(CART, max_age=WINDOW - 1)
    for key, value in (("trigger:cart", {"paused": True}), ("pack:core", {"muted": True})):
        assert reasons(fired(trigger=hasty), control=[switch(WINDOW, key, **value)]) == ["paused"]
        assert reasons(fired(), control=[switch(WINDOW + 1, key, **value)]) == ["sent"]
        assert reasons(fired(), control=[switch(0, key, **value), switch(1, key)]) == ["sent"]
    assert decisions(fired(), control=[switch(0, "pack:core", muted=True)])[0].evidence["control"] == "pack:core"


def test_decided_later_than_its_max_age_is_expired() -> None:
    assert reasons(fired(trigger=replace(CART, max_age=WINDOW))) == ["sent"]
    assert reasons(fired(trigger=replace(CART, max_age=WINDOW - 1)), acts=[act(0)]) == ["expired"]


def test_the_same_occasion_is_sent_once_in_thirty_days_even_if_it_was_given_back() -> None:
    lost = [outcome(MINUTE, sent_id(), "rejected")]
    assert reasons(fired(), fired(HOUR, since=HOUR), outcomes=lost) == ["sent", "duplicate"]
    assert reasons(fired(), fired(30 * DAY - 1, since=DAY)) == ["sent", "duplicate"]
    assert reasons(fired(), fired(30 * DAY, since=DAY)) == ["sent", "sent"]


def test_a_row_written_twice_is_decided_once() -> None:
    assert reasons(fired(), fired()) == ["sent"]


@pytest.mark.parametrize(
    ("t", "expected"),
    [
        (-HOUR - 1, ["sent"]),
        (-HOUR, ["ordered"]),
        (0, ["ordered"]),
        (1, ["ordered_since"]),
        (WINDOW, ["ordered_since"]),
        (WINDOW + 1, ["sent", "cancelled_after_send"]),
        (6 * HOUR, ["sent", "cancelled_after_send"]),
        (6 * HOUR + 1, ["sent"]),
    ],
)
def test_an_order_cancels_from_since_on(t: int, expected: list[str]) -> None:
    assert reasons(fired(), acts=[act(t)]) == expected


def test_a_late_order_counts_from_its_arrival() -> None:
    assert reasons(fired(), acts=[act(-1, arrived=WINDOW)]) == ["ordered"]
    late = decisions(fired(), acts=[act(-1, arrived=WINDOW + 1)])
    assert [(found.reason, found.decided_at - NOON) for found in late] == [("sent", WINDOW), ("cancelled_after_send", WINDOW + 1)]
    assert late[1].evidence == {
        **{"event": "Order Completed", "event_id": "m-1anad1"},
        **{"at": "2026-03-01T11:59:59.999Z", "sent_at": "2026-03-01T12:00:30.000Z"},
    }


def test_an_order_names_the_reason_before_an_earlier_other_event() -> None:
    add = act(-MINUTE, "Product Added")
    assert reasons(fired(), acts=[add]) == ["sent"]
    assert reasons(fired(trigger=BROWSE), acts=[add]) == ["cancelled"]
    assert reasons(fired(trigger=BROWSE), acts=[add, act(-1)]) == ["ordered"]
    assert reasons(fired(trigger=BROWSE), acts=[act(1, "Product Added")]) == ["ordered_since"]


# 6 to 9


def test_no_profile_is_not_an_erased_one() -> None:
    assert reasons(fired(), profiles=[]) == ["no_profile"]
    assert reasons(fired(), profiles=[(LONG_AGO, MAY), (-1, None)]) == ["no_profile"]
    assert reasons(fired(), profiles=[(LONG_AGO, MAY), (1, None)]) == ["erased"]


@pytest.mark.parametrize(("email", "word"), [(None, "absent"), ("  ", "absent"), ("ana@", "unusable"), ("a@b.com,c@d.com", "unusable")])
def test_an_address_no_mail_could_go_to_is_none(email: str | None, word: str) -> None:
    found = decisions(fired(), profiles=[(LONG_AGO, MAY | {"email": email})])[0]
    assert (found.reason, found.evidence) == ("no_address", {"address": word})


def test_consent_is_needed_at_t_and_at_d_but_not_for_what_is_transactional() -> None:
    for profiles, expected in (
        ([(LONG_AGO, NO), (1, MAY)], "no_consent"),
        ([(LONG_AGO, NO), (0, MAY)], "sent"),
        ([(1, MAY)], "no_consent"),
        ([(LONG_AGO, MAY), (WINDOW, NO)], "consent_withdrawn"),
    ):
        assert reasons(fired(), profiles=profiles) == [expected]
        assert reasons(fired(trigger=NOTICE), profiles=profiles) == ["sent"]
    after = decisions(fired(), profiles=[(LONG_AGO, MAY), (WINDOW + 1, NO)])
    assert [found.reason for found in after] == ["sent", "cancelled_after_send"]
    assert after[1].evidence["profile"] == "consent_withdrawn"


@pytest.mark.parametrize("change", [{"granted": None}, {"granted": False}, {"version": None}, {"at": None}, {"at": "yesterday"}])
def test_a_consent_without_proof_is_none(change: dict[str, Any]) -> None:
    assert granted({"consent": {"x": YES}}, "x")
    assert not granted({"consent": {"x": YES | change}}, "x")


def test_who_is_on_the_list_gets_nothing() -> None:
    for trigger in (CART, NOTICE):
        assert reasons(fired(trigger=trigger), profiles=[(LONG_AGO, MAY), (WINDOW, LISTED)]) == ["suppressed"]
        assert reasons(fired(trigger=trigger), profiles=[(LONG_AGO, LISTED), (WINDOW, MAY)]) == ["sent"]


def test_the_held_out_share_is_drawn_by_person_and_experiment() -> None:
    place = float(bucket("ana", "spring"))
    assert reasons(fired(), rules=replace(OPEN, salt="spring", share=place)) == ["sent"]
    more = replace(OPEN, salt="spring", share=place + 1e-9)
    assert reasons(fired(), rules=more) == ["holdout"]
    assert reasons(fired(trigger=NOTICE), rules=more) == ["sent"]


# 10 and 11


def test_a_second_send_of_a_trigger_waits_for_its_cooldown() -> None:
    cart = replace(CART, cooldown=DAY)
    for t, expected in ((DAY - 1, "cooldown"), (DAY, "sent")):
        assert reasons(fired(trigger=cart), fired(t, cart, occasion="o2", since=t)) == ["sent", expected]
    assert reasons(fired(trigger=cart), fired(HOUR, replace(cart, name="other"), since=HOUR)) == ["sent", "sent"]


def test_a_full_cap_refuses_and_names_the_sends_that_filled_it() -> None:
    two = replace(OPEN, caps=(Cap("marketing", "email", 2, DAY),))
    carts = [fired(t, occasion=f"o{t}", since=t) for t in (0, HOUR, DAY - 1, DAY)]
    found = decisions(*carts, rules=two)
    assert [one.reason for one in found] == ["sent", "sent", "capped", "sent"]
    assert [send["trigger_id"] for send in found[2].evidence["sends"]] == [found[1].trigger_id, found[0].trigger_id]


def test_transactional_mail_and_other_classes_and_channels_do_not_fill_a_cap() -> None:
    for other in (NOTICE, replace(BROWSE, class_="news")):
        assert reasons(fired(trigger=other), fired(HOUR, since=HOUR), rules=ONE_A_DAY) == ["sent", "sent"]
    assert reasons(fired(), fired(HOUR, NOTICE, since=HOUR), rules=ONE_A_DAY) == ["sent", "sent"]


def test_local_days_end_at_the_persons_midnight() -> None:
    a_day = replace(OPEN, caps=(Cap("marketing", "email", 1, DAY, True),))
    paris = [(LONG_AGO, MAY | {"timezone": "Europe/Paris"})]  # UTC+1: midnight is eleven hours after noon
    for t, expected in ((11 * HOUR - WINDOW - 1, "capped"), (11 * HOUR - WINDOW, "sent")):
        assert reasons(fired(), fired(t, occasion="o2", since=t), rules=a_day, profiles=paris) == ["sent", expected]


@pytest.mark.parametrize(("word", "expected"), [("rejected", "sent"), ("dead", "sent"), ("accepted", "capped"), ("unknown", "capped")])
def test_a_send_that_failed_for_good_is_given_back_from_then_on(word: str, expected: str) -> None:
    cart = replace(CART, cooldown=DAY)
    both = fired(trigger=cart), fired(HOUR, cart, occasion="o2", since=HOUR)
    failed = [outcome(HOUR + WINDOW, sent_id(), word)]
    assert reasons(*both, rules=ONE_A_DAY, outcomes=failed) == ["sent", "cooldown" if expected == "capped" else expected]
    both = fired(), fired(HOUR, occasion="o2", since=HOUR)
    assert reasons(*both, rules=ONE_A_DAY, outcomes=failed) == ["sent", expected]
    later = [outcome(HOUR + WINDOW + 1, sent_id(), word)]
    assert reasons(*both, rules=ONE_A_DAY, outcomes=later) == ["sent", "capped"]


def test_a_better_candidate_of_the_window_wins_though_it_comes_later() -> None:
    found = decisions(fired(0, BROWSE), fired(WINDOW), rules=ONE_A_DAY)
    assert [one.reason for one in found] == ["outranked", "sent"]
    assert (found[0].evidence["winner"], found[0].evidence["winner_trigger"]) == (sent_id(), "cart")
    assert reasons(fired(0, BROWSE), fired(WINDOW + 1), rules=ONE_A_DAY) == ["sent", "capped"]


def test_a_rival_that_would_be_refused_is_none() -> None:
    assert reasons(fired(0, BROWSE), fired(MINUTE // 6), rules=ONE_A_DAY, acts=[act(-1)]) == ["ordered", "ordered"]
    browse = replace(BROWSE, cancel_on=())
    assert reasons(fired(0, browse), fired(MINUTE // 6), rules=ONE_A_DAY, acts=[act(-1)]) == ["sent", "ordered"]


def test_a_send_inside_the_window_leaves_no_room() -> None:
    found = decisions(fired(0), fired(WINDOW, BROWSE), rules=ONE_A_DAY)
    assert [(one.reason, one.candidate.trigger) for one in found] == [("sent", "cart"), ("outranked", "browse")]
    assert found[1].evidence["winner"] == sent_id()


def test_of_two_due_together_the_higher_priority_is_first_then_the_id() -> None:
    assert [one.candidate.trigger for one in decisions(fired(trigger=BROWSE), fired())] == ["cart", "browse"]
    ids = [one.trigger_id for one in decisions(*(fired(occasion=occasion) for occasion in ("o1", "o2", "o3")))]
    assert ids == sorted(ids)


# sends that come back


def test_a_send_that_comes_back_is_decided_from_what_is_known_by_then() -> None:
    asked = [recheck(HOUR, sent_id())]
    first, again = decisions(fired(), outcomes=asked)
    assert (first.again, again.again, again.reason, again.decided_at) == (False, True, "sent", NOON + HOUR)
    assert reasons(fired(), outcomes=asked, control=[switch(HOUR, "trigger:cart", paused=True)]) == ["sent", "paused"]
    assert reasons(fired(), outcomes=asked, control=[switch(HOUR + 1, "trigger:cart", paused=True)]) == ["sent", "sent"]
    assert reasons(fired(), outcomes=asked, acts=[act(HOUR)]) == ["sent", "ordered_since", "cancelled_after_send"]


def test_requests_count_between_the_send_and_its_end_each_once_and_none_after_a_refusal() -> None:
    for t, expected in ((WINDOW, 1), (WINDOW + 1, 2), (CART.max_age, 2), (CART.max_age + 1, 1)):
        assert len(reasons(fired(), outcomes=[recheck(t, sent_id())] * 2)) == expected
    stopped = [switch(HOUR, "pack:core", muted=True), switch(HOUR + 1, "pack:core")]
    asked = [recheck(HOUR, sent_id()), recheck(HOUR + 2, sent_id())]
    assert reasons(fired(), outcomes=asked, control=stopped) == ["sent", "paused"]


def test_only_a_send_that_was_given_back_needs_a_place_again_and_counts_from_then_on() -> None:
    dead, asked = outcome(MINUTE, sent_id(), "dead"), recheck(3 * HOUR, sent_id())
    browse, later = fired(HOUR, BROWSE, since=HOUR), fired(2 * DAY, BROWSE, since=2 * DAY, occasion="o2")
    assert reasons(fired(), browse, rules=ONE_A_DAY, outcomes=[asked]) == ["sent", "capped", "sent"]
    assert reasons(fired(), browse, rules=ONE_A_DAY, outcomes=[dead, asked]) == ["sent", "sent", "capped"]
    week = replace(OPEN, caps=(Cap("marketing", "email", 1, 2 * DAY),))
    assert reasons(fired(), later, rules=week, outcomes=[dead, asked]) == ["sent", "sent", "capped"]
    assert reasons(fired(), later, rules=week, outcomes=[dead, asked, outcome(4 * HOUR, sent_id(), "dead")]) == ["sent"] * 3


# variants


def test_variants_are_drawn_by_person_trigger_and_epoch_in_the_order_written() -> None:
    place = bucket("ana", "cart", 1)
    share = int(place * 100) + 1
    for variants in ({"a": share, "b": 100 - share}, {"z": share - 1, "a": 1, "b": 100 - share}):
        assert decisions(fired(trigger=replace(CART, variants=variants)))[0].variant == "a"


# who is it


def test_a_candidate_of_nobody_is_decided_once_somebody_logs_in() -> None:
    found = decisions(fired(person="d1"), pairs=[pair(HOUR, "d1", "ana")])[0]
    assert (found.person_id, found.trigger_id, found.reason, found.decided_at - NOON) == ("ana", sent_id(), "sent", HOUR + WINDOW)
    assert found.evidence["identified_at"] == "2026-03-01T13:00:00.000Z"


def test_two_devices_of_one_person_with_the_same_cart_send_once() -> None:
    both = fired(person="d1"), fired(1, person="d2", device="d2")
    assert reasons(*both, pairs=[pair(MINUTE, "d1", "ana"), pair(HOUR, "d2", "ana")]) == ["sent", "duplicate"]


@pytest.mark.parametrize(("t", "expected"), [(2 * HOUR, "sent"), (2 * HOUR + 1, "no_profile")])
def test_it_waits_no_longer_than_its_deadline(t: int, expected: str) -> None:
    found = decisions(fired(person="d1"), pairs=[pair(t, "d1", "ana")])[0]
    assert (found.reason, found.decided_at - NOON) == (expected, 2 * HOUR + (WINDOW if expected == "sent" else 0))
    hasty = replace(CART, max_age=MINUTE)
    assert decisions(fired(person="d1", trigger=hasty))[0].decided_at - NOON == MINUTE


def test_an_order_of_a_device_counts_for_its_first_person_from_the_login_on() -> None:
    order = [act(-1, user=None, device="phone")]
    assert reasons(fired(), acts=order, pairs=[pair(WINDOW, "phone", "ana")]) == ["ordered"]
    assert reasons(fired(), acts=order, pairs=[pair(0, "phone", "bob"), pair(1, "phone", "ana")]) == ["sent"]
    after = decisions(fired(), acts=order, pairs=[pair(HOUR, "phone", "ana")])
    assert [(found.reason, found.decided_at - NOON) for found in after] == [("sent", WINDOW), ("cancelled_after_send", HOUR)]


def test_a_merge_moves_candidates_sends_and_orders_for_good() -> None:
    profiles = [(LONG_AGO, MAY), (LONG_AGO, MAY | {"email": "old@example.com"}, "old")]
    merge = [pair(WINDOW, "old", "ana")]
    found = decisions(fired(person="old"), pairs=merge, profiles=profiles)[0]
    assert (found.person_id, found.trigger_id, found.evidence["merged_from"]) == ("ana", sent_id(), "old")
    later = [pair(WINDOW + 1, "old", "ana")]
    assert decisions(fired(person="old"), pairs=later, profiles=profiles)[0].person_id == "old"
    both = fired(person="old"), fired(HOUR, since=HOUR)
    assert reasons(*both, pairs=later, profiles=profiles) == ["sent", "duplicate"]
    assert reasons(both[0], fired(HOUR, BROWSE, since=HOUR), pairs=later, profiles=profiles, rules=ONE_A_DAY) == ["sent", "capped"]
    assert reasons(fired(), acts=[act(0, user="old")], pairs=merge, profiles=profiles) == ["ordered"]
    assert reasons(fired(), acts=[act(0, user="old")], pairs=later, profiles=profiles) == ["sent", "cancelled_after_send"]


def test_merges_chain() -> None:
    profiles = [(LONG_AGO, MAY), (LONG_AGO, MAY, "old"), (LONG_AGO, MAY, "mid")]
    found = decisions(fired(person="old"), pairs=[pair(0, "old", "mid"), pair(1, "mid", "ana")], profiles=profiles)[0]
    assert (found.person_id, found.evidence["merged_from"]) == ("ana", "old")


def test_a_pair_of_a_device_is_no_merge() -> None:
    profiles = [(LONG_AGO, LISTED | {"email": "bob@example.com"}, "bob"), (LONG_AGO, MAY)]
    assert reasons(fired(), pairs=[pair(0, "nobody", "bob"), pair(0, "d1", "bob")], profiles=profiles) == ["sent"]


def test_of_two_merged_people_the_stricter_counts_while_both_have_a_profile() -> None:
    merge = [pair(0, "old", "ana")]
    for value, expected in ((NO, "no_consent"), (LISTED, "suppressed"), (MAY, "sent")):
        mine = [(LONG_AGO, MAY), (LONG_AGO, value, "old")]
        assert reasons(fired(), pairs=merge, profiles=mine) == [expected]
        assert reasons(fired(), pairs=merge, profiles=[*mine, (WINDOW, None, "old")]) == ["sent"]
    found = decisions(fired(), pairs=merge, profiles=[(LONG_AGO, MAY), (LONG_AGO, NO, "old")])[0]
    assert found.evidence["merged"] == "old"


def test_people_with_the_same_address_share_caps_and_suppression_while_they_have_it() -> None:
    shared, moved = MAY | {"email": " ANA@example.com"}, MAY | {"email": "bob@example.com"}
    both = fired(person="bob"), fired(HOUR, BROWSE, since=HOUR)
    assert reasons(*both, profiles=[(LONG_AGO, MAY), (LONG_AGO, shared, "bob")], rules=ONE_A_DAY) == ["sent", "capped"]
    gone = [(LONG_AGO, MAY), (LONG_AGO, shared, "bob"), (HOUR, moved, "bob")]
    assert reasons(*both, profiles=gone, rules=ONE_A_DAY) == ["sent", "sent"]
    listed = [(LONG_AGO, MAY), (LONG_AGO, shared | {"suppressed": "complaint"}, "bob")]
    assert decisions(fired(), profiles=listed)[0].evidence == {"suppressed": "complaint", "shared_address": True}
    assert reasons(fired(), profiles=[(LONG_AGO, MAY), (LONG_AGO, NO | {"email": "ana@example.com"}, "bob")]) == ["sent"]
