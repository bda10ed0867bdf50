"""What authors may read: names, clocks, columns and what they mean, from the files the jobs use."""

from __future__ import annotations

import pytest

from jobs.definitions import published
from jobs.definitions.published import ddl_columns


def test_the_first_tables_are_published_with_their_clocks() -> None:
    clocks = {name: table.time_column for name, table in published.tables().items()}
    assert clocks.items() >= {"events": "event_time", "carts": "ended_at", "sessions": "ended_at", "profiles": "valid_from"}.items()


def test_what_only_the_suite_reads_is_not_published() -> None:
    assert not {"identities", "carts_topic", "events_raw", "trigger_candidates"} & published.tables().keys()


@pytest.mark.parametrize("table", published.tables().values(), ids=lambda table: table.name)
def test_every_column_has_a_type_and_a_meaning_and_the_clock_is_one(table: published.Table) -> None:
    assert [column.name for column in table.columns if not (column.type and column.meaning)] == []
    clock = table.column(table.time_column)
    assert clock is not None
    assert (clock.type, clock.nullable) == ("TIMESTAMP_LTZ(3)", False)
    assert table.meaning


@pytest.mark.parametrize("table", published.tables().values(), ids=lambda table: table.name)
def test_every_table_shows_a_row_of_its_own_columns(table: published.Table) -> None:
    assert table.example
    assert set(table.example) <= {column.name for column in table.columns}


def test_a_versioned_table_has_its_key_and_no_mark_of_heartbeats() -> None:
    profiles = published.tables()["profiles"]
    assert (profiles.kind, profiles.key) == ("versioned", "person_id")
    assert profiles.column("event") is None
    assert profiles.column("consent") is not None


def test_columns_of_a_table_are_cut_at_its_own_commas() -> None:
    ddl = (
        "CREATE TEMPORARY TABLE t (\n  `at` STRING, -- when, as text\n  price DECIMAL(18, 2),\n  m MAP<STRING, ROW<a INT, b STRING>>,\n"
        "  k STRING NOT NULL,\n  r TIMESTAMP_LTZ(3) NOT NULL METADATA FROM 'timestamp' VIRTUAL,\n  c AS UPPER(k),\n"
        "  WATERMARK FOR r AS r,\n  PRIMARY KEY (k) NOT ENFORCED\n) WITH (x)"
    )
    assert ddl_columns(ddl, "t") == {
        "at": "STRING",
        "price": "DECIMAL(18, 2)",
        "m": "MAP<STRING, ROW<a INT, b STRING>>",
        "k": "STRING",
        "r": "TIMESTAMP_LTZ(3)",
    }
    assert ddl_columns(ddl, "u") == {}
