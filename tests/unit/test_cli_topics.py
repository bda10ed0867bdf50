"""`rekindle topics` and connectors.kafka_admin, against a cluster in memory"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner, Result

from connectors import kafka_admin
from connectors.kafka_admin import Drift, KafkaRefusedError, KafkaUnreachableError, TopicState
from connectors.topics import TOPICS
from rekindle.cli.main import rekindle

Invoke = Callable[..., Result]


class _Cluster:
    """The calls of kafka-python's admin client that we make, in its shapes."""

    def __init__(self) -> None:
        self.topics: dict[str, dict[str, Any]] = {"__consumer_offsets": {"num_partitions": 1, "replication_factor": 1, "configs": {}}}

    def list_topics(self) -> list[str]:
        return list(self.topics)

    def create_topics(self, topics: dict[str, dict[str, Any]], wait_for_metadata: bool) -> None:
        assert wait_for_metadata
        self.topics |= topics

    def describe_topics(self, names: list[str]) -> list[dict[str, Any]]:
        return [
            {
                "name": name,
                "partitions": [
                    {"partition_index": number, "replica_nodes": list(range(self.topics[name]["replication_factor"]))}
                    for number in range(self.topics[name]["num_partitions"])
                ],
            }
            for name in names
        ]

    def describe_configs(self, resources: list[Any], config_filter: str) -> dict[str, Any]:
        assert config_filter == "all"
        return {
            "topic": {item.name: {key: {"value": value} for key, value in self.topics[item.name]["configs"].items()} for item in resources}
        }

    def list_partition_offsets(self, specs: dict[Any, int]) -> dict[Any, SimpleNamespace]:
        return {partition: SimpleNamespace(offset=10 if spec == -1 else 3) for partition, spec in specs.items()}


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> _Cluster:
    cluster = _Cluster()

    @contextmanager
    def admin(servers: str, options: dict[str, str]) -> Iterator[_Cluster]:
        yield cluster

    monkeypatch.setattr(kafka_admin, "admin", admin)
    return cluster


@pytest.fixture
def invoke() -> Invoke:
    return lambda *arguments: CliRunner().invoke(rekindle, ["--state-dir", "/nonexistent", *arguments])


def test_create_makes_what_is_missing_once(cluster: _Cluster, invoke: Invoke) -> None:
    assert invoke("topics", "create").stdout == f"created: {', '.join(TOPICS)}\n"
    assert invoke("topics", "create").stdout == "all topics exist\n"
    assert cluster.topics["events.raw"]["configs"]["message.timestamp.type"] == "LogAppendTime"
    assert cluster.topics["profiles"]["configs"]["cleanup.policy"] == "compact"


def test_topics_as_created_have_no_drift(cluster: _Cluster, invoke: Invoke) -> None:
    invoke("--set", "kafka.partitions=3", "topics", "create")
    result = invoke("--set", "kafka.partitions=3", "topics", "verify")
    assert (result.exit_code, result.stdout) == (0, "all topics are as they should be\n")


def test_verify_lists_every_difference(cluster: _Cluster, invoke: Invoke) -> None:
    invoke("topics", "create")
    del cluster.topics["carts"]
    cluster.topics["events"]["num_partitions"] = 2
    cluster.topics["profiles"]["configs"]["cleanup.policy"] = "delete"
    result = invoke("topics", "verify", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout) == [
        {"topic": "events", "what": "partitions", "expected": "4", "found": "2"},
        {"topic": "carts", "what": "topic", "expected": "exists", "found": "missing"},
        {"topic": "profiles", "what": "cleanup.policy", "expected": "compact", "found": "delete"},
    ]
    assert "profiles" in invoke("topics", "verify").stdout


def test_verify_names_a_setting_the_broker_does_not_report() -> None:
    topic = TOPICS["triggers"]
    state = TopicState("triggers", 4, 1, topic.config(), 0)
    config = {key: value for key, value in topic.config().items() if key != "retention.ms"}
    drifts = kafka_admin.verify([replace(state, config=config, replication=2)], 4, 1, {"triggers": topic})
    assert drifts == [Drift("triggers", "replication", "1", "2"), Drift("triggers", "retention.ms", "604800000", "not set")]


def test_show_counts_records_and_leaves_other_topics_out(cluster: _Cluster, invoke: Invoke) -> None:
    assert json.loads(invoke("topics", "show", "--json").stdout) == []
    invoke("topics", "create")
    shown = json.loads(invoke("topics", "show", "--json").stdout)
    assert [row["name"] for row in shown] == list(TOPICS)
    assert shown[0]["records"] == 4 * 7
    assert "pseudonym" in invoke("topics", "show").stdout


def test_an_unreachable_kafka_names_the_setting_and_the_remedy(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    def admin(servers: str, options: dict[str, str]) -> None:
        raise KafkaUnreachableError(servers, "KafkaTimeoutError")

    monkeypatch.setattr(kafka_admin, "admin", admin)
    for command in ("create", "verify", "show"):
        result = invoke("--set", "kafka.servers=127.0.0.1:1", "topics", command)
        assert result.exit_code == 3
        assert result.stderr == "error: Kafka is not reachable at 127.0.0.1:1 (kafka.servers); run `rekindle up`, or set kafka.servers\n"


def test_a_refusal_names_what_could_be_wrong(cluster: _Cluster, invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise KafkaRefusedError("InvalidReplicationFactorError: 3 > 1")

    monkeypatch.setattr(cluster, "create_topics", refuse)
    result = invoke("--set", "kafka.replication=3", "topics", "create")
    assert result.exit_code == 3
    assert "InvalidReplicationFactorError" in result.stderr
    assert "kafka.replication" in result.stderr


def test_nobody_listening_is_told_apart_from_a_refusal() -> None:
    with pytest.raises(KafkaUnreachableError) as caught, kafka_admin.admin("127.0.0.1:1", timeout=0.2):
        pass
    assert caught.value.servers == "127.0.0.1:1"


def test_java_client_properties_become_keywords_of_the_right_type() -> None:
    options = {
        "security.protocol": "SASL_SSL",
        "sasl.plain.password": "123456",
        "request.timeout.ms": "5000",
        "metadata.max.age.ms": "60000",
        "ssl.check.hostname": "false",
        "key.serializer": "unknown here",
        "bootstrap.servers": "elsewhere:9092",
    }
    assert kafka_admin.client_options(options) == {
        "security_protocol": "SASL_SSL",
        "sasl_plain_password": "123456",
        "metadata_max_age_ms": 60000,
        "ssl_check_hostname": False,
    }


def test_user_and_password_are_read_from_a_jaas_line() -> None:
    line = 'org.apache.kafka.common.security.scram.ScramLoginModule required username="suite" password="a b;c";'
    assert kafka_admin.client_options({"sasl.jaas.config": line}) == {"sasl_plain_username": "suite", "sasl_plain_password": "a b;c"}
