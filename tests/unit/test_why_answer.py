"""rekindle why: what is told of a person, in which order, in which words"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from jobs.definitions.trigger import parse
from jobs.gate.reasons import Reason
from rekindle.workbench.index.store import Index
from rekindle.workbench.why.answer import answer, text, wanted_events
from rekindle.workbench.why.sentences import Told, sentence
from tests.unit.a_trigger import a_file
from tests.unit.shop_topics import (
    NOW,
    Line,
    an_index,
    at,
    candidate,
    cart,
    controlled,
    decided,
    erased,
    event,
    outcome,
    pair,
    profile,
    receipt,
    send_id,
    visit,
)

CONSENT = {"granted": True, "version": 3, "at": at("08:00")}


def asked(index: Index, given: str = "42", trigger: str | None = None, as_of: int = NOW, zone: str = "UTC") -> dict[str, Any]:
    wanted = parse(a_file("SELECT device_id FROM carts WHERE orders = 0", name=trigger), f"core/{trigger}.sql") if trigger else None
    return answer(index, given, wanted, "", as_of, zone)


def told(folder: Path, *lines: Line, **how: Any) -> list[str]:
    return [entry["text"] for entry in asked(an_index(folder, lines), **how)["story"]]


def the_decision(folder: Path, reason: str, evidence: dict[str, Any], *more: Line, **how: Any) -> str:
    lines = [decided("10:08:30", reason, 9, evidence=evidence, fired_at=at("10:08")), *more]
    document = asked(an_index(folder, lines), **how)
    return str(next(entry["text"] for entry in document["story"] if entry["kind"] == "decision" and entry["at"] == at("10:08:30")))


def test_a_story_runs_from_the_first_click_to_the_order_after_the_mail(tmp_path: Path) -> None:
    assert told(
        tmp_path,
        receipt("12:00", "Email Opened"),
        receipt("11:59", "Email Opened", machine=True),
        event("13:00", "Order Completed", order_id="o-9", value=59.9, currency="EUR"),
        outcome("10:08:40", "accepted"),
        decided("10:08:30", "sent", evidence={"consent_at_decision": CONSENT}),
        candidate("10:08"),
        cart("10:08"),
        visit("10:33", product_views=2, searches=1, last_query="shoes"),
        pair("10:02"),
        profile("09:00"),
    ) == [
        "The CRM's profile: there is an e-mail address and marketing_email is agreed to "
        "(version 3, preference-centre, 1 March 2026, 08:00:00).",
        "Device d1 turned out to be person 42's.",
        "Left a cart on device d1: 2 items, 25.00 EUR (2 × Blue shoe); last action at 1 March 2026, 10:03:00.",
        "cart_abandoned found a reason to write (occasion hash); it is decided at 1 March 2026, 10:08:30.",
        "cart_abandoned passed every check and was sent: the consent is version 3, given at 1 March 2026, 08:00:00.",
        "The mail of cart_abandoned: the e-mail platform (default) accepted it (1 attempt).",
        "A visit to the shop on device d1 from 1 March 2026, 10:00:00 to 1 March 2026, 10:03:00: 2 products looked at and 1 search, "
        "last for 'shoes'.",
        "Opened the mail of cart_abandoned, but that was a scanner or proxy, not the person.",
        "Opened the mail of cart_abandoned.",
        "Ordered for 59.90 EUR (order o-9) on device d1.",
    ]


def test_a_mail_that_came_back_from_delivery_is_told_as_checked_again(tmp_path: Path) -> None:
    again = {"recheck": True, "sent_at": at("10:08:30")}
    order = event("10:20", "Order Completed", order_id="o-9", user_id="42")
    found = told(
        tmp_path,
        decided("10:08:30", "sent", evidence={"consent_at_decision": CONSENT}),
        outcome("10:15", "retrying", reason="recheck"),
        decided("10:15", "sent", evidence={**again, "consent_at_decision": CONSENT}),
        order,
        decided("10:30", "ordered_since", evidence={**again, "event": "Order Completed", "event_id": "x", "at": at("10:20")}),
    )
    why = "because delivery had waited: it had been let through at 1 March 2026, 10:08:30 and had waited since."
    assert [one for one in found if "it has waited on its way to the e-mail platform (default); the gate is asked" in one]
    assert f"cart_abandoned was checked again at 1 March 2026, 10:15:00, {why} It passed once more and may go out." in found
    assert found[-1].startswith(f"cart_abandoned was checked again at 1 March 2026, 10:30:00, {why} cart_abandoned was not sent: between ")
    assert sum("passed every check and was sent" in one for one in found) == 1


def test_the_same_is_told_by_device_and_by_address(tmp_path: Path) -> None:
    index = an_index(tmp_path, [profile("09:00"), pair("10:02"), decided("10:08", "capped"), cart("10:08")])
    by_person = asked(index)
    assert by_person["known"]
    assert asked(index, "d1") == by_person
    assert asked(index, "42@Example.com") == by_person


def test_of_a_stranger_nothing_is_known(tmp_path: Path) -> None:
    index = an_index(tmp_path, [profile("09:00")])
    for who in ("7", "d9", "nobody@example.com"):
        assert not asked(index, who)["known"]


def test_a_device_that_is_nobodys_yet_has_a_story(tmp_path: Path) -> None:
    document = asked(
        an_index(tmp_path, [cart("10:08"), candidate("10:08", person="d1"), decided("12:08", "no_profile", person="d1")]), "d1"
    )
    assert document["person_id"] is None
    assert [entry["kind"] for entry in document["story"]] == ["cart", "candidate", "decision"]
    assert text(document).startswith("A device that is nobody's yet")


def test_what_a_device_did_for_its_next_owner_is_not_told(tmp_path: Path) -> None:
    lines = [pair("10:02"), cart("10:08"), pair("11:00", person="7"), cart("11:30", items=5)]
    index = an_index(tmp_path, lines)
    assert [entry["at"] for entry in asked(index, "42")["story"] if entry["kind"] == "cart"] == [at("10:08")]
    assert [entry["at"] for entry in asked(index, "7")["story"] if entry["kind"] == "cart"] == [at("11:30")]


def test_people_that_became_one_have_one_story_under_either_id(tmp_path: Path) -> None:
    lines = [
        profile("09:00", "41"),
        profile("09:01"),
        decided("09:30", "sent", person="41"),
        pair("10:00", "41", "42"),
        decided("11:00", "cooldown", 2),
    ]
    index = an_index(tmp_path, lines)
    document = asked(index, "41")
    assert (document["person_id"], document["former_ids"]) == ("42", ["41"])
    assert "Person 41 became one with person 42." in [entry["text"] for entry in document["story"]]
    assert document == asked(index, "42")


def test_an_earlier_time_knows_only_what_was_known_then(tmp_path: Path) -> None:
    index = an_index(tmp_path, [pair("10:02"), cart("10:08"), decided("10:08:30", "sent"), decided("20:00", "cooldown", 2)])
    document = asked(index, as_of=index_time("10:08:30"))
    assert [entry["kind"] for entry in document["story"]] == ["identity", "cart", "decision"]


def index_time(clock: str) -> int:
    from rekindle.workbench.index.rows import instant

    return instant(at(clock))


def test_times_are_told_in_the_zone_that_is_asked_for(tmp_path: Path) -> None:
    assert "10:03" in the_cart(tmp_path / "a", "UTC")
    assert "11:03" in the_cart(tmp_path / "b", "Europe/Paris")


def the_cart(folder: Path, zone: str) -> str:
    folder.mkdir()
    return told(folder, pair("09:00"), cart("10:08"), zone=zone)[1]


def test_with_a_trigger_other_mails_are_left_out_but_those_that_filled_the_cap(tmp_path: Path) -> None:
    sends = [{"trigger_id": send_id(1), "decided_at": at("08:00")}]
    document = asked(
        an_index(
            tmp_path,
            [
                decided("08:00", "sent", 1, "browse_abandoned"),
                decided("07:00", "no_consent", 2, "search_abandoned"),
                decided("10:08", "capped", 3, evidence={"class": "marketing", "limit": 1, "per_ms": 86_400_000, "sends": sends}),
            ],
        ),
        trigger="cart_abandoned",
    )
    assert [entry["trigger"] for entry in document["story"]] == ["browse_abandoned", "cart_abandoned"]
    assert document["why_not"] == []


def test_a_cap_names_the_mails_that_filled_it(tmp_path: Path) -> None:
    sends = [{"trigger_id": send_id(1), "decided_at": at("08:00")}, {"trigger_id": send_id(77), "decided_at": at("07:00")}]
    said = the_decision(
        tmp_path,
        "capped",
        {"class": "marketing", "channel": "email", "limit": 2, "per_ms": 604_800_000, "calendar": False, "sends": sends},
        decided("08:00", "sent", 1, "browse_abandoned"),
    )
    assert said == (
        "cart_abandoned was not sent: the limit was reached, 2 marketing mails in 7 days, filled by the mail of browse_abandoned at "
        f"1 March 2026, 08:00:00 and the mail {send_id(77)} at 1 March 2026, 07:00:00."
    )


def test_an_order_is_told_with_number_and_worth(tmp_path: Path) -> None:
    order = event("10:07", "Order Completed", order_id="o-9", value=59.9, currency="EUR", user_id="42")
    evidence = {"event": "Order Completed", "event_id": "e-Order Completed-10:07-d1", "at": at("10:07")}
    assert the_decision(tmp_path, "ordered", evidence, order) == (
        "cart_abandoned was not sent: by then the person had ordered (Order Completed, order o-9 of 59.90 EUR, at 1 March 2026, 10:07:00)."
    )


def test_a_pause_names_who_paused_it(tmp_path: Path) -> None:
    change = controlled("10:00", "pack:core", {"muted": True}, by="ana")
    assert the_decision(tmp_path, "paused", {"control": "pack:core", "at": at("10:00")}, change) == (
        "cart_abandoned was not sent: pack core was muted at 1 March 2026, 10:00:00 by ana."
    )


def test_a_hold_says_until_when_where_the_person_lives(tmp_path: Path) -> None:
    said = the_decision(tmp_path, "held", {"until": at("07:02"), "timezone": "Europe/Paris"})
    assert "it was night where the person lives, so it is held until 08:02 on 1 March 2026 (Europe/Paris)" in said


def test_the_winner_is_named(tmp_path: Path) -> None:
    evidence = {"limit": 1, "per_ms": 86_400_000, "winner": send_id(4), "winner_trigger": "checkout_abandoned"}
    said = the_decision(tmp_path, "outranked", evidence)
    assert said.endswith(
        "checkout_abandoned fell due at the same time and is more important, and both would have been more than 1 mail in 24 hours."
    )


def test_missing_and_withdrawn_consent_are_told_apart(tmp_path: Path) -> None:
    for folder in "abcd":
        (tmp_path / folder).mkdir()
    none = {"purpose": "marketing_email", "consent_at_fire": None, "consent_at_decision": None}
    no = none | {"consent_at_fire": {"granted": False, "version": 4, "at": at("09:00")}}
    unproved = none | {"consent_at_fire": {"granted": True, "version": None, "at": at("09:00")}}
    withdrawn = none | {"consent_at_fire": CONSENT, "consent_at_decision": {"granted": False, "version": 4, "at": at("10:08:10")}}
    assert "silence is a no" in the_decision(tmp_path / "a", "no_consent", none)
    assert "answer to marketing_email is no (version 4" in the_decision(tmp_path / "b", "no_consent", no)
    assert "has no version, and what cannot be proved is a no" in the_decision(tmp_path / "c", "no_consent", unproved)
    assert "but no longer when it was to go out" in the_decision(tmp_path / "d", "consent_withdrawn", withdrawn)


def test_who_came_late_and_who_was_merged_is_said(tmp_path: Path) -> None:
    said = the_decision(
        tmp_path, "cooldown", {"trigger_id": send_id(1), "decided_at": at("01:00"), "identified_at": at("10:30"), "merged_from": "41"}
    )
    assert "known only at 1 March 2026, 10:30:00." in said
    assert said.endswith("It began as person 41, who has since become one with this person.")


def test_a_profile_that_changes_tells_the_change_alone(tmp_path: Path) -> None:
    gone = {"marketing_email": {"granted": False, "version": 4, "source": "link", "at": at("10:00")}}
    assert told(tmp_path, profile("09:00"), profile("10:00", consent=gone, suppressed="complaint"), profile("11:00", consent=gone))[1:] == [
        "The CRM's profile changed: marketing_email is refused (version 4, link, 1 March 2026, 10:00:00) and on the suppression list "
        "(complaint).",
        "The CRM's profile changed: off the suppression list.",
    ]


def test_an_erased_person_is_told_as_erased_and_nothing_else(tmp_path: Path) -> None:
    document = asked(an_index(tmp_path, [profile("09:00"), decided("10:08", "sent"), erased("12:00"), decided("13:00", "erased", 2)]))
    assert document["erased_at"] == at("12:00")
    assert [entry["text"] for entry in document["story"]] == [
        "cart_abandoned was not sent: the person's data was erased before 1 March 2026, 13:00:00."
    ]
    assert "Erased at 1 March 2026, 12:00:00: what was before is not kept." in text(document)


def test_the_index_keeps_the_events_that_triggers_wait_for() -> None:
    draft = parse(a_file("SELECT device_id FROM events WHERE event = 'It''s Back'"), "x.sql")
    wanted = wanted_events("", [draft])
    assert {"Order Completed", "Checkout Started", "Email Confirmed", "Product Removed from Wishlist", "It's Back"} <= wanted
    assert "Product Viewed" not in wanted


def test_what_steers_a_terminal_is_not_printed(tmp_path: Path) -> None:
    lines = [pair("09:00"), visit("10:33", searches=1, last_query="\x1b[2Jred\nshoes \u202e")]
    shown = text(asked(an_index(tmp_path, lines)))
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert "[2Jred\ufffdshoes" in shown


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8) | st.just(at("08:00")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
WORDS = "at sends limit per_ms calendar class consent_at_fire consent_at_decision until timezone share event_id suppressed merged profile"
KEYS = st.sampled_from(WORDS.split())


@given(reason=st.sampled_from([*Reason, "unheard_of"]), evidence=st.dictionaries(KEYS, JSON, max_size=5))
def test_whatever_the_evidence_is_there_is_a_sentence(reason: str, evidence: dict[str, Any]) -> None:
    told = Told("cart_abandoned", at("10:08"), at("10:09"), "UTC", {}, {}, {})
    assert sentence(reason, told, evidence).startswith("cart_abandoned")


def test_a_row_of_an_unknown_form_hides_no_other(tmp_path: Path) -> None:
    lines = [
        pair("09:00"),
        event("10:00", "Order Completed", flags=5, user_id="42"),
        profile("11:00", consent=[1]),
        decided("12:00", "unheard_of"),
    ]
    assert told(tmp_path, *lines) == [
        "Device d1 turned out to be person 42's.",
        "A row of kind event that cannot be told.",
        "A row of kind profile that cannot be told.",
        "cart_abandoned: unheard_of.",
    ]
