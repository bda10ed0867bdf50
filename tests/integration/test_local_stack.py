"""rekindle.local for real: Kafka, a Flink cluster and the fake ESP as processes of this machine"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import requests

from connectors import kafka_admin
from jobs.errors import RunError
from jobs.settings import process_environment
from rekindle.local import stack as local
from rekindle.local.flink_rest import FlinkRest
from rekindle.local.layout import Wishes
from rekindle.local.processes import find, read_pid
from rekindle.local.stack import Stack
from rekindle.local.waiting import wait_until


def a_state_folder(folder: Path, jars: Path) -> Path:
    folder.mkdir()
    (folder / "jars").symlink_to(jars)
    return folder


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, jars: Path) -> Iterator[Stack]:
    state = a_state_folder(tmp_path_factory.mktemp("stack") / "state", jars)
    try:
        yield local.up(state, Wishes(slots=2), limit=480.0)
    finally:
        local.down(state)


def states(stack: Stack) -> dict[str, str]:
    return {part.part: part.state for part in stack.status().parts}


def test_all_parts_run_and_listen_on_the_loopback_alone(stack: Stack) -> None:
    assert set(states(stack).values()) == {"running"}
    for part in stack.layout.parts:
        sockets = [row.laddr.ip for row in psutil.Process(stack.pid(part)).net_connections() if row.status == psutil.CONN_LISTEN]
        assert sockets, part
        assert {ip.removeprefix("::ffff:") for ip in sockets} == {"127.0.0.1"}, part


def test_the_cluster_has_our_configuration_and_a_metrics_port_per_process(stack: Stack) -> None:
    config = {row["key"]: row["value"] for row in requests.get(f"{stack.flink_url}/jobmanager/config", timeout=240).json()}
    assert config["execution.checkpointing.externalized-checkpoint-retention"] == "RETAIN_ON_CANCELLATION"
    assert config["restart-strategy.type"] == "exponential-delay"
    assert config["table.local-time-zone"] == "UTC"
    assert "--add-opens" in config["env.java.opts.all"]
    assert FlinkRest(stack.flink_url).overview()["slots-total"] == 2
    for part in ("jobmanager", "taskmanager-1"):
        answer = requests.get(f"http://127.0.0.1:{stack.layout.metrics_port(part)}/metrics", timeout=240)
        assert f"flink_{part.partition('-')[0]}_" in answer.text


def test_a_second_up_adopts_every_part(stack: Stack) -> None:
    before = {part: stack.pid(part) for part in stack.layout.parts}
    again = local.up(stack.places.root)
    assert {part: again.pid(part) for part in again.layout.parts} == before


def test_a_killed_taskmanager_is_shown_and_started_again(stack: Stack) -> None:
    stack.kill("taskmanager-1")
    found = {part.part: part for part in stack.status().parts}
    assert found["taskmanager-1"].state == "dead"
    assert found["taskmanager-1"].detail
    assert stack.status().exit_code == 3
    stack.restart("taskmanager-1", 480.0)
    assert set(states(stack).values()) == {"running"}
    cluster = FlinkRest(stack.flink_url)
    assert wait_until(lambda: cluster.overview()["slots-available"] == 2, 240)


def test_a_paused_broker_is_silent_until_it_is_resumed(stack: Stack) -> None:
    stack.pause("kafka")
    try:
        assert states(stack)["kafka"] == "silent"
    finally:
        stack.resume("kafka")
    assert wait_until(lambda: states(stack)["kafka"] == "running", 240)


def test_topics_survive_a_killed_broker(stack: Stack) -> None:
    with kafka_admin.admin(stack.kafka_servers) as client:
        created = kafka_admin.create(client, partitions=2, replication=1)
        assert kafka_admin.create(client, partitions=2, replication=1) == []
    stack.kill("kafka")
    assert states(stack)["kafka"] == "dead"
    stack.restart("kafka")
    with kafka_admin.admin(stack.kafka_servers) as client:
        topics = kafka_admin.show(client)
    assert [topic.name for topic in topics] == created
    assert kafka_admin.verify(topics, 2, 1) == []
    assert {drift.what for drift in kafka_admin.verify(topics, 3, 1)} == {"partitions"}


def test_a_broker_that_cannot_start_is_shown_with_its_own_words(stack: Stack) -> None:
    meta = stack.places.kafka / "data" / "meta.properties"
    good = meta.read_text()
    stack.kill("kafka")
    meta.write_text(good.replace("node.id=1", "node.id=7"))
    try:
        with pytest.raises(RunError, match=r"kafka did not start: .*node.*7.*\(kafka.log\)"):
            stack.restart("kafka")
        dead = next(part for part in stack.status().parts if part.part == "kafka")
        assert dead.state == "dead"
        assert "7" in dead.detail
    finally:
        meta.write_text(good)
        stack.restart("kafka")


def test_the_commands_start_show_and_stop_a_stack_beside_another(stack: Stack, tmp_path: Path, jars: Path) -> None:
    state = a_state_folder(tmp_path / "state", jars)

    def rekindle(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "rekindle.cli.main", "--state-dir", str(state), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False, env=process_environment(), timeout=1200)

    try:
        up = rekindle("up", "--taskmanagers", "2", "--slots", "1", "--state-backend", "rocksdb", "--json")
        assert up.returncode == 0, up.stderr
        answer = json.loads(up.stdout)
        assert [part["part"] for part in answer["parts"]] == ["kafka", "jobmanager", "taskmanager-1", "taskmanager-2", "esp"]
        assert answer["kafka"] != stack.kafka_servers
        assert rekindle("topics", "create").returncode == 0
        pids = [pid for path in (state / "run").glob("*.pid") if (pid := read_pid(path))]
        assert len(pids) == 5
        a_state_folder(tmp_path / "third", jars)
        port = answer["kafka"].rpartition(":")[2]
        taken = rekindle("--state-dir", str(tmp_path / "third"), "up", "--kafka-port", port)  # the later --state-dir counts
        assert taken.returncode == 2
        assert taken.stderr.startswith(f"error: port {port} (--kafka-port) is taken; ")
        assert json.loads(rekindle("down", "--json").stdout)["stopped"] == ["esp", "jobmanager", "kafka", "taskmanager-1", "taskmanager-2"]
        assert not [pid for pid in pids if find(pid)]
        assert rekindle("status").returncode == 1
        assert (state / "kafka" / "data").is_dir()
    finally:
        rekindle("down", "--wipe")
    assert not (state / "kafka").exists()
    assert set(states(stack).values()) == {"running"}
