"""What the planner makes of each job: state is kept once, named for good, and a trigger more adds none."""

from __future__ import annotations

import importlib
import re
from collections import Counter
from dataclasses import replace

import pytest
from pyflink.java_gateway import get_gateway
from pyflink.table import ExplainDetail

from jobs.definitions import packs
from jobs.operators import Operator
from jobs.settings import Settings, load
from jobs.submission import JOBS
from tests.flink.mini_cluster import MiniCluster


def planned(flink: MiniCluster, job: str, settings: Settings | None = None) -> list[Operator]:
    """The operators Flink would run."""
    env = flink.environment(job, settings)
    importlib.import_module(f"jobs.{job}.job").build(env, env.settings)
    return [one for one in env.complete() if one.physical]


def uids_in_flink(flink: MiniCluster, job: str) -> list[str | None]:
    """What Flink's own graph says: sinks are several operators there."""
    env = flink.environment(job)
    importlib.import_module(f"jobs.{job}.job").build(env, env.settings)
    env.complete()
    graph = env.stream._j_stream_execution_environment.getStreamGraph(False)
    return [node.getTransformationUID() for node in get_gateway().jvm.java.util.ArrayList(graph.getStreamNodes())]


def stateful(plan: list[Operator]) -> Counter[str]:
    return Counter(one.kind for one in plan if one.stateful and one.kind not in ("Source", "Sink"))


@pytest.fixture(scope="module")
def plans(flink: MiniCluster) -> dict[str, list[Operator]]:
    """Each job with default settings."""
    return {job: planned(flink, job) for job in JOBS}


@pytest.mark.parametrize("job", JOBS)
def test_every_operator_has_a_uid_of_its_own(flink: MiniCluster, job: str) -> None:
    uids = uids_in_flink(flink, job)
    assert None not in uids
    assert [uid for uid, count in Counter(uids).items() if count > 1] == []


def test_uids_do_not_depend_on_what_was_planned_before(flink: MiniCluster, plans: dict[str, list[Operator]]) -> None:
    assert planned(flink, "evaluate") == plans["evaluate"]


def test_ingest_reads_the_topic_once_and_keeps_each_state_once(plans: dict[str, list[Operator]]) -> None:
    plan = plans["ingest"]
    assert [one.table for one in plan if one.kind == "Source"] == ["events_raw", "ticks"]
    assert stateful(plan) == {"ProcessTableFunction": 4}
    assert {one.uid for one in plan if one.kind == "ProcessTableFunction"} == {
        "first_arrival", "events_heartbeats", "device_activity", "activity_heartbeats",
    }  # fmt: skip


def test_ingest_without_heartbeats_has_no_wall_clock(flink: MiniCluster) -> None:
    plan = planned(flink, "ingest", load(overrides=["heartbeats.enabled=false"], environ={}))
    assert [one.table for one in plan if one.kind == "Source"] == ["events_raw"]


def test_quarantine_keeps_no_state(plans: dict[str, list[Operator]]) -> None:
    assert stateful(plans["quarantine"]) == {}


def test_evaluate_looks_up_person_and_profile_once_for_all_triggers(
    flink: MiniCluster, plans: dict[str, list[Operator]], monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = plans["evaluate"]
    assert stateful(plan) == {"TemporalJoin": 2, "ChangelogNormalize": 2, "ProcessTableFunction": 1}
    assert sorted(one.table for one in plan if one.kind == "Source") == ["carts_topic", "identities", "profiles", "sessions_topic"]
    shipped = packs.active(["core"])
    more = [replace(one, header=one.header.model_copy(update={"name": f"{one.name}_{n}"})) for one in shipped for n in range(3)]
    monkeypatch.setattr(packs, "active", lambda *_: [*shipped, *more])
    assert stateful(planned(flink, "evaluate")) == stateful(plan)


def test_every_trigger_that_ships_only_adds_rows(flink: MiniCluster) -> None:
    env = flink.environment("evaluate")
    importlib.import_module("jobs.evaluate.job").build(env, env.settings)
    for trigger in packs.active(["core"]):
        plan = env.table.sql_query(trigger.select()).explain(ExplainDetail.CHANGELOG_MODE)
        modes = set(re.findall(r"changelogMode=\[(\w+(?:,\w+)*)]", plan))
        assert modes == {"I"}, f"{trigger.path}: {modes}"


def test_unusual_settings_can_be_planned(flink: MiniCluster) -> None:
    unusual = [
        "times.historical_after=200 d",
        "times.future_flag_after=30 d",
        "times.dedup_ttl=60 d",
        "times.out_of_orderness=1 ms",
        "times.cart_basis=cart_change",
        "times.arbitration=0 s",
        "tenant=l'été",
        "kafka.partitions=512",
        "kafka.options.client.id=it's",
        "flink.exactly_once=true",
    ]
    for job in ("ingest", "evaluate"):
        assert planned(flink, job, load(overrides=unusual, environ={}))
