"""Trigger files: what is cut where, what becomes of parameters, and how a mistake is told."""

from __future__ import annotations

import time

import pytest

from jobs.definitions.findings import FindingsError
from jobs.definitions.header import Param
from jobs.definitions.trigger import parse
from jobs.errors import DefinitionError
from tests.unit.a_trigger import QUERY, a_file, with_param


def refusal(text: str) -> str:
    with pytest.raises(DefinitionError) as error:
        parse(text, "p/a_test.sql").select()
    return str(error.value)


def test_a_file_is_a_header_and_a_select() -> None:
    trigger = parse(a_file(), "p/a_test.sql")
    assert (trigger.path, trigger.name, trigger.query, trigger.select()) == ("p/a_test.sql", "a_test", QUERY, QUERY)


@pytest.mark.parametrize(
    "text",
    [
        "\n\n" + a_file(),
        "\ufeff" + a_file(),
        a_file().replace("\n", "\r\n"),
        a_file().replace("/* ---", "/*---"),
        a_file().replace("--- */", "  ---*/"),
        a_file() + ";",
        a_file() + " ;\n\n-- that was it\n/* really; */\n",
        a_file() + ";;",
        a_file("\n\n" + QUERY),
        a_file(QUERY.lower()),
        a_file(f"-- why\n/* why; not */ {QUERY}"),
        a_file(f"WITH c AS ({QUERY}) SELECT * FROM c"),
    ],
)
def test_layout_is_free(text: str) -> None:
    assert "select" in parse(text, "f.sql").select().lower()


def test_the_line_of_the_select_is_known_for_messages() -> None:
    text = "\n" + a_file("\n-- why\n" + QUERY)
    assert text.splitlines()[parse(text, "f.sql").query_line - 1] == "-- why"


@pytest.mark.parametrize("text", ["", "  ", QUERY, f"-- {QUERY}", "/* name: x */ SELECT 1", "/* ---\nname: x\n*/ SELECT 1"])
def test_a_file_without_header_is_refused(text: str) -> None:
    assert refusal(text).startswith(("p/a_test.sql:1:1: no header", "p/a_test.sql:1:1: the header has no end"))


@pytest.mark.parametrize(
    "query", ["", "-- SELECT 1", "INSERT INTO t SELECT 1", "SET 'a' = 'b'", "CREATE VIEW v AS SELECT 1", "selected", "/* SELECT 1 */"]
)
def test_what_follows_must_be_a_select(query: str) -> None:
    assert "expected one SELECT after the header" in refusal(a_file(query))


@pytest.mark.parametrize(
    "query", ["SELECT 1; SELECT 2", "SELECT 1;\nDROP TABLE t", "SELECT 1; x", "SELECT ';'; SELECT 2", "SELECT 1 -- ;\n; DROP TABLE t"]
)
def test_one_statement_is_all_a_file_may_hold(query: str) -> None:
    assert "more than one statement" in refusal(a_file(query))


@pytest.mark.parametrize("query", ["SELECT ';' FROM t", "SELECT 1 -- ;", "SELECT `;` FROM t", "SELECT 1 /* ; */", "SELECT 'it''s; fine'"])
def test_a_semicolon_in_text_a_name_or_a_comment_ends_nothing(query: str) -> None:
    assert parse(a_file(query), "f.sql").select() == query


def test_many_comments_before_something_else_are_refused_at_once() -> None:
    started = time.process_time()
    refusal(a_file("/* c */ -- d\n" * 2000 + "INSERT"))
    assert time.process_time() - started < 1


@pytest.mark.parametrize(
    ("kind", "default", "literal"),
    [
        ("int", "3", "3"),
        ("int", "-1", "(-1)"),
        ("int", "99999999999", "99999999999"),
        ("float", "0.5", "0.5"),
        ("float", "-2", "(-2)"),
        ("float", "1e-7", "1E-07"),
        ("bool", "true", "TRUE"),
        ("bool", "false", "FALSE"),
        ("string", "tea", "'tea'"),
        ("string", "''", "''"),
        ("string", "'5'", "'5'"),
        ("string", "été 😀", "'été 😀'"),
        ("string", '"it\'s"', "'it''s'"),
        ("string", '"a\\nb"', "'a\nb'"),
        ("string", '"\'; DROP TABLE events; --"', "'''; DROP TABLE events; --'"),
        ("string", "\"' OR 1=1 OR x='\"", "''' OR 1=1 OR x='''"),
        ("string", '"\\\\\'"', "'\\'''"),
        ("string", '":n"', "':n'"),
        ("string", '"/* */ -- `"', "'/* */ -- `'"),
    ],
)
def test_a_parameter_becomes_a_literal_whatever_it_holds(kind: str, default: str, literal: str) -> None:
    text = with_param("SELECT a FROM t WHERE a = :n AND b -:n > :n", kind, default)
    assert parse(text, "f.sql").select() == f"SELECT a FROM t WHERE a = {literal} AND b -{literal} > {literal}"


@pytest.mark.parametrize(
    "query",
    ["SELECT ':n'", "SELECT 'it''s :n'", "SELECT `:n` FROM t", "SELECT 1 -- :n", "SELECT 1 /* :n\n:n */", "SELECT a::n", "SELECT x:n"],
)
def test_what_is_no_parameter_is_left_as_it_is(query: str) -> None:
    assert parse(with_param(query, "int", "7"), "f.sql").select() == query


def test_a_parameter_the_header_does_not_name_is_refused_with_those_it_does() -> None:
    assert refusal(with_param("SELECT :m", "int", "7")) == "p/a_test.sql:11:8: parameter ':m' is not in the header\n  = params there: n"
    assert "params there: none" in refusal(a_file("SELECT :m"))


def test_every_unknown_parameter_is_told_at_its_place() -> None:
    with pytest.raises(FindingsError) as error:
        parse(a_file("SELECT :min_itms,\n  :b", "params: {min_items: {type: int, default: 1}}\n"), "f.sql").select()
    assert [(one.code, one.line, one.column, one.length, one.hint) for one in error.value.findings] == [
        ("T008", 10, 8, 9, "did you mean: min_items"),
        ("T008", 11, 3, 2, "params there: min_items"),
    ]


def test_places_of_the_planner_are_found_again_behind_parameters_and_odd_letters() -> None:
    query = "SELECT :n AS a, '😀' AS b,\n\tserches + :n AS c"
    source = parse(a_file(query, 'params: {n: {type: string, default: "x\\ny"}}\n'), "f.sql").source
    rendered = source.rendered({"n": Param(type="string", default="x\ny")})
    assert rendered.text == "SELECT 'x\ny' AS a, '😀' AS b,\n\tserches + 'x\ny' AS c"
    assert source.planned_place(rendered, (3, 2), (3, 8)) == (11, 2, 7)  # a literal of two lines lies before it
    assert source.planned_place(rendered, (2, 18), (2, 18)) == (10, 24, 1)  # b: the smiley counts two in Java
    assert source.planned_place(rendered, (1, 8), (2, 2)) == (10, 8, 2)  # the literal is the parameter
    assert source.planned_place(rendered, (3, 12), (4, 2)) == (11, 12, 2)
    assert source.planned_place(rendered, (99, 1)) == (11, 19, 1)  # the end
