"""SQL files: how they are cut, and that every file that ships can be."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import pytest

from jobs import scripts, values
from jobs.settings import load

SHIPPED = sorted(
    str(path.relative_to(root))
    for root in [Path(str(resources.files("sql")))]
    for path in root.rglob("*.sql")
    if "triggers" not in path.parts
)
EXTRA = dict.fromkeys(
    ("ticks_per_second", "servers", "client_options", "topics", "interval_ms", "grace_ms", "cancel_events", "pack", "still_meant"), "1"
)


def cut(monkeypatch: pytest.MonkeyPatch, text: str, **filled: str) -> list[str]:
    monkeypatch.setattr(scripts, "read", lambda path: text)
    return scripts.statements("any.sql", filled)


def test_a_statement_ends_with_a_semicolon_at_a_lines_end(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "CREATE TABLE a (x STRING) WITH ('p' = ';x');\n\nINSERT INTO a\nSELECT ';' FROM b; -- done\nSELECT 1;"
    assert cut(monkeypatch, text) == ["CREATE TABLE a (x STRING) WITH ('p' = ';x')", "INSERT INTO a\nSELECT ';' FROM b", "SELECT 1"]


def test_comments_before_a_statement_and_empty_ones_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    assert cut(monkeypatch, "-- why\n-- still why\nSELECT 1; -- what\n\n-- the end\n") == ["SELECT 1"]
    assert cut(monkeypatch, "") == []


def test_comments_inside_a_statement_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    assert cut(monkeypatch, "SELECT -- x\n  1;\n") == ["SELECT -- x\n  1"]


def test_names_are_filled_in_and_a_doubled_dollar_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    assert cut(monkeypatch, "SELECT ${a}, '$$heartbeat';", a="'x'") == ["SELECT 'x', '$heartbeat'"]


def test_a_value_is_not_filled_in_again(monkeypatch: pytest.MonkeyPatch) -> None:
    assert cut(monkeypatch, "SELECT ${a};", a="'${b} $$'") == ["SELECT '${b} $$'"]


def test_a_name_without_value_is_our_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(KeyError, match="a"):
        cut(monkeypatch, "SELECT ${a};")


@pytest.mark.parametrize("path", SHIPPED)
def test_every_file_that_ships_is_made_of_statements_flink_is_to_run(path: str) -> None:
    statements = scripts.statements(path, values.of(load(environ={}), "test") | EXTRA)
    assert statements
    for statement in statements:
        assert statement.startswith(("CREATE TEMPORARY ", "INSERT INTO ")), statement
        assert "${" not in statement
