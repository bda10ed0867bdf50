"""Every topic has a schema; its examples pass and broken rows do not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from connectors.topics import TOPICS
from jobs.definitions import published
from jobs.gate.reasons import Reason, Verdict

FOLDER = Path(__file__).parents[2] / "sql" / "schemas"
NAMES = sorted(TOPICS)
WITH_CLOCK = sorted(name for name, topic in TOPICS.items() if topic.clock != "none")
TIMES = ["2026-03-01T10:00:00Z", "2026-03-01 10:00:00.000Z", "2026-13-01T10:00:00.000Z", "2026-03-01T10:00:00.000Z\n", 1772359200000]


def schema_of(name: str) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads((FOLDER / f"{TOPICS[name].schema}.schema.json").read_text(encoding="utf-8"))
    return schema


def accepts(name: str, row: object) -> bool:
    return Draft202012Validator(schema_of(name)).is_valid(row)


def an_example(name: str) -> dict[str, Any]:
    row: dict[str, Any] = schema_of(name)["examples"][0]
    return row


def undescribed(schema: dict[str, Any]) -> list[str]:
    """Properties without a description, at any depth."""
    found = []
    for name, value in schema.get("properties", {}).items():
        found += [name] if not value.get("description") else []
        found += [f"{name}.{inner}" for inner in undescribed(value)]
    return found


def test_the_folder_holds_one_schema_per_topic_and_published_table_and_nothing_else() -> None:
    names = {topic.schema for topic in TOPICS.values()} | {table.schema for table in published.tables().values()}
    assert sorted(path.name for path in FOLDER.iterdir()) == sorted(f"{name}.schema.json" for name in names)


@pytest.mark.parametrize("name", sorted(published.tables().keys() - TOPICS.keys()))
def test_the_schema_of_a_table_that_is_no_topic_describes_each_column_and_its_example_passes(name: str) -> None:
    schema = json.loads((FOLDER / f"{name}.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    assert [found for part in schema["$defs"].values() for found in undescribed(part)] == []
    assert [error.message for row in schema["examples"] for error in Draft202012Validator(schema).iter_errors(row)] == []
    assert set(schema["examples"][0]) | {"bounce"} >= set(schema["$defs"]["row"]["properties"]), "the example shows every column"


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_is_valid_and_its_examples_pass(name: str) -> None:
    schema = schema_of(name)
    Draft202012Validator.check_schema(schema)
    for example in schema["examples"]:
        assert [error.message for error in Draft202012Validator(schema).iter_errors(example)] == []


@pytest.mark.parametrize("name", NAMES)
def test_each_property_is_described(name: str) -> None:
    assert [found for part in schema_of(name)["$defs"].values() for found in undescribed(part)] == []


@pytest.mark.parametrize("name", WITH_CLOCK)
def test_a_topic_with_a_clock_takes_heartbeats_with_more_keys_but_not_without_their_own(name: str) -> None:
    key = "anonymousId" if name == "events.raw" else TOPICS[name].key
    beat = {"event": "$heartbeat", key: "$hb-2-17"} | ({"pack": "core"} if name == "trigger_candidates" else {})
    assert accepts(name, beat)
    assert accepts(name, beat | {"some_time": "2026-03-01T10:00:00.000Z"})
    assert not accepts(name, {"event": "$heartbeat"})
    assert not accepts(name, beat | {key: "d1"})


@pytest.mark.parametrize("name", sorted(set(NAMES) - set(WITH_CLOCK)))
def test_a_topic_without_a_clock_takes_no_heartbeat(name: str) -> None:
    assert not accepts(name, {"event": "$heartbeat", TOPICS[name].key: "$hb-0-3"})


@pytest.mark.parametrize("name", NAMES)
def test_a_row_that_is_no_object_fails(name: str) -> None:
    broken: list[object] = [None, [], "text", 1, {}]
    assert [row for row in broken if accepts(name, row)] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_row_without_a_required_key_or_with_null_for_it_fails(name: str) -> None:
    row = an_example(name)
    nullable = {key for key, value in schema_of(name)["$defs"]["row"]["properties"].items() if "null" in json.dumps(value)}
    for key in schema_of(name)["$defs"]["row"]["required"]:
        assert not accepts(name, {k: v for k, v in row.items() if k != key}), key
        assert key in nullable or not accepts(name, row | {key: None}), key


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"events.raw"}))
def test_a_row_with_an_unknown_key_fails(name: str) -> None:
    assert not accepts(name, an_example(name) | {"surprise": 1})


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"events.raw"}))
def test_a_time_that_is_not_utc_with_milliseconds_fails(name: str) -> None:
    timed = [key for key, value in schema_of(name)["$defs"]["row"]["properties"].items() if "#/$defs/time" in json.dumps(value)]
    assert timed
    for key in timed:
        assert [time for time in TIMES if accepts(name, an_example(name) | {key: time})] == []


@pytest.mark.parametrize(
    ("name", "broken"),
    [
        ("events.raw", {"anonymousId": None}),
        ("events.raw", {"event": None, "type": None}),
        ("events.raw", {"properties": "text"}),
        ("events", {"price": "12.50"}),
        ("events", {"price": -1}),
        ("events", {"quantity": 0}),
        ("events", {"flags": "late"}),
        ("events", {"flags": ["unknown"]}),
        ("events", {"properties": {"product_id": "p1"}}),
        ("carts", {"items": []}),
        ("carts", {"cart_hash": "C0FFEE"}),
        ("sessions", {"session_id": "short"}),
        ("sessions", {"products": ["p1"]}),
        ("identities", {"person_id": ""}),
        ("profiles", {"consent": {"marketing_email": {"granted": "yes", "version": 3, "source": None, "at": "2026-03-01T10:00:00.000Z"}}}),
        ("profiles", {"consent": {"marketing_email": {"granted": True, "version": 3, "source": None}}}),
        ("catalog", {"stock": -1}),
        ("control", {"key": "everything"}),
        ("trigger_candidates", {"trigger_id": "57184V2D7RZGQ8YDP0RFFB3YCI"}),
        ("trigger_candidates", {"cancel_on": "Order Completed"}),
        ("trigger_candidates", {"payload": {}}),
        ("trigger_decisions", {"reason": "because"}),
        ("trigger_decisions", {"verdict": "dropped"}),
        ("triggers", {"payload": "{}"}),
        ("triggers", {"schema_version": 2}),
        ("triggers", {"consent": {"version": None, "source": None, "at": "2026-03-01T10:00:00.000Z"}}),
        ("delivery_outcomes", {"outcome": "lost"}),
        ("delivery_outcomes", {"status": 42}),
        ("dead_letters", {"reason": "because"}),
        ("dead_letters", {"raw": "{}"}),
    ],
)  # fmt: skip
def test_a_broken_value_fails(name: str, broken: dict[str, object]) -> None:
    assert not accepts(name, an_example(name) | broken)


def test_the_words_of_the_decision_schema_are_those_of_the_gate() -> None:
    properties = schema_of("trigger_decisions")["$defs"]["row"]["properties"]
    assert properties["reason"]["enum"] == [str(reason) for reason in Reason]
    assert properties["verdict"]["enum"] == [str(verdict) for verdict in Verdict]
