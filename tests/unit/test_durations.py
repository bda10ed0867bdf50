"""Durations as people write them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pydantic import BaseModel

from jobs.durations import Duration, millis, parse_duration


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        ("1 ms", 1), ("200ms", 200), ("5 s", 5000), ("1.5 sec", 1500), ("30 min", 1_800_000), ("1 minute", 60_000),
        ("24 hours", 86_400_000), ("1h", 3_600_000),
        ("7 d", 604_800_000), (" 2 Days ", 172_800_000), ("0 s", 0), ("0.001 s", 1), ("90 minutes", 5_400_000), ("1 second", 1000),
    ],
)  # fmt: skip
def test_a_number_and_a_unit_make_a_duration(text: str, milliseconds: int) -> None:
    assert millis(parse_duration(text)) == milliseconds


def test_a_duration_stays_what_it_is() -> None:
    assert parse_duration(timedelta(seconds=3)) == timedelta(seconds=3)


@pytest.mark.parametrize(
    "value", [5, 5.0, "5", "", " ", "s", "-5 s", "5 weeks", "5 m", "1 h 30 min", "five min", "1e3 s", "5 s!", True, None, []]
)
def test_without_a_unit_or_with_one_nobody_knows_it_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"expected a duration with a unit \(ms, s, min, h, d\), like '5 min'"):
        parse_duration(value)


def test_a_duration_beyond_all_calendars_is_refused_and_not_a_crash() -> None:
    with pytest.raises(ValueError, match="expected a duration below"):
        parse_duration("9999999999999 d")


def test_a_field_is_written_as_it_is_read() -> None:
    class Model(BaseModel):
        gap: Duration

    text = Model.model_validate({"gap": "5 min"}).model_dump_json()
    assert text == '{"gap":"300000 ms"}'
    assert Model.model_validate_json(text).gap == timedelta(minutes=5)
