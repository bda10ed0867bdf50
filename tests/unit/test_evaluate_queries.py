"""The SQL around an author's SELECT."""

from __future__ import annotations

import pytest

from jobs.definitions.trigger import Trigger, parse
from jobs.errors import DefinitionError
from jobs.evaluate import queries
from jobs.settings import load
from tests.unit.a_trigger import a_file

COLUMNS = {"device_id": False, "user_id": False, "occasion": False, "fired_at": True, "payload": False}


SOURCE = queries.Source("default_database.rows_a_test")


def a_trigger(extra: str = "", **keys: str) -> Trigger:
    return parse(a_file("\nSELECT 1", extra, **keys), "p/a_test.sql")


def test_the_contracts_columns_are_asked_for_and_since_and_timezone_are_free() -> None:
    queries.check_columns(a_trigger(), COLUMNS)
    queries.check_columns(a_trigger(), COLUMNS | {"since": False, "timezone": False})


@pytest.mark.parametrize("name", COLUMNS)
def test_a_missing_column_is_named_with_file_line_and_those_there_should_be(name: str) -> None:
    with pytest.raises(DefinitionError) as error:
        queries.check_columns(a_trigger(), {column: clock for column, clock in COLUMNS.items() if column != name})
    finding, hint = str(error.value).splitlines()
    assert finding == f"p/a_test.sql:10:1: output column '{name}' is missing"
    assert hint == "  = columns: device_id, user_id, occasion, fired_at, payload and, if wanted, since and timezone"


def test_a_column_too_many_is_named() -> None:
    with pytest.raises(DefinitionError, match=r"p/a_test\.sql:10:1: unknown output column 'colour'"):
        queries.check_columns(a_trigger(), COLUMNS | {"colour": False})


def test_t_must_be_the_clock_of_a_table() -> None:
    with pytest.raises(
        DefinitionError,
        match="fired_at is not a table's event time\n  = take the column as it is: event_time of events, ended_at of carts, ",
    ):
        queries.check_columns(a_trigger(), COLUMNS | {"fired_at": False})


def test_what_the_header_says_is_quoted() -> None:
    extra = 'cancel_on: ["L\'ordre", B]\nsend_after: 1 min\ncooldown: 1 s\n'
    sql = queries.candidate_rows(a_trigger(extra, template='"t\'); --"'), COLUMNS, load(environ={}), SOURCE)
    assert "CAST('t''); --' AS STRING)) AS `template`" in sql
    assert "ARRAY[CAST('L''ordre' AS STRING), CAST('B' AS STRING)]) AS `cancel_on`" in sql
    assert "+ INTERVAL '0 00:01:30.000' DAY TO SECOND(3)) AS `decide_at`" in sql
    assert "CAST(1000 AS BIGINT)) AS `cooldown_ms`" in sql


def test_a_time_zone_the_select_gives_goes_along() -> None:
    sql = queries.candidate_rows(a_trigger(), {**COLUMNS, "timezone": False}, load(environ={}), SOURCE)
    assert "CAST(timezone AS STRING)) AS `timezone`" in sql


def test_without_since_time_zone_or_cancel_events_the_columns_are_null() -> None:
    sql = queries.candidate_rows(a_trigger(), COLUMNS, load(environ={}), SOURCE)
    assert "CAST(NULL AS TIMESTAMP_LTZ(3))) AS `since`" in sql
    assert "CAST(NULL AS STRING)) AS `timezone`" in sql
    assert "CAST(NULL AS ARRAY<STRING>)) AS `cancel_on`" in sql


@pytest.mark.parametrize(("destination", "expected"), [("default", "FALSE"), ("mail", "TRUE"), ("unknown", "FALSE")])
def test_the_address_goes_along_only_where_the_destination_needs_it(destination: str, expected: str) -> None:
    settings = load(overrides=["destinations.default.url=x", "destinations.mail.url=x", "destinations.mail.needs_address=true"], environ={})
    assert f"{expected}) AS `needs_address`" in queries.candidate_rows(a_trigger(destination=destination), COLUMNS, settings, SOURCE)


def test_rows_of_all_triggers_are_one_view() -> None:
    selects = [queries.candidate_rows(a_trigger(name=name), COLUMNS, load(environ={}), SOURCE) for name in ("one", "two", "three")]
    sql = queries.all_rows(selects)
    assert sql.startswith("CREATE TEMPORARY VIEW trigger_rows AS\nSELECT")
    assert sql.count("\nUNION ALL\n") == 2


def test_a_row_of_a_definition_that_was_replaced_is_dropped_and_any_that_is_too_early() -> None:
    condition = queries.still_meant({"a_b": 5, "c_d": 0})
    assert condition == "EPOCH_MILLIS(fired_at) > active_from_ms AND NOT (`trigger` = 'a_b' AND active_from_ms <> 5)"
