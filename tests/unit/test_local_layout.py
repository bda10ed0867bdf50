"""rekindle.local.layout, ports and paths"""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from jobs.errors import SettingsError
from rekindle.local import layout as layouts
from rekindle.local import ports
from rekindle.local.layout import Layout, Wishes
from rekindle.local.paths import NEEDED_JARS, Places, flink_overlay, missing_jars


def a_plan(wishes: Wishes) -> Layout:
    return layouts.plan(wishes, require=lambda port, _: port, find=lambda count, _: list(range(20_000, 20_000 + count)))


def test_every_part_has_its_own_port() -> None:
    plan = a_plan(Wishes(taskmanagers=2))
    used = [plan.kafka_port, plan.controller_port, plan.rest_port, plan.rpc_port, plan.esp_port, *plan.metrics_ports]
    assert len(set(used)) == len(used) == 8
    assert plan.parts == ("kafka", "jobmanager", "taskmanager-1", "taskmanager-2", "esp")
    assert {plan.metrics_port(part) for part in plan.parts[1:4]} == set(plan.metrics_ports)


def test_wishes_are_met_and_the_rest_has_defaults() -> None:
    plan = a_plan(Wishes(kafka_port=9092, flink_port=8081, esp_port=9000, slots=3, state_backend="rocksdb"))
    assert (plan.kafka_servers, plan.flink_url, plan.esp_url) == ("127.0.0.1:9092", "http://127.0.0.1:8081", "http://127.0.0.1:9000")
    assert (plan.slots, plan.taskmanagers, plan.state_backend, plan.checkpoint_interval_ms) == (3, 1, "rocksdb", 10_000)


def test_a_running_stack_is_compared_only_with_what_was_asked() -> None:
    plan = a_plan(Wishes(kafka_port=9092))
    assert Wishes().conflicts(plan) == []
    assert Wishes(kafka_port=9092).conflicts(plan) == []
    assert Wishes(kafka_port=9093, slots=8).conflicts(plan) == ["--kafka-port 9093 (running: 9092)"]


def test_a_layout_survives_writing_and_reading(tmp_path: Path) -> None:
    plan = a_plan(Wishes(taskmanagers=3))
    layouts.write(tmp_path / "stack.json", plan)
    assert layouts.read(tmp_path / "stack.json") == plan


@pytest.mark.parametrize("content", ["", "{}", '{"metrics_ports": [1], "unknown": 2}', "[]"])
def test_a_state_file_of_another_version_is_no_stack(tmp_path: Path, content: str) -> None:
    (tmp_path / "stack.json").write_text(content)
    assert layouts.read(tmp_path / "stack.json") is None


def test_a_taken_port_is_named_with_its_option() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        assert not ports.is_free(port)
        with pytest.raises(SettingsError, match=rf"port {port} \(--kafka-port\) is taken") as caught:
            ports.require_free(port, "--kafka-port")
    assert "another --kafka-port" in caught.value.hint
    free = ports.free_ports(1)[0]
    assert ports.require_free(free, "--kafka-port") == free


def test_free_ports_are_distinct_and_below_the_range_of_outgoing_connections() -> None:
    found = ports.free_ports(5)
    assert len(set(found)) == 5
    assert all(port in ports.RANGE for port in found)
    assert not set(found) & set(ports.free_ports(5, taken=found))


def test_missing_jars_are_named_with_their_folder(tmp_path: Path) -> None:
    places = Places.under(tmp_path)
    assert len(missing_jars(places)) == sum(map(len, NEEDED_JARS.values()))
    for folder, stems in NEEDED_JARS.items():
        (places.jars / folder).mkdir(parents=True)
        for stem in stems:
            (places.jars / folder / f"{stem}1.jar").touch()
    assert missing_jars(places) == []
    (places.jars / "flink" / "rekindle-flink-udfs1.jar").unlink()
    assert missing_jars(places) == ["flink/rekindle-flink-udfs*.jar"]


def test_the_state_folder_is_absolute_wherever_it_was_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert Places.under().root == tmp_path / ".rekindle"


def test_the_overlay_is_found_in_a_checkout(root: Path) -> None:
    assert flink_overlay() == root / "flink-conf" / "config.yaml"
