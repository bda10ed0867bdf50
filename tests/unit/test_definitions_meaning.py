"""A trigger's meaning: the same for every layout, another as soon as somebody else would get mail, or at another time."""

from __future__ import annotations

import pytest

from jobs.definitions.meaning import meaning
from jobs.definitions.trigger import parse
from tests.unit.a_trigger import a_file

SELECT = "SELECT device_id, 'a  b' AS x FROM carts WHERE n >= 2"


def of(query: str = SELECT, extra: str = "", **keys: str) -> str:
    return meaning(parse(a_file(query, extra, **keys), "f.sql"))


@pytest.mark.parametrize(
    "query",
    [
        "select device_id, 'a  b' as x from carts where n >= 2;",
        "SELECT device_id,'a  b' AS x\nFROM carts -- why\nWHERE n>=2",
        "/* why */ SELECT device_id, 'a  b' AS x FROM carts WHERE /* how many */ n >= 2",
    ],
)
def test_layout_comments_and_the_case_of_key_words_mean_nothing(query: str) -> None:
    assert of(query) == of()


@pytest.mark.parametrize(
    "query",
    [
        SELECT.replace("2", "3"),
        SELECT.replace("'a  b'", "'a b'"),
        SELECT.replace("device_id", "Device_id"),
        SELECT.replace("AS x", "AS `x y`"),
    ],
)
def test_another_select_means_something_else(query: str) -> None:
    assert of(query) != of()


def test_a_parameter_counts_as_its_value() -> None:
    named = SELECT.replace("2", ":least")
    assert of(named, "params: {least: {type: int, default: 2}}\n") == of()
    assert of(named, "params: {least: {type: int, default: 3}}\n") != of()


@pytest.mark.parametrize(
    ("extra", "same"),
    [
        ("status: paused\n", True),
        ("version: 9\n", True),
        ("destination: other\n", True),
        ("priority: 50\n", True),  # the default, written out
        ("cancel_on: [B, A]\n", False),
        ("cooldown: 1 day\n", False),
        ("send_after: 1 h\n", False),
        ("priority: 51\n", False),
    ],
)
def test_header_keys_count_when_they_change_who_gets_it_and_when(extra: str, same: bool) -> None:
    assert (of(extra=extra) == of()) is same


def test_a_duration_counts_by_its_length_and_cancel_on_without_order() -> None:
    assert of(max_age="6 hours") == of(max_age="360 min") != of(max_age="5 hours")
    assert of(extra="cancel_on: [A, B]\n") == of(extra="cancel_on: [B, A]\n")


def test_a_name_and_an_owner_change_no_meaning() -> None:
    assert of(name="b_test", owner="ben@shop.example", description="Really?") == of()
