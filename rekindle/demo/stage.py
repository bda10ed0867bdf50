"""Where the demo plays: a local stack, with topics that hold nothing but the demo's own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from connectors import kafka_admin
from jobs.destinations import Destination
from jobs.errors import RunError
from jobs.settings import Gate, Kafka, Settings
from jobs.submission import JOBS, is_ours, planned
from rekindle.demo.scenes import IDENTITY_WAIT
from rekindle.local import stack as stacks
from rekindle.local.flink_rest import FlinkRest
from rekindle.local.layout import Wishes
from rekindle.local.paths import Places
from rekindle.local.stack import Stack
from rekindle.local.waiting import wait_until

if TYPE_CHECKING:
    from kafka.admin import KafkaAdminClient

Report = Callable[[str], None]
_SLOTS_LIMIT = 20.0  # seconds


@dataclass(frozen=True)
class Stage:
    """adopted: the stack ran before; it is not the demo's to stop."""

    stack: Stack
    settings: Settings
    adopted: bool

    def close(self) -> None:
        """Leaves nothing: the stack as it was found, without our jobs and our data."""
        if self.adopted:
            with kafka_admin.admin(self.stack.kafka_servers) as client:
                end_jobs(self.stack)
                empty(client, self.settings)
            _marker(self.stack.places).unlink(missing_ok=True)
        else:
            stacks.down(self.stack.places.root, wipe=_marker(self.stack.places).is_file())


def is_up(places: Places) -> bool:
    """Some part of a stack runs there."""
    found = stacks.current(places.root)
    return found is not None and any(part.state != "dead" for part in found.status().parts)


def open_stage(places: Places, flink: Settings, report: Report) -> Stage:
    """A stack that runs, with the suite's topics, all empty.

    flink: whose section `flink` counts. Raises: RunError when the topics hold what no demo has put there, or slots are taken.
    """
    adopted = is_up(places)
    wished = flink.flink.model_fields_set
    wishes = Wishes(state_backend=flink.flink.state_backend if "state_backend" in wished else None)
    stack = stacks.up(places.root, wishes, report=report)
    stage = Stage(stack, settings_of(stack, flink), adopted)
    try:
        with kafka_admin.admin(stack.kafka_servers) as client:
            _make_room(stage, client, report)
            kafka_admin.create(client, stage.settings.kafka.partitions, stage.settings.kafka.replication)
    except kafka_admin.KafkaAdminError as error:
        _leave(stage)
        raise RunError(f"Kafka at {stack.kafka_servers}: {error}", f"read {places.logs}") from error
    except BaseException:
        _leave(stage)
        raise
    _marker(places).touch()
    report("topics are ready")
    return stage


def settings_of(stack: Stack, given: Settings) -> Settings:
    """The defaults, on this stack and no other: made-up people must reach neither a real Kafka nor a real platform.

    given: whose section `flink` stays as it is, but for the address.
    """
    return Settings(
        kafka=Kafka(servers=stack.kafka_servers),
        flink=given.flink.model_copy(update={"rest_url": stack.flink_url}),
        destinations={"default": Destination.model_validate({"url": f"{stack.esp_url}/webhook", "private_hosts": ["127.0.0.1"]})},
        gate=Gate(identity_wait=timedelta(milliseconds=IDENTITY_WAIT)),
    )


def end_jobs(stack: Stack) -> list[str]:
    """Cancels the suite's jobs; their names."""
    cluster = FlinkRest(stack.flink_url)
    running = [job for job in cluster.jobs() if is_ours(job.name) and job.state not in ("FAILED", "CANCELED", "FINISHED")]
    for job in running:
        cluster.cancel(job.id)
    cluster.close()
    return [job.name for job in running]


def empty(client: KafkaAdminClient, settings: Settings) -> None:
    """All topics of the suite anew, without a record."""
    client.delete_topics([topic.name for topic in kafka_admin.show(client)])
    kafka_admin.create(client, settings.kafka.partitions, settings.kafka.replication)


def _make_room(stage: Stage, client: KafkaAdminClient, report: Report) -> None:
    stack = stage.stack
    if any(topic.records for topic in kafka_admin.show(client)):
        # heartbeats in the log are newer than the history the demo is about to write: all of it would be late
        if not _marker(stack.places).is_file():
            raise RunError(
                f"topics at {stack.kafka_servers} hold records already, and no demo wrote them",
                "`rekindle down --wipe` forgets them",
            )
        report("removing what an earlier demo left")
        end_jobs(stack)
        empty(client, stage.settings)
    _wait_for_slots(stack, len(planned(stage.settings, JOBS)) * stage.settings.flink.parallelism)


def _wait_for_slots(stack: Stack, needed: int) -> None:
    """A TaskManager is known before its slots are."""
    cluster = FlinkRest(stack.flink_url)
    found = wait_until(lambda: cluster.overview()["slots-available"] >= needed, _SLOTS_LIMIT)
    free = cluster.overview()["slots-available"]
    cluster.close()
    if not found:
        hint = f"end other jobs, or `rekindle down` and `rekindle up --slots {needed}`"
        raise RunError(f"the demo's jobs need {needed} slots, {free} are free", hint)


def _leave(stage: Stage) -> None:
    """After a start that failed: nothing was put anywhere yet."""
    if not stage.adopted:
        stacks.down(stage.stack.places.root)


def _marker(places: Places) -> Path:
    """Says that the topics are a demo's. Lies with Kafka's data, so that both are wiped together."""
    return places.kafka / "demo"
