"""The header of a trigger: closed, typed, and every mistake told at once with its line."""

from __future__ import annotations

from datetime import timedelta

import pytest

from jobs.definitions.findings import FindingsError
from jobs.definitions.header import Header
from jobs.definitions.trigger import parse
from tests.unit.a_trigger import KEYS, a_file, with_param


def header(text: str) -> Header:
    return parse(text, "p/a_test.sql").header


def findings(text: str) -> list[str]:
    """`path:line:column: message` of each, without hints."""
    with pytest.raises(FindingsError) as error:
        header(text)
    return [f"{one.place}: {one.message}" for one in error.value.findings]


def hints(text: str) -> list[str]:
    with pytest.raises(FindingsError) as error:
        header(text)
    return [one.hint for one in error.value.findings]


def test_what_is_not_said_has_a_default() -> None:
    found = header(a_file())
    assert (found.status, found.version, found.destination, found.priority, found.cancel_on, found.params) == (
        "active",
        1,
        "default",
        50,
        [],
        {},
    )
    assert (found.cooldown, found.send_after, found.max_age) == (timedelta(0), timedelta(0), timedelta(hours=6))


def test_every_key_is_read() -> None:
    extra = "status: paused\nversion: 7\ndestination: d\npriority: 0\ncancel_on: [A b, C]\ncooldown: 1 d\nsend_after: 90 min\n"
    extra += "params: {n: {type: int, default: 1}}\n"
    found = header(a_file(extra=extra))
    assert (found.status, found.version, found.destination, found.priority, found.cancel_on) == ("paused", 7, "d", 0, ["A b", "C"])
    assert (found.cooldown, found.send_after, found.params["n"].default) == (timedelta(days=1), timedelta(minutes=90), 1)


@pytest.mark.parametrize("key", KEYS)
def test_a_required_key_that_is_missing_is_named(key: str) -> None:
    assert findings(a_file(leave_out=key)) == [f"p/a_test.sql:2:1: {key}: is missing"]
    assert hints(a_file(leave_out=key))[0].startswith(f"add a line like: {key}: ")


def test_all_findings_come_in_one_run_each_with_its_line() -> None:
    assert findings(a_file(extra="colour: red\nprioritty: 3\n", owner="5", max_age="6")) == [
        "p/a_test.sql:4:8: owner: expected text, not 5",
        "p/a_test.sql:7:10: max_age: expected a duration with a unit (ms, s, min, h, d), like '5 min', not 6",
        "p/a_test.sql:8:1: colour: unknown key",
        "p/a_test.sql:9:1: prioritty: unknown key",
    ]


def test_an_unknown_key_comes_with_the_one_that_was_meant() -> None:
    assert hints(a_file(extra="prioritty: 3\nparams: {n: {type: int, defualt: 1, default: 1}}\n")) == [
        "did you mean: default",
        "did you mean: priority",
    ]


@pytest.mark.parametrize(
    ("extra", "finding"),
    [
        ("status: live\n", "8:9: status: expected draft, active, paused or retired, not 'live'"),
        ("version: 0\n", "8:10: version: expected 1 or more, not 0"),
        ("priority: high\n", "8:11: priority: expected a whole number, not 'high'"),
        ("cancel_on: Order Completed\n", "8:12: cancel_on: expected a list, like [Order Completed], not 'Order Completed'"),
        ("cancel_on:\n  - Order Completed\n  - 5\n", "10:5: cancel_on.1: expected text, not 5"),
        ("params:\n  n:\n    type: int\n    default: x\n", "11:14: params.n.default: expected a value of type int"),
        ("destination: 2026-03-01\n", "8:14: destination: expected text, not a date"),
    ],
)
def test_a_wrong_value_is_told_with_its_place_and_what_was_expected(extra: str, finding: str) -> None:
    assert findings(a_file(extra=extra)) == [f"p/a_test.sql:{finding}"]


def test_a_key_given_twice_is_told_at_the_second() -> None:
    assert findings(a_file(extra="max_age: 5 h\n")) == ["p/a_test.sql:8:1: key 'max_age' is given twice"]


@pytest.mark.parametrize("extra", ["cancel_on: &a [*a]\n", "destination: &d x\nstatus: *d\n"])
def test_aliases_are_refused_they_could_be_without_end(extra: str) -> None:
    (finding,) = findings(a_file(extra=extra))
    assert "aliases are not for headers" in finding


def test_a_broken_header_hides_nothing_of_the_select() -> None:
    assert findings(a_file("INSERT INTO t SELECT 1", leave_out="owner")) == [
        "p/a_test.sql:2:1: owner: is missing",
        "p/a_test.sql:8:1: expected one SELECT after the header",
    ]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("name", "CartAbandoned"), ("name", "cart-abandoned"), ("name", "_cart"), ("name", "cart__x"), ("name", "1cart"),
        ("name", "'cart abandoned'"), ("name", "''"),
        ("name", "\"x'; DROP TABLE t; --\""), ("description", "''"), ("owner", "' '"), ("template", "[a]"), ("purpose", "{a: b}"),
        ("status", "on"), ("status", "live"),
        ("version", "0"), ("version", "1.5"), ("version", "x"), ("priority", "-1"), ("priority", "1001"), ("priority", "high"),
        ("cancel_on", "Order Completed"),
        ("cancel_on", "[1]"), ("cancel_on", "['']"), ("cooldown", "24"), ("cooldown", "1 week"), ("cooldown", "-1 h"),
        ("max_age", "true"), ("send_after", "soon"),
        ("params", "[n]"), ("params", "{n: 1}"), ("params", "{n: {type: int}}"), ("params", "{n: {type: integer, default: 1}}"),
        ("params", "{n: {type: int, default: 1, max: 2}}"),
    ],
)  # fmt: skip
def test_a_value_of_the_wrong_kind_is_named_by_its_key(key: str, value: str) -> None:
    found = findings(a_file(**{key: value}))
    assert all(f": {key}" in finding or f": {key}." in finding for finding in found)


@pytest.mark.parametrize(
    ("kind", "default"),
    [("int", "1.0"), ("int", "'1'"), ("int", "true"), ("float", "'1'"), ("float", "false"), ("float", ".nan"), ("float", "-.inf"),
    ("string", "5"), ("bool", "1"), ("bool", "'yes'")],
)  # fmt: skip
def test_the_default_of_a_parameter_must_be_of_its_type(kind: str, default: str) -> None:
    (finding,) = findings(with_param("SELECT :n", kind, default))
    assert finding.startswith("p/a_test.sql:9:")
    assert ": params.n.default: expected a" in finding


@pytest.mark.parametrize(
    ("extra", "place"),
    [("x: [\n", ""), ("\tx: 1\n", "8:1"), ("x: !!python/object:os.system y\n", "8:4"),
    ('destination: "a\x07"\n', "2"), ("destination: 2026-13-45\n", "2")],
)  # fmt: skip
def test_broken_yaml_is_told_in_one_line(extra: str, place: str) -> None:
    (finding,) = findings(a_file(extra=extra))
    assert finding.startswith(f"p/a_test.sql:{place}")
    assert "header is not valid YAML: " in finding


@pytest.mark.parametrize("text", ["/* ---\n- a\n--- */\nSELECT 1", "/* ---\n\n--- */\nSELECT 1", "/* ---\ntext\n--- */\nSELECT 1"])
def test_a_header_that_is_no_mapping_is_refused(text: str) -> None:
    assert findings(text) == ["p/a_test.sql:2:1: the header is not a mapping of keys"]
