"""The oracle finds the carts of docs/carts.md."""

from __future__ import annotations

import json

import pytest

from jobs.durations import millis
from jobs.settings import Times
from tests.oracle import activity, shop
from tests.oracle.cart_cases import CASES, Case, named
from tests.oracle.cart_rows import check
from tests.oracle.history import records


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.says)
def test_the_oracle_finds_the_carts_of_the_table(case: Case) -> None:
    lines = [json.dumps(event).encode() for event in named(case, 1)]
    result = shop.run(records(lines), cart_memory=case.memory)
    check(case, 1, result.carts, result.candidates)


def test_the_memory_is_the_settings() -> None:
    assert millis(Times().cart_memory) == activity.CART_MEMORY
