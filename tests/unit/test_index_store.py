"""rekindle.workbench.index: what is found again, what is kept once, what leaves no byte"""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.errors import RunError
from rekindle.workbench.index import reading, records, rows
from rekindle.workbench.index.privacy import pseudonyms, sift
from rekindle.workbench.index.rows import Kind, Record, instant
from rekindle.workbench.index.store import Index
from tests.unit.shop_topics import (
    NOW,
    WANTED,
    an_index,
    at,
    cart,
    decided,
    erased,
    event,
    line,
    outcome,
    pair,
    profile,
    receipt,
    visit,
)  # fmt: skip


def kinds(index: Index, *whos: int) -> list[Kind]:
    return [Kind(row.kind) for row in index.of(whos)]


def test_rows_are_found_by_person_and_by_device(tmp_path: Path) -> None:
    index = an_index(
        tmp_path, [decided("10:08", "sent"), cart("10:08"), visit("10:33"), pair("10:02"), decided("10:08", "sent", person="7")]
    )
    assert kinds(index, rows.person("42")) == [Kind.DECISION, Kind.IDENTITY]
    assert kinds(index, rows.device("d1")) == [Kind.CART, Kind.SESSION, Kind.IDENTITY]
    assert kinds(index, rows.person("d1")) == []


def test_a_row_that_a_job_repeats_is_kept_once_in_the_first_build_and_later(tmp_path: Path) -> None:
    twice = [decided("10:08", "sent"), decided("10:08", "sent"), outcome("10:09", "accepted"), outcome("10:09", "accepted")]
    index = an_index(tmp_path, twice, twice)
    assert index.size() == 2
    assert index.counts(Kind.DECISION, 0, 99_999)[0][4] == 1


def test_a_hold_and_the_final_decision_of_a_candidate_are_two_rows(tmp_path: Path) -> None:
    assert an_index(tmp_path, [decided("22:10", "held"), decided("23:00", "sent")]).size() == 2


def test_an_index_that_is_opened_again_goes_on(tmp_path: Path) -> None:
    an_index(tmp_path, [decided("10:08", "sent")]).close()
    index = an_index(tmp_path, [decided("11:08", "capped", 2)])
    assert [row.word for row in index.of([rows.person("42")])] == ["sent", "capped"]
    assert index.fact("built") == "yes"


def test_offsets_are_remembered_with_the_rows(tmp_path: Path) -> None:
    index = an_index(tmp_path, [])
    index.begin()
    index.commit({("events", 2): 17})
    index.finish(0)
    index.close()
    assert Index(tmp_path / "index.sqlite", pseudonyms(tmp_path)).offsets() == {("events", 2): 17}


def test_no_address_is_in_the_files_wherever_a_producer_put_it(tmp_path: Path) -> None:
    index = an_index(
        tmp_path,
        [
            profile("09:00", phone="+33123", first_name="Annabella"),
            event("10:00", "Order Completed", order_id="o-1", url="https://shop.example/?mail=42%40example.com", coupon="42@example.com"),
            receipt("11:00", "Email Opened"),
            cart("10:08", items=1, cart_id="42@EXAMPLE.com"),
        ],
    )
    index.close()
    content = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    for word in (b"example.com", b"EXAMPLE.com", b"%40", b"+33123", b"Annabella"):
        assert word not in content


def test_a_person_is_found_by_any_address_they_ever_had_in_any_case(tmp_path: Path) -> None:
    index = an_index(
        tmp_path, [profile("09:00"), profile("10:00", email="ana@example.com"), profile("09:00", "7", email="Ana@Example.com")]
    )
    assert index.people_at(" ANA@example.com ") == ["42", "7"]
    assert index.people_at("42@example.com") == ["42"]
    assert index.people_at("nobody@example.com") == []


def test_the_same_address_has_another_hash_in_another_state_folder(tmp_path: Path) -> None:
    (one, other) = (pseudonyms(tmp_path / name).of_address("a@example.com") for name in "ab")
    assert one != other
    assert pseudonyms(tmp_path / "a").of_address("a@example.com") == one


def test_index_and_key_are_readable_by_their_owner_alone(tmp_path: Path) -> None:
    an_index(tmp_path, [])
    assert {path.stat().st_mode & 0o077 for path in tmp_path.iterdir()} == {0}


def test_an_erased_person_leaves_no_row_of_themselves_or_their_devices(tmp_path: Path) -> None:
    theirs = [decided("10:08", "sent"), cart("10:08"), pair("10:02"), profile("09:00"), event("10:01", "Order Completed", user_id="42")]
    index = an_index(tmp_path, [*theirs, cart("10:08", "d2"), profile("09:00", "7"), erased("12:00")])
    assert kinds(index, rows.person("42"), rows.device("d1")) == []
    assert kinds(index, rows.person("7"), rows.device("d2")) == [Kind.PROFILE, Kind.CART] or index.size() == 2
    assert index.people_at("42@example.com") == []
    assert index.erased_at(rows.person("42")) == instant(at("12:00"))


def test_a_tombstone_that_comes_in_a_later_update_erases_too(tmp_path: Path) -> None:
    index = an_index(tmp_path, [decided("10:08", "sent"), profile("09:00")], [erased("12:00")])
    assert index.size() == 0


def test_rows_from_before_an_erasure_do_not_come_back_and_later_ones_stay(tmp_path: Path) -> None:
    index = an_index(tmp_path, [erased("12:00")], [decided("10:08", "sent"), decided("13:00", "erased", 2), profile("14:00")])
    assert [(row.kind, row.word) for row in index.of([rows.person("42")])] == [(Kind.DECISION, "erased"), (Kind.PROFILE, None)]
    assert index.people_at("42@example.com") == ["42"]


def test_a_new_index_is_told_who_was_erased(tmp_path: Path) -> None:
    before = an_index(tmp_path / "a", [erased("12:00")])
    (tmp_path / "b").mkdir()
    after = Index(tmp_path / "b" / "index.sqlite", pseudonyms(tmp_path / "b"))
    after.keep_erasures(before.erasures())
    after.begin()
    after.add(records.read(*decided("10:08", "sent"), WANTED))
    after.commit({})
    after.finish(0)
    assert after.size() == 0


def test_what_is_older_than_asked_leaves_but_identities_and_profiles_stay(tmp_path: Path) -> None:
    index = an_index(tmp_path, [decided("10:08", "sent"), pair("10:02"), profile("09:00"), cart("10:08")])
    index.begin()
    index.finish(NOW)
    assert sorted(kinds(index, rows.person("42"), rows.device("d1"))) == [Kind.IDENTITY, Kind.IDENTITY, Kind.PROFILE]


def test_rows_that_break_their_contract_heartbeats_and_unwanted_events_are_passed_over(tmp_path: Path) -> None:
    bad = [b"{", b"[]", b'"x"', b"{}", b'{"event":"$heartbeat","device_id":"$hb-0-3"}', b'{"evidence":1,"trigger_id":"x"}', b"\xff"]
    for topic in records.TOPICS:
        for value in bad:
            assert list(records.read(topic, Record(1, b"k", value), WANTED)) == []
    assert list(records.read(*event("10:00", "Product Viewed"), WANTED)) == []


def test_a_receipt_is_the_person_the_suite_mailed_not_the_platforms_device(tmp_path: Path) -> None:
    index = an_index(tmp_path, [receipt("11:00", "Email Opened")])
    (row,) = index.of([rows.person("42")])
    assert (row.word, row.name, row.ref) == ("Email Opened", "cart_abandoned", f"{1:026}")


def test_a_text_without_an_address_is_left_as_it_is() -> None:
    assert sift(b'{"at":"2 @ 3","a":"x"}') == b'{"at":"2 @ 3","a":"x"}'
    assert sift(b'{"q":"a+b@shop.example and c@d.example"}') == b'{"q":"(address) and (address)"}'


def test_a_profile_keeps_consent_and_zone_and_nothing_that_names_somebody(tmp_path: Path) -> None:
    index = an_index(
        tmp_path, [profile("09:00", timezone="Europe/Paris", traits={"tier": "gold"}), line("profiles", "10:00", "9", {"x": 1})]
    )
    (row,) = index.of([rows.person("42")])
    assert b'"has_address":true' in row.body
    assert b"Europe/Paris" in row.body
    assert b"gold" not in row.body


def test_a_build_that_was_cut_off_is_not_taken_for_an_index(tmp_path: Path) -> None:
    index = Index(tmp_path / "index.sqlite", pseudonyms(tmp_path))
    index.begin()
    index.add(records.read(*decided("10:08", "sent"), WANTED))
    index.commit({("trigger_decisions", 0): 1})
    index.close()
    with pytest.raises(RunError, match="never finished"), reading.opened(tmp_path):
        pass
    with pytest.raises(RunError, match="no index yet"), reading.opened(tmp_path / "elsewhere"):
        pass


def test_a_file_that_is_no_index_is_told_with_its_remedy(tmp_path: Path) -> None:
    (tmp_path / "index.sqlite").write_bytes(b"not a database" * 1000)
    with pytest.raises(RunError, match="cannot be read") as caught, reading.opened(tmp_path):
        pass
    assert "--rebuild" in caught.value.hint
