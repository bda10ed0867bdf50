"""The suite's topics on a Kafka cluster: create, compare with the list, show."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from kafka import TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient, OffsetSpec
from kafka.errors import KafkaConnectionError, KafkaError, KafkaTimeoutError

from connectors.topics import TOPICS, Topic

_JAAS = re.compile(r"""\b(username|password)\s*=\s*(?:"([^"]*)"|([^\s;"]+))""")


class KafkaAdminError(Exception):
    """Root: Kafka did not do what was asked."""


class KafkaUnreachableError(KafkaAdminError):
    """No broker of `servers` answered in time. A retry may help."""

    def __init__(self, servers: str, reason: str) -> None:
        super().__init__(servers, reason)
        self.servers, self.reason = servers, reason


class KafkaRefusedError(KafkaAdminError):
    """A broker answered with an error, for example a missing right or too few brokers for the replication asked."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class TopicState:
    """A topic as the brokers have it. config: every key with its effective value. records: end minus begin of all partitions."""

    name: str
    partitions: int
    replication: int
    config: Mapping[str, str]
    records: int


@dataclass(frozen=True)
class Drift:
    """One way in which a topic differs from the list. what: `topic`, `partitions`, `replication` or a config key."""

    topic: str
    what: str
    expected: str
    found: str


@contextmanager
def admin(servers: str, options: Mapping[str, str] | None = None, timeout: float = 10.0) -> Iterator[KafkaAdminClient]:
    """A connected admin client. options: Java client properties. timeout: seconds, for the connection and for each request.

    Raises: KafkaUnreachableError, KafkaRefusedError, also for calls inside the `with` block.
    """
    try:
        client = KafkaAdminClient(
            bootstrap_servers=servers.split(","),
            bootstrap_timeout_ms=int(timeout * 1000),
            request_timeout_ms=int(timeout * 1000),
            reconnect_backoff_max_ms=1000,
            **client_options(options or {}),
        )
    except (KafkaError, OSError, ValueError, AssertionError) as error:
        raise KafkaUnreachableError(servers, f"{type(error).__name__}: {error}") from None
    try:
        yield client
    except (KafkaConnectionError, KafkaTimeoutError) as error:
        raise KafkaUnreachableError(servers, f"{type(error).__name__}: {error}") from None
    except KafkaError as error:
        raise KafkaRefusedError(f"{type(error).__name__}: {error}") from None
    finally:
        client.close()


def client_options(options: Mapping[str, str]) -> dict[str, Any]:
    """Java client properties → kafka-python's keywords; those it does not know (serializers, key stores…) are left out.

    Of `sasl.jaas.config` it takes user name and password, as PLAIN and SCRAM have them.
    """
    keywords = {key.replace(".", "_"): value for key, value in options.items()}
    for name, quoted, plain in _JAAS.findall(options.get("sasl.jaas.config", "")):
        keywords.setdefault(f"sasl_plain_{name}", quoted or plain)
    own = {"bootstrap_servers", "bootstrap_timeout_ms", "request_timeout_ms", "reconnect_backoff_max_ms"}
    known = KafkaAdminClient.DEFAULT_CONFIG
    return {key: _typed(value, known[key]) for key, value in keywords.items() if key in known and key not in own}


def create(client: KafkaAdminClient, partitions: int, replication: int, topics: Mapping[str, Topic] = TOPICS) -> list[str]:
    """Create the topics that do not exist, wait until they can be written; their names. Existing ones stay as they are."""
    existing = set(client.list_topics())
    missing = {
        topic.name: {"num_partitions": partitions, "replication_factor": replication, "configs": topic.config()}
        for topic in topics.values()
        if topic.name not in existing
    }
    if missing:
        client.create_topics(missing, wait_for_metadata=True)
    return list(missing)


def show(client: KafkaAdminClient, topics: Mapping[str, Topic] = TOPICS) -> list[TopicState]:
    """The topics of the list that exist, in its order."""
    existing = set(client.list_topics())
    names = [name for name in topics if name in existing]
    if not names:
        return []
    described = {topic["name"]: topic["partitions"] for topic in client.describe_topics(names)}
    configs = client.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name) for name in names], config_filter="all")["topic"]
    partitions = [TopicPartition(name, partition["partition_index"]) for name in names for partition in described[name]]
    begin = client.list_partition_offsets(dict.fromkeys(partitions, OffsetSpec.EARLIEST))
    end = client.list_partition_offsets(dict.fromkeys(partitions, OffsetSpec.LATEST))
    return [
        TopicState(
            name=name,
            partitions=len(described[name]),
            replication=min((len(partition["replica_nodes"]) for partition in described[name]), default=0),
            config={key: str(entry["value"]) for key, entry in configs[name].items()},
            records=sum(end[key].offset - begin[key].offset for key in partitions if key.topic == name),
        )
        for name in names
    ]


def verify(states: list[TopicState], partitions: int, replication: int, topics: Mapping[str, Topic] = TOPICS) -> list[Drift]:
    """All differences between the brokers and the list, in its order. Values in, findings out."""
    found = {state.name: state for state in states}
    drifts: list[Drift] = []
    for topic in topics.values():
        state = found.get(topic.name)
        if state is None:
            drifts.append(Drift(topic.name, "topic", "exists", "missing"))
            continue
        expected = {"partitions": str(partitions), "replication": str(replication), **topic.config()}
        actual = {"partitions": str(state.partitions), "replication": str(state.replication), **state.config}
        drifts += [Drift(topic.name, key, value, actual.get(key, "not set")) for key, value in expected.items() if actual.get(key) != value]
    return drifts


def _typed(value: str, default: object) -> object:
    """Text → the type of kafka-python's own default; a password of digits stays text."""
    if isinstance(default, bool):
        return value.lower() == "true"
    return int(value) if isinstance(default, int) else value
