"""`rekindle tables`: what an author may read, for people and machines."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner, Result

from jobs.definitions import published
from rekindle.cli.main import rekindle


def run(*arguments: str) -> Result:
    return CliRunner().invoke(rekindle, ["tables", *arguments])


def test_every_published_table_is_listed_with_its_clock() -> None:
    answer = run()
    assert answer.exit_code == 0
    lines = answer.stdout.splitlines()[1:]
    assert [line.split()[:3] for line in lines] == [[one.name, one.kind, one.time_column] for one in published.tables().values()]


@pytest.mark.parametrize("name", list(published.tables()))
def test_a_table_shows_each_column_with_type_and_meaning_and_a_row(name: str) -> None:
    answer = run(name)
    assert answer.exit_code == 0
    for column in published.tables()[name].columns:
        assert column.type in answer.stdout
        assert column.meaning in answer.stdout
    assert "A row:\n" in answer.stdout


def test_a_column_that_is_a_reserved_word_is_written_as_sql_must_write_it() -> None:
    assert "`value` " in run("events").stdout


def test_a_versioned_table_says_how_it_is_joined() -> None:
    assert "LEFT JOIN profiles FOR SYSTEM_TIME AS OF e.event_time AS p ON e.… = p.person_id" in run("profiles").stdout


def test_machines_get_the_same_as_json() -> None:
    (told,) = [one for one in json.loads(run("--json").stdout) if one["name"] == "carts"]
    assert told == json.loads(run("carts", "--json").stdout)
    assert (told["time_column"], told["kind"], told["key"]) == ("ended_at", "append", None)
    assert {
        "name": "orders",
        "type": "INT",
        "nullable": False,
        "meaning": "Orders in the cart session; 0 when a cart is still open.",
    } in told["columns"]
    assert told["example"]["cart_hash"].startswith("c0ffee")


def test_a_table_that_is_not_published_is_a_usage_error_with_the_nearest() -> None:
    answer = run("cart")
    assert (answer.exit_code, answer.stdout) == (2, "")
    assert answer.stderr == "error: 'cart' is not a published table; did you mean: carts\n"
