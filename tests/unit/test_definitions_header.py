"""The header of a trigger: closed, typed, and every mistake told at once with its line."""

from __future__ import annotations

from datetime import timedelta

import pytest

from jobs.definitions.header import Header
from jobs.definitions.trigger import parse
from jobs.errors import DefinitionError
from tests.unit.a_trigger import KEYS, a_file, with_param


def header(text: str) -> Header:
    return parse(text, "p/a_test.sql").header


def findings(text: str) -> list[str]:
    with pytest.raises(DefinitionError) as error:
        header(text)
    return str(error.value).splitlines()


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
    assert findings(a_file(leave_out=key)) == [f"p/a_test.sql:2: {key}: is missing"]


def test_all_findings_come_in_one_run_each_with_its_line() -> None:
    assert findings(a_file(extra="colour: red\nprioritty: 3\n", owner="5", max_age="6")) == [
        "p/a_test.sql:4: owner: Input should be a valid string",
        "p/a_test.sql:7: max_age: expected a duration with a unit (ms, s, min, h, d), like '5 min', not 6",
        "p/a_test.sql:8: colour: unknown key",
        "p/a_test.sql:9: prioritty: unknown key",
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
    assert all(f": {key}" in finding for finding in found)


@pytest.mark.parametrize(
    ("kind", "default"),
    [("int", "1.0"), ("int", "'1'"), ("int", "true"), ("float", "'1'"), ("float", "false"), ("float", ".nan"), ("float", "-.inf"),
    ("string", "5"), ("bool", "1"), ("bool", "'yes'")],
)  # fmt: skip
def test_the_default_of_a_parameter_must_be_of_its_type(kind: str, default: str) -> None:
    (finding,) = findings(with_param("SELECT :n", kind, default))
    assert finding.startswith("p/a_test.sql:8: params.n.default: expected a")


@pytest.mark.parametrize(
    ("extra", "place"),
    [("x: [\n", "8:"), ("name: b\n", "8:1"), ("\tx: 1\n", "8:1"), ("x: !!python/object:os.system y\n", "8:4"),
    ('destination: "a\x07"\n', "2"), ("destination: 2026-13-45\n", "2")],
)  # fmt: skip
def test_broken_yaml_is_told_in_one_line(extra: str, place: str) -> None:
    (finding,) = findings(a_file(extra=extra))
    assert finding.startswith(f"p/a_test.sql:{place}")
    assert "header is not valid YAML: " in finding


@pytest.mark.parametrize("text", ["/* ---\n- a\n--- */\nSELECT 1", "/* ---\n\n--- */\nSELECT 1", "/* ---\ntext\n--- */\nSELECT 1"])
def test_a_header_that_is_no_mapping_is_refused(text: str) -> None:
    assert findings(text) == ["p/a_test.sql:2: header is not a mapping of keys"]
