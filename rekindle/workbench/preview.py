"""What a trigger gives on the topics as they are now, and what the gate would say of it. Reads Kafka, writes nothing to it."""

from __future__ import annotations

import tempfile
from datetime import timedelta
from pathlib import Path

from connectors import kafka
from connectors.kafka import with_clause
from connectors.topics import TOPICS
from jobs.definitions.trigger import Trigger
from jobs.durations import millis
from jobs.environment import StreamEnvironment
from jobs.gate.decisions import Decision
from jobs.settings import Settings
from rekindle.workbench.history import stages
from rekindle.workbench.history.environment import environment, offline_settings
from rekindle.workbench.history.running import Report

_BEFORE = timedelta(hours=72)
"""Events this much older than the first candidate are read too: an order since the first add cancels. A cart in use may be older: of orders
before that, only those of its own device count, which empty it."""


def run(settings: Settings, trigger: Trigger, since: int | None, report: Report | None = None) -> list[Decision]:
    """Decisions about candidates with T ≥ since (epoch ms; None = all the topics hold), newest first.

    Raises: RunError; FindingsError when the trigger cannot be planned.
    """
    # as many partitions as the topics have: their heartbeats are keyed by them
    offline = offline_settings(settings)
    offline = offline.model_copy(update={"kafka": settings.kafka})
    with tempfile.TemporaryDirectory(prefix="rekindle-") as name:
        folder = Path(name)

        def opened(job: str) -> StreamEnvironment:
            env = environment(offline, job, folder)
            _read_kafka(env, settings, job, since)
            return env

        stages.evaluate(offline, folder, [trigger], report, opened("evaluate"))
        found = [one for one in stages.gate(offline, folder, [trigger], report, opened("gate")) if isinstance(one, Decision)]
    kept = [one for one in found if since is None or one.candidate.fired_at >= since]
    return sorted(kept, key=lambda one: (-one.candidate.fired_at, one.candidate.person_id, one.candidate.trigger_id))


def _read_kafka(env: StreamEnvironment, settings: Settings, job: str, since: int | None) -> None:
    """Every topic but the candidates' is Kafka's, up to its end as of now."""
    client = kafka.Client(settings.kafka.servers, f"preview-{job}", overrides=settings.kafka.options)
    bounded = {"scan.bounded.mode": "latest-offset"}
    start = {}
    if since is not None:
        first = max(since - millis(_BEFORE), 0)
        start = {"scan.startup.mode": "timestamp", "scan.startup.timestamp-millis": str(first)}
    for topic in TOPICS.values():
        name = topic.name.replace(".", "_")
        if topic.name != "trigger_candidates":
            env.values[f"source_{name}"] = with_clause(kafka.source_options(topic, client) | bounded | start)
            env.values[f"records_{name}"] = with_clause(kafka.record_options(topic, client) | bounded | ({} if topic.compact else start))
        if topic.compact:
            env.values[f"versioned_{name}"] = with_clause(kafka.versioned_options(topic, client) | bounded)
