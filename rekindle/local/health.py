"""Does a part answer? A process that runs may still be starting, paused or stuck."""

from __future__ import annotations

import socket
import struct

import requests

from rekindle.local.layout import Layout
from rekindle.local.ports import LOOPBACK

_API_VERSIONS = struct.pack(">hhih", 18, 0, 1, -1)  # Kafka's ApiVersions request v0: key, version, correlation id, no client id


def answers(layout: Layout, part: str, timeout: float = 2.0) -> bool:
    """True when `part` does its work: Kafka and the web servers reply, a TaskManager is registered."""
    if part == "kafka":
        return kafka_answers(layout.kafka_port, timeout)
    if part == "esp":
        return _get(f"{layout.esp_url}/health", timeout) is not None
    if part == "jobmanager":
        return _get(f"{layout.flink_url}/overview", timeout) is not None
    return part in registered(layout, timeout)


def registered(layout: Layout, timeout: float = 2.0) -> dict[str, str]:
    """TaskManagers known to the JobManager: name → address, which differs after every start."""
    answer = _get(f"{layout.flink_url}/taskmanagers", timeout)
    return {} if answer is None else {row["id"]: row["path"] for row in answer.json()["taskmanagers"]}


def kafka_answers(port: int, timeout: float) -> bool:
    """A bare ApiVersions exchange: the kernel alone would accept a connection to a paused broker."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout) as connection:
            connection.sendall(struct.pack(">i", len(_API_VERSIONS)) + _API_VERSIONS)
            return len(connection.recv(8)) > 0
    except OSError:
        return False


def _get(url: str, timeout: float) -> requests.Response | None:
    try:
        with requests.Session() as session:
            session.trust_env = False  # a proxy of the environment must not see local calls
            answer = session.get(url, timeout=timeout)
    except requests.RequestException:
        return None
    return answer if answer.ok else None
