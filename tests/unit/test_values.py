"""What the SQL files leave open."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from connectors.topics import TOPICS
from jobs import values
from jobs.errors import SettingsError
from jobs.settings import load


def of(*overrides: str) -> dict[str, str]:
    return values.of(load(overrides=overrides, environ={}), "a_job")


@pytest.mark.parametrize(
    ("duration", "text"),
    [
        (timedelta(0), "INTERVAL '0 00:00:00.000' DAY TO SECOND(3)"),
        (timedelta(milliseconds=1), "INTERVAL '0 00:00:00.001' DAY TO SECOND(3)"),
        (timedelta(minutes=5), "INTERVAL '0 00:05:00.000' DAY TO SECOND(3)"),
        (timedelta(hours=23, minutes=59, seconds=59, milliseconds=999), "INTERVAL '0 23:59:59.999' DAY TO SECOND(3)"),
        (timedelta(days=99, hours=1), "INTERVAL '99 01:00:00.000' DAY TO SECOND(3)"),
        (timedelta(days=100, seconds=1), "(100 * INTERVAL '1' DAY + INTERVAL '0 00:00:01.000' DAY TO SECOND(3))"),
    ],
)
def test_a_duration_is_an_interval_to_the_millisecond(duration: timedelta, text: str) -> None:
    assert values.interval(duration) == text


def test_every_topic_can_be_read_and_written() -> None:
    found = of()
    for topic in TOPICS.values():
        name = topic.name.replace(".", "_")
        assert {f"source_{name}", f"records_{name}", f"sink_{name}", f"text_sink_{name}"} <= found.keys()
        assert (f"versioned_{name}" in found) == topic.compact
        assert f"'topic' = '{topic.name}'" in found[f"source_{name}"]


def test_settings_reach_the_sql() -> None:
    found = of(
        "times.cart_gap=90 s", "times.cart_basis=cart_change", "kafka.partitions=7", "epoch=3", "heartbeats.step=1 s", "kafka.servers=k:1"
    )
    expected = {"cart_gap_ms": "90000", "cart_changes_only": "TRUE", "partitions": "7", "epoch": "3", "step_ms": "1000"}
    assert {name: found[name] for name in expected} == expected
    assert "'properties.bootstrap.servers' = 'k:1'" in found["source_events"]
    assert "'properties.group.id' = 'rekindle-a_job'" in found["source_events"]


def test_a_value_that_holds_quotes_stays_one_literal() -> None:
    found = of("tenant=it's", "kafka.options.client.id='; DROP TABLE x; --")
    assert found["tenant"] == "'it''s'"
    assert "'properties.client.id' = '''; DROP TABLE x; --'" in found["source_events"]
    assert re.fullmatch(r"(?:'(?:[^']|'')*' = '(?:[^']|'')*'(?:, |$))+", found["source_events_raw"]), "the mapping table is one literal too"


def test_client_properties_of_the_operator_come_last() -> None:
    found = of("kafka.options.isolation.level=read_uncommitted", "kafka.options.linger.ms=0")
    assert found["source_carts"].endswith("'properties.linger.ms' = '0'")
    assert "'properties.isolation.level' = 'read_uncommitted'" in found["source_carts"]
    assert found["sink_carts"].count("properties.linger.ms") == 1


def test_sinks_are_transactional_only_when_asked_for() -> None:
    assert "'sink.delivery-guarantee' = 'at-least-once'" in of()["sink_carts"]
    exactly = of("flink.exactly_once=true")["sink_carts"]
    assert "'sink.delivery-guarantee' = 'exactly-once'" in exactly
    assert "'sink.transactional-id-prefix' = 'rekindle-a_job-carts'" in exactly


def test_a_secret_may_not_become_an_option_of_a_table() -> None:
    with pytest.raises(SettingsError, match="a secret cannot be an option of a table"):
        of("kafka.options.sasl.jaas.config=${env:JAAS}")
