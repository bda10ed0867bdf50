"""Expected rows against rows that came: partial columns, any order, each row once."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rekindle.workbench.cases.match import Difference, differences, equal

Row = dict[str, Any]


def test_only_the_columns_that_are_named_count() -> None:
    assert differences([{"a": 1}], [{"a": 1, "b": 2}]) == []


def test_a_row_that_did_not_come_is_missing_and_one_nobody_expected_is_unexpected() -> None:
    assert differences([{"a": 1}], []) == [Difference({"a": 1}, None)]
    assert differences([], [{"a": 1}]) == [Difference(None, {"a": 1})]


def test_a_row_that_comes_twice_was_expected_once() -> None:
    assert differences([{"a": 1}], [{"a": 1}, {"a": 1}]) == [Difference(None, {"a": 1})]


def test_the_nearest_row_is_shown_beside_the_expected_one_with_the_columns_that_differ() -> None:
    wanted, near, far = {"a": 1, "b": 2}, {"a": 1, "b": 3}, {"a": 9, "b": 9}
    assert differences([wanted], [far, near]) == [Difference(wanted, near, ("b",)), Difference(None, far)]


def test_a_partial_row_leaves_the_fuller_one_its_match() -> None:
    """Greedy pairing would give `{a: 1}` the row that `{a: 1, b: 2}` needs."""
    assert differences([{"a": 1}, {"a": 1, "b": 2}], [{"a": 1, "b": 2}, {"a": 1, "b": 5}]) == []


@pytest.mark.parametrize(
    ("expected", "actual", "same"),
    [
        (12.5, 12.50, True),
        (1, True, False),
        ("2026-03-01 10:30:00", "2026-03-01T10:30:00.000Z", True),
        ("2026-03-01 10:30:00", "2026-03-01T10:30:01.000Z", False),
        ({"a": 1}, {"a": 1, "b": 2}, True),
        ([1], [1, 2], False),
        (None, 0, False),
        (7, "7", True),
        ("h1", "h2", False),
    ],
)
def test_values_are_equal_when_they_mean_the_same(expected: Any, actual: Any, same: bool) -> None:
    assert equal(expected, actual) is same


rows = st.lists(st.dictionaries(st.sampled_from("ab"), st.integers(0, 2), min_size=1), max_size=5)


@given(rows, st.randoms(use_true_random=False))
def test_rows_match_themselves_in_any_order(expected: list[Row], random: Any) -> None:
    shuffled = list(expected)
    random.shuffle(shuffled)
    assert differences(expected, shuffled) == []


@given(rows, rows)
def test_no_difference_means_as_many_rows_as_expected(expected: list[Row], actual: list[Row]) -> None:
    found = differences(expected, actual)
    if not found:
        assert len(expected) == len(actual)
    assert len(expected) - sum(one.missing is not None for one in found) == len(actual) - sum(one.unexpected is not None for one in found)
