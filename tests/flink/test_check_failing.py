"""What fails at some row is found before it stops a pack, and what the hints say does not fail."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click
import pytest

from jobs.settings import load
from rekindle.workbench.check import checker, render
from rekindle.workbench.check.checker import Report
from rekindle.workbench.check.collect import Collected, File, collect, packs_root
from rekindle.workbench.check.planner import Planner
from rekindle.workbench.check.rules.examples import CART, a_file
from tests.flink.mini_cluster import File as Rows
from tests.flink.mini_cluster import MiniCluster

SETTINGS = load(environ={})
EVENT = "SELECT device_id, user_id, event_id AS occasion, event_time AS fired_at, {} AS payload\nFROM events"
VALUE = "JSON_VALUE(properties, '$.n')"
PARAMS = {"params": "{some: {type: int, default: 3}, none: {type: int, default: 0}, less: {type: int, default: -3}}"}
DAY = (
    "SELECT device_id, device_id AS user_id, device_id AS occasion, window_time AS fired_at, JSON_OBJECT(KEY 'n' VALUE {}) AS payload "
    "FROM TUMBLE(TABLE carts, DESCRIPTOR(ended_at), INTERVAL '1' DAY) GROUP BY device_id, window_start, window_end, window_time"
)
Check = Callable[[str], Report]


@pytest.fixture(scope="module")
def planner(flink: MiniCluster) -> Planner:
    return Planner(SETTINGS)


@pytest.fixture
def check(planner: Planner, tmp_path: Path) -> Check:
    def found(query: str) -> Report:
        path = tmp_path / "draft.sql"
        path.write_text(a_file(query, PARAMS if "/ :" in query else None), encoding="utf-8")
        report = checker.check(Collected((File(path, "draft.sql", None),), (), ()), SETTINGS, planner.judge)
        return Report(1, tuple(one for one in report.findings if one.code != "T009"), report.texts)

    return found


def given(value: str) -> str:
    """A SELECT whose payload holds an expression over `events`."""
    return EVENT.format(f"JSON_OBJECT(KEY 'k' VALUE {value})")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        (given(f"CAST({VALUE} AS INT)"), "T028"),
        (given("CAST(coupon AS DECIMAL(18, 2))"), "T028"),
        (given("CAST(coupon AS BOOLEAN)"), "T028"),
        (given("CAST(CAST(flags AS ARRAY<INT>)[1] AS STRING)"), "T028"),
        (given("CAST(ROW(coupon, quantity) AS ROW<a INT, b INT>).a"), "T028"),
        (f"WITH e AS ({EVENT.format(VALUE)}) SELECT device_id, user_id, occasion, fired_at, payload FROM e WHERE CAST(payload AS INT) > 5", "T028"),
        (DAY.format("CAST(MAX(cart_id) AS INT)"), "T028"),
        ("SELECT device_id, device_id AS user_id, id AS occasion, t AS fired_at, '{}' AS payload FROM events MATCH_RECOGNIZE (PARTITION BY device_id ORDER BY event_time MEASURES A.event_id AS id, MATCH_ROWTIME() AS t ONE ROW PER MATCH AFTER MATCH SKIP PAST LAST ROW PATTERN (A B) WITHIN INTERVAL '1' HOUR DEFINE A AS CAST(A.coupon AS INT) > 3, B AS B.price > 4)", "T028"),
        (EVENT.format("properties") + " WHERE TO_TIMESTAMP_LTZ(coupon) < event_time", "T028"),
        (given("JSON_VALUE(properties, '$.n' ERROR ON ERROR)"), "T028"),
        (given("JSON_VALUE(properties, '$.n' NULL ON EMPTY ERROR ON ERROR)"), "T028"),
        (given("JSON_VALUE(properties, 'lax $.n' ERROR ON EMPTY)"), "T028"),
        (given("JSON_VALUE(properties, '$.n' RETURNING INTEGER)"), "T028"),
        (given("JSON_VALUE(properties, '$.n' RETURNING BOOLEAN NULL ON EMPTY NULL ON ERROR)"), "T028"),
        (given("JSON_QUERY(properties, '$.n' ERROR ON ERROR)"), "T028"),
        (EVENT.format("properties") + " WHERE JSON_EXISTS(properties, '$.n' ERROR ON ERROR)", "T028"),
        (EVENT.format("properties") + " WHERE PARSE_JSON(properties) IS NOT NULL", "T028"),
        (given("price / quantity"), "T029"),
        (given("quantity % CHAR_LENGTH(coupon)"), "T029"),
        (given("MOD(quantity, CHAR_LENGTH(coupon))"), "T029"),
        (given("price / (quantity - 1)"), "T029"),
        (given("price / COALESCE(quantity, 0)"), "T029"),
        (given("price / NULLIF(quantity, 1)"), "T029"),
        (given("price / :none"), "T029"),
        (given("price / CAST(0.4 AS INT)"), "T029"),
        (DAY.format("COUNT(*) / SUM(adds)"), "T029"),
        (DAY.format("SUM(adds) / COUNT(cart_id)"), "T029"),
        (given("JSON(coupon)"), "T049"),
        (given("JSON(COALESCE(coupon, '[]'))"), "T049"),
        (given(f"JSON({VALUE})"), "T049"),
        (given("JSON('[' || product_id || ']')"), "T049"),
        (f"WITH e AS ({EVENT.format('coupon')}) SELECT device_id, user_id, occasion, fired_at, JSON_OBJECT(KEY 'k' VALUE JSON(payload)) AS payload FROM e", "T049"),
    ],
)  # fmt: skip
def test_what_fails_at_some_row_is_found(check: Check, query: str, code: str) -> None:
    assert [one.code for one in check(query).findings] == [code]


@pytest.mark.parametrize(
    "query",
    [
        given(f"TRY_CAST({VALUE} AS INT)"),
        given("TRY_CAST(flags AS ARRAY<INT>)[1]"),
        given("CAST(quantity AS STRING) || CAST(event_time AS STRING) || CAST(coupon AS VARCHAR(5))"),
        given("CAST(quantity AS BIGINT) + CAST(price AS DECIMAL(30, 2)) + CAST('5' AS INT)"),
        given("CAST(event_time AS TIMESTAMP(3))"),
        EVENT.format("properties") + " WHERE TO_TIMESTAMP_LTZ(coupon, 'yyyy-MM-dd') < event_time OR TO_TIMESTAMP_LTZ(quantity, 3) < event_time",
        given("JSON_VALUE(properties, '$.n' RETURNING STRING DEFAULT 'ERROR' ON ERROR)"),
        given("JSON_QUERY(properties, '$.n' NULL ON EMPTY NULL ON ERROR)"),
        EVENT.format("properties") + " WHERE TRY_PARSE_JSON(properties) IS NOT NULL",
        given("price / 100 + price / 0.5 + price / -2"),
        given("price / :some + price / :less"),
        given("price / NULLIF(quantity, 0) + MOD(quantity, NULLIF(CHAR_LENGTH(coupon), 0)) + quantity % 7"),
        given("price / CAST(NULLIF(quantity, 0) AS DECIMAL(10, 2)) + price / COALESCE(NULLIF(quantity, 0), 1)"),
        given("price / CAST(quantity AS DOUBLE)"),
        DAY.format("SUM(adds) / COUNT(*)"),
        given("JSON(properties)"),
        given("JSON(COALESCE(JSON_QUERY(properties, '$.a'), consent, '[]'))"),
        given("JSON(JSON_STRING(flags))"),
        given("JSON(CASE WHEN coupon IS JSON THEN coupon END)"),
        given("JSON(CASE WHEN quantity > 1 THEN properties ELSE '{}' END)"),
        DAY.format("JSON(MAX(items))"),
        f"WITH e AS ({EVENT.format('properties')}) SELECT device_id, user_id, occasion, fired_at, JSON_OBJECT(KEY 'k' VALUE JSON(payload)) AS payload FROM e",
    ],
)  # fmt: skip
def test_what_cannot_fail_passes(check: Check, query: str) -> None:
    assert [(one.code, one.message) for one in check(query).findings] == []


@pytest.mark.parametrize(
    ("query", "text"),
    [
        (
            EVENT.format("properties") + "\nWHERE CAST(JSON_VALUE(properties, '$.rating') AS INT) >= 4",
            """error[T028]: CAST of text as a number can fail
  --> draft.sql:12:7
   |
12 | WHERE CAST(JSON_VALUE(properties, '$.rating') AS INT) >= 4
   |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ one such row stops the pack
   = write: TRY_CAST(JSON_VALUE(properties, '$.rating') AS INT), NULL where it does not fit

1 file, 1 error, 0 warnings""",
        ),
        (
            f"{CART}\nWHERE total / (adds + removes) > 50",
            """error[T029]: division by adds + removes, which can be 0
  --> draft.sql:12:16
   |
12 | WHERE total / (adds + removes) > 50
   |                ^^^^^^^^^^^^^^ one such row stops the pack
   = write: … / NULLIF(adds + removes, 0)

1 file, 1 error, 0 warnings""",
        ),
        (
            given("JSON(coupon)"),
            """warning[T049]: coupon may be no JSON
  --> draft.sql:10:100
   |
10 | SELECT device_id, user_id, event_id AS occasion, event_time AS fired_at, JSON_OBJECT(KEY 'k' VALUE JSON(coupon)) AS payload
   |                                                                                                    ^^^^^^^^^^^^ one such row stops the pack
   = without JSON(…) it is quoted text; or write: JSON(CASE WHEN coupon IS JSON THEN coupon END)

1 file, 0 errors, 1 warning""",
        ),
    ],
    ids=["T028", "T029", "T049"],
)  # fmt: skip
def test_each_is_told_in_these_words(check: Check, query: str, text: str) -> None:
    report = check(query)
    assert click.unstyle(render.report(report, report.texts)) == text


def test_the_shipped_packs_have_none_of_it(planner: Planner) -> None:
    report = checker.check(collect([], packs_root(SETTINGS)), SETTINGS, planner.judge)
    assert report.files >= 12
    assert [one for one in report.findings if one.code in ("T028", "T029", "T049")] == []


BAD = Rows("s STRING, z INT, a ARRAY<STRING>", [{"s": "abc", "z": 0, "a": ["x"]}])
"""A row as shops send it one day: no number, no JSON, nothing to divide by."""


@pytest.mark.parametrize(
    "expression",
    ["CAST(s AS INT)", "CAST(a AS ARRAY<INT>)", "TO_TIMESTAMP_LTZ(s)", "JSON_VALUE('{\"n\":\"' || s || '\"}', '$.n' RETURNING INTEGER)",
     "JSON_VALUE(s, '$.n' ERROR ON ERROR)", "PARSE_JSON(s) IS NULL", "7 / z", "MOD(CAST(7 AS DECIMAL(9, 2)), z)", "JSON_OBJECT(KEY 'k' VALUE JSON(s))"],
)  # fmt: skip
def test_flink_does_stop_at_such_a_row(flink: MiniCluster, expression: str) -> None:
    with pytest.raises(Exception, match=r"Failed to wait job finish|Job execution failed|JobExecutionException"):
        flink.rows(f"SELECT {expression} AS n FROM bad", {"bad": BAD})


def test_what_the_hints_say_gives_null_at_such_a_row(flink: MiniCluster) -> None:
    mended = [
        "TRY_CAST(s AS INT)", "TRY_CAST(s AS DECIMAL(18, 2))", "TRY_CAST(s AS BOOLEAN)", "TRY_CAST(s AS DATE)", "TRY_CAST(a AS ARRAY<INT>)",
        "TRY_CAST(s AS TIMESTAMP_LTZ(3))", "TO_TIMESTAMP_LTZ(s, 'yyyy-MM-dd')", "TRY_CAST(JSON_VALUE('{\"n\":\"' || s || '\"}', '$.n') AS INT)",
        "JSON_VALUE(s, '$.n')", "JSON_QUERY(s, '$.n')", "7 / NULLIF(z, 0)", "MOD(7, NULLIF(z, 0))", "CASE WHEN s IS JSON THEN s END",
    ]  # fmt: skip
    columns = ", ".join(f"{expression} AS n{place}" for place, expression in enumerate(mended))
    query = (
        f"SELECT {columns}, TRY_PARSE_JSON(s) IS NULL AS n, JSON_OBJECT(KEY 'k' VALUE JSON(CASE WHEN s IS JSON THEN s END)) AS k FROM bad"
    )
    (row,) = flink.rows(query, {"bad": BAD})
    assert row == {f"n{place}": None for place in range(len(mended))} | {"n": True, "k": '{"k":null}'}
