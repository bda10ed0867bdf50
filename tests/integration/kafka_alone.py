"""A Kafka broker of a test's own, without Flink: up in seconds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from confluent_kafka import Producer

from connectors import kafka_admin
from connectors.kafka_admin import KafkaAdminError
from jobs.settings import process_environment
from rekindle.local import broker, processes
from rekindle.local.java import find_java
from rekindle.local.ports import LOOPBACK, free_ports
from rekindle.local.waiting import wait_until

PARTITIONS = 4
_START = 480.0


@contextmanager
def kafka(folder: Path, jars: Path) -> Iterator[str]:
    """Its address; all topics exist."""
    port, controller = free_ports(2)
    environ = process_environment()
    command = broker.prepare(folder / "kafka", jars / "kafka", find_java().executable, port, controller, folder / "kafka.log", environ)
    process = processes.spawn(command, environ, folder / "kafka.out")
    servers = f"{LOOPBACK}:{port}"
    try:
        assert wait_until(lambda: _created(servers), _START), (folder / "kafka.log").read_text(encoding="utf-8")[-2000:]
        yield servers
    finally:
        processes.stop([process])


def _created(servers: str) -> bool:
    try:
        with kafka_admin.admin(servers, timeout=60.0) as client:
            kafka_admin.create(client, PARTITIONS, 1)
    except KafkaAdminError:
        return False
    return True


def producer(servers: str) -> Producer:
    """Puts keys where the suite's jobs put them."""
    return Producer({"bootstrap.servers": servers, "partitioner": "murmur2_random", "enable.idempotence": True, "log_level": 0})
