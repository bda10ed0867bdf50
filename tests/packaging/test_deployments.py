"""The Kubernetes manifests and Docker's files: nothing here can run them, so their form is checked closely."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from jobs import settings

ROOT = Path(__file__).resolve().parents[2]
DEPLOYMENTS = ROOT / "flink-conf" / "deployments"
JOBS = ("ingest", "quarantine", "evaluate-core", "gate", "deliver")
DOCKER = ROOT / "docker"
SCHEMA = Draft202012Validator(json.loads((Path(__file__).parent / "flinkdeployment.schema.json").read_text(encoding="utf-8")))


def load(path: Path) -> Any:
    return YAML(typ="safe").load(path.read_text(encoding="utf-8"))


def test_every_job_has_a_manifest_and_every_manifest_a_job() -> None:
    assert {path.stem for path in DEPLOYMENTS.glob("*.yaml")} == {*JOBS, "settings"}
    assert {path.parent.name for path in (ROOT / "jobs").glob("*/job.py")} == {job.partition("-")[0] for job in JOBS}


@pytest.mark.parametrize("job", JOBS)
def test_a_manifest_satisfies_the_operators_schema(job: str) -> None:
    findings = [f"{error.json_path}: {error.message}" for error in SCHEMA.iter_errors(load(DEPLOYMENTS / f"{job}.yaml"))]
    assert findings == []


@pytest.mark.parametrize("job", JOBS)
def test_a_manifest_starts_its_own_job_with_flinks_options_first(job: str) -> None:
    spec = load(DEPLOYMENTS / f"{job}.yaml")["spec"]
    script = spec["job"]["args"].index("-py")
    assert all(word.startswith(("-py", "/opt/venv/")) for word in spec["job"]["args"][:script])
    assert spec["job"]["args"][script + 1 :] == ["/opt/rekindle/main.py", "--job", job, "--settings", "/etc/rekindle/settings.yaml"]
    assert f"/rekindle/{job}/" in spec["flinkConfiguration"]["execution.checkpointing.dir"]


@pytest.mark.parametrize("job", JOBS)
def test_a_manifest_agrees_with_the_image_and_the_settings(job: str, tmp_path: Path) -> None:
    spec, shared = load(DEPLOYMENTS / f"{job}.yaml")["spec"], sample_settings(tmp_path)
    assert spec["image"] == load(DOCKER / "compose.yaml")["services"]["jobmanager"]["image"]
    assert spec["job"]["parallelism"] == shared.flink.parallelism
    assert spec["job"]["parallelism"] <= shared.kafka.partitions
    assert spec["flinkConfiguration"]["execution.checkpointing.interval"] == f"{shared.flink.checkpoint_interval.seconds} s"


def test_the_gate_runs_in_thread_mode_and_delivery_in_process_mode() -> None:
    modes = {job: load(DEPLOYMENTS / f"{job}.yaml")["spec"]["flinkConfiguration"].get("python.execution-mode") for job in JOBS}
    assert (modes["gate"], modes["deliver"]) == ("thread", "process")


def test_no_log_shows_the_environment_of_a_python_worker() -> None:
    """Beam's only printer of it is off: in the image, and where the operator's own logging would replace the image's."""
    off = (
        "logger.beamworkers.name = org.apache.beam.runners.fnexecution.control.DefaultJobBundleFactory",
        "logger.beamworkers.level = OFF",
    )
    image = (DOCKER / "Dockerfile").read_text(encoding="utf-8")
    logging = load(DEPLOYMENTS / "deliver.yaml")["spec"]["logConfiguration"]["log4j-console.properties"]
    assert all(line in image and line in logging.splitlines() for line in off)


def test_the_sample_settings_are_accepted(tmp_path: Path) -> None:
    assert sample_settings(tmp_path).destinations["default"].model_dump()["headers"] == {"Authorization": "Bearer ${env:ESP_TOKEN}"}
    assert settings.load(DOCKER / "settings.yaml", environ={}).kafka.servers == "kafka:9092"


def sample_settings(folder: Path) -> settings.Settings:
    file = folder / "settings.yaml"
    file.write_text(load(DEPLOYMENTS / "settings.yaml")["data"]["settings.yaml"], encoding="utf-8")
    return settings.load(file, environ={})


def test_compose_pins_every_image_and_binds_ports_to_this_machine_only() -> None:
    for name, service in load(DOCKER / "compose.yaml")["services"].items():
        _, _, tag = service["image"].partition(":")
        assert re.search(r"\d+\.\d+", tag), f"{name}: image '{service['image']}' has no exact version"
        assert all(str(port).startswith("127.0.0.1:") for port in service.get("ports", [])), f"{name}: port open to the network"


def test_compose_waits_only_for_services_that_exist_and_can_tell() -> None:
    services = load(DOCKER / "compose.yaml")["services"]
    for name, service in services.items():
        for needed, how in service.get("depends_on", {}).items():
            assert needed in services, f"{name} waits for {needed}"
            if how["condition"] == "service_healthy":
                assert "healthcheck" in services[needed], f"{name} waits for {needed}, which has no health check"


def test_compose_mounts_only_files_that_exist() -> None:
    for name, service in load(DOCKER / "compose.yaml")["services"].items():
        for mount in service.get("volumes", []):
            source = str(mount).partition(":")[0]
            assert not source.startswith(".") or (DOCKER / source).is_file(), f"{name}: {source}"
