"""Kafka and Flink as the settings name them, or the error that says which setting to mend."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from jobs.errors import RunError

if TYPE_CHECKING:
    from kafka.admin import KafkaAdminClient

    from jobs.settings import Settings


@contextmanager
def connected(settings: Settings) -> Iterator[KafkaAdminClient]:
    """An admin client of `kafka.servers`. Raises RunError when nobody answers or a call is refused."""
    from connectors import kafka_admin
    from jobs.settings import secret

    options = {key: secret(value) for key, value in settings.kafka.options.items()}
    try:
        with kafka_admin.admin(settings.kafka.servers, options) as client:
            yield client
    except kafka_admin.KafkaUnreachableError as error:
        raise RunError(f"Kafka is not reachable at {error.servers} (kafka.servers)", "run `rekindle up`, or set kafka.servers") from error
    except kafka_admin.KafkaRefusedError as error:
        raise RunError(
            f"Kafka at {settings.kafka.servers} refused: {error.reason}", "check kafka.partitions, kafka.replication and rights"
        ) from error


def require_ready(settings: Settings) -> None:
    """Raises RunError unless Flink answers, Kafka answers and the topics exist.

    Jobs submitted to a Kafka that is away would only restart for ever: better told before a JVM is started.
    """
    from connectors import kafka_admin
    from connectors.topics import TOPICS
    from rekindle.local.flink_rest import FlinkRest

    cluster = FlinkRest(settings.flink.rest_url)
    cluster.overview()
    cluster.close()
    with connected(settings) as client:
        existing = {topic.name for topic in kafka_admin.show(client)}
    missing = [name for name in TOPICS if name not in existing]
    if missing:
        raise RunError(f"topics missing at {settings.kafka.servers}: {', '.join(missing)}", "run `rekindle topics create`")
