"""rekindle.local.cluster and broker: configuration of Flink and Kafka"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from rekindle.local import broker, cluster
from rekindle.local.paths import flink_overlay


def some_options(tmp_path: Path, backend: str = "hashmap") -> dict[str, object]:
    return cluster.local_options(
        rest_port=20001,
        rpc_port=20002,
        slots=8,
        state_backend=backend,
        checkpoint_interval_ms=10_000,
        checkpoints=tmp_path / "checkpoints",
        scratch=tmp_path / "tmp",
    )


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A wheel in miniature."""
    home = tmp_path / "pyflink"
    for folder in ("conf", "lib", "opt"):
        (home / folder).mkdir(parents=True)
    (home / "conf" / "config.yaml").write_text("env:\n  java:\n    opts:\n      all: --add-opens=x\nrest:\n  address: localhost\n")
    (home / "conf" / "workers").write_text("localhost\n")
    (home / "conf" / "log4j.properties").write_text("rootLogger.level = INFO\n")
    for jar in ("lib/flink-dist-2.2.1.jar", "opt/flink-python-2.2.1.jar", "opt/flink-sql-client-2.2.1.jar"):
        (home / jar).touch()
    return home


def test_nested_keys_become_dotted() -> None:
    assert cluster.flatten({"a": {"b": {"c": 1}, "d": [1, 2]}, "e.f": "x", "g": None}) == {"a.b.c": 1, "a.d": [1, 2], "e.f": "x"}


def test_later_layers_win_whether_nested_or_dotted() -> None:
    merged = cluster.overlay({"rest": {"port": 1, "address": "a"}}, {"rest.port": 2}, {"rest.port": 3})
    assert merged == {"rest.port": 3, "rest.address": "a"}


def test_the_folder_holds_the_wheels_jars_python_and_connectors(home: Path, tmp_path: Path) -> None:
    jars = tmp_path / "jars"
    jars.mkdir()
    (jars / "flink-sql-connector-kafka-5.0.0-2.2.jar").write_text("jar")
    folder = tmp_path / "flink"
    (folder / "lib").mkdir(parents=True)
    (folder / "lib" / "flink-dist-2.1.0.jar").touch()  # of an earlier version: two of them and nothing starts
    cluster.prepare(folder, home=home, overlay_file=flink_overlay(), jars=jars, options=some_options(tmp_path))
    names = {jar.name for jar in (folder / "lib").iterdir()}
    assert names == {"flink-dist-2.2.1.jar", "flink-python-2.2.1.jar", "flink-sql-connector-kafka-5.0.0-2.2.jar"}
    assert (folder / "lib" / "flink-dist-2.2.1.jar").is_symlink()
    assert not (folder / "lib" / "flink-sql-connector-kafka-5.0.0-2.2.jar").is_symlink()
    assert (folder / "conf" / "workers").is_file()
    assert "DefaultJobBundleFactory\nlogger.beamworkers.level = OFF\n" in (folder / "conf" / "log4j.properties").read_text()
    config = YAML(typ="safe").load(folder / "conf" / "config.yaml")
    assert config["env.java.opts.all"] == "--add-opens=x"
    assert config["rest.address"] == "127.0.0.1"
    assert config["python.executable"] == config["python.client.executable"] == sys.executable
    assert config["execution.checkpointing.externalized-checkpoint-retention"] == "RETAIN_ON_CANCELLATION"
    assert config["execution.checkpointing.dir"] == (tmp_path / "checkpoints").as_uri()


def test_every_address_of_the_cluster_is_the_loopback(tmp_path: Path) -> None:
    options = some_options(tmp_path)
    keys = {
        "rest.address",
        "rest.bind-address",
        "jobmanager.rpc.address",
        "jobmanager.bind-host",
        "taskmanager.host",
        "taskmanager.bind-host",
    }
    assert {options[key] for key in keys} == {"127.0.0.1"}
    assert "LoopbackHttpServers" in str(options["env.java.default-opts.taskmanager"])


def test_rocksdb_gets_managed_memory_that_heap_state_has_no_use_for(tmp_path: Path) -> None:
    heap, rocksdb = some_options(tmp_path), some_options(tmp_path, "rocksdb")
    assert heap["taskmanager.memory.managed.fraction"] == 0.1
    assert rocksdb["taskmanager.memory.managed.fraction"] == 0.4


def test_a_foreign_flink_in_the_environment_is_not_mixed_in(tmp_path: Path) -> None:
    base = {"FLINK_CONF_DIR": "/elsewhere", "FLINK_ENV_JAVA_OPTS": "-x", "JVM_ARGS": "-y", "PATH": "/usr/bin", "ESP_TOKEN": "t"}
    environ = cluster.environment(
        base, folder=tmp_path, home=tmp_path / "home", java_home=tmp_path / "jdk", logs=tmp_path / "logs", part="jobmanager"
    )
    assert environ["FLINK_CONF_DIR"] == str(tmp_path / "conf")
    assert not {"FLINK_ENV_JAVA_OPTS", "JVM_ARGS"} & environ.keys()
    assert environ["PATH"] == f"{Path(sys.executable).parent}:/usr/bin"
    assert environ["ESP_TOKEN"] == "t"


def test_the_broker_listens_on_the_loopback_only_and_makes_no_topics_by_itself(tmp_path: Path) -> None:
    properties = broker.broker_properties(9092, 9093, tmp_path)
    assert properties["listeners"] == "PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093"
    assert properties["controller.quorum.voters"] == "1@127.0.0.1:9093"
    assert properties["auto.create.topics.enable"] == "false"
    factors = {key: value for key, value in properties.items() if key.endswith(("replication.factor", "min.isr", "min.insync.replicas"))}
    assert set(factors.values()) == {"1"}
    assert len(factors) == 7


def test_an_existing_data_folder_is_not_formatted_again(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "meta.properties").touch()
    argv = broker.prepare(tmp_path, tmp_path / "jars", Path("/no/such/java"), 9092, 9093, tmp_path / "kafka.log", {})
    assert argv[0] == "/no/such/java"
    assert argv[-2:] == ["kafka.Kafka", str(tmp_path / "server.properties")]
    assert f"log.dirs={tmp_path / 'data'}" in (tmp_path / "server.properties").read_text()
