"""What a trigger keeps, in words: from descriptions as Flink 2.2.1 writes them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from jobs.evaluate import footprint
from jobs.operators import Operator

WEEK = timedelta(days=7)
SESSION = "WindowAggregate(groupBy=[buyer], window=[SESSION(time_col=[event_time], gap=[60 d], partition keys=[buyer])], select=[buyer])"
HOP = "GlobalWindowAggregate(groupBy=[device_id], window=[HOP(slice_end=[$slice_end], size=[10 min], slide=[1 min])], select=[device_id])"
INTERVAL = "IntervalJoin(joinType=[LeftOuterJoin], windowBounds=[isRowTime=true, leftLowerBound=-180000, leftUpperBound=0])"
FUNCTION = "ProcessTableFunction(invocation=[PRODUCT_INTERESTS(TABLE(#0) PARTITION BY($0), 30)], uid=[interests], select=[x])"
ROW_BY_ROW = "ProcessTableFunction(invocation=[PRODUCT_ACTS(TABLE(#0))], uid=[acts], select=[x])"


def an_operator(description: str) -> Operator:
    return Operator(description.partition("(")[0], description, (), (), "a_trigger", "uid", "")


@pytest.mark.parametrize(
    ("description", "words", "fits"),
    [
        (SESSION, "open SESSION windows (gap 60 d) per buyer, until they end", False),
        (HOP, "open HOP windows (size 10 min, slide 1 min) per device_id, until they end", True),
        (INTERVAL, "rows of both sides that may still find a partner, for 0:03:00", True),
        (FUNCTION, "what PRODUCT_INTERESTS keeps of each key", False),
        ("TemporalJoin(joinType=[LeftOuterJoin])", "the versions of the table looked up, and rows that wait for them", True),
        ("Sort(orderBy=[x])", "what Sort keeps", False),
    ],
)
def test_what_is_kept_is_said_and_whether_topics_can_give_it_back(description: str, words: str, fits: bool) -> None:
    operator = an_operator(description)
    assert footprint.words([operator]) == (words,)
    assert footprint.fits([operator], WEEK) is fits


@pytest.mark.parametrize("description", ["Calc(select=[x])", "LocalWindowAggregate(groupBy=[x])", ROW_BY_ROW, "Source(table=[x])"])
def test_what_keeps_no_rows_is_not_mentioned(description: str) -> None:
    assert footprint.words([an_operator(description)]) == ()
    assert footprint.fits([an_operator(description)], WEEK)
