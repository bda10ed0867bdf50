"""Three ways to submit a job, each on a real cluster: `rekindle run`, `flink run`, application mode."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from jobs.errors import RunError
from jobs.settings import process_environment
from rekindle.local import cluster, parts
from rekindle.local.flink_rest import FlinkRest
from rekindle.local.ports import LOOPBACK, free_ports
from rekindle.local.waiting import wait_until
from tests.integration.pipeline import LIMIT, Pipeline, pipeline
from tests.oracle.instants import to_text
from tools.build_dist import build_wheel, cut_suite


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, jars: Path) -> Iterator[Pipeline]:
    with pipeline(tmp_path_factory.mktemp("submission") / "state", jars, "packs=[catalog]", slots=4) as one:
        yield one


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    return cut_suite(build_wheel(folder), folder / "suite.zip")


def settings_file(running: Pipeline) -> str:
    file = running.stack.places.root / "settings.yaml"
    file.write_text(running.settings.model_dump_json(), encoding="utf-8")
    return str(file)


def client_environment(running: Pipeline, part: str) -> dict[str, str]:
    found = parts.tools(running.stack.places)
    return cluster.environment(
        process_environment(),
        folder=running.stack.places.flink,
        home=found.flink,
        java_home=found.java_home,
        logs=running.stack.places.logs,
        part=part,
    )


def assert_it_quarantines(running: Pipeline, word: str) -> None:
    """A line that only this test wrote comes out as a dead letter."""
    line = f"{{ {word} is no JSON".encode()
    running.feed([("device", line)])

    def found() -> bool:
        return any(row["raw"] == base64_of(line) for row in running.rows("dead_letters"))

    assert wait_until(found, LIMIT, pause=1.0)


def base64_of(line: bytes) -> str:
    return base64.b64encode(line).decode()


def cancel_all(running: Pipeline) -> None:
    rest = FlinkRest(running.stack.flink_url)
    for job in rest.jobs():
        if job.state == "RUNNING":
            rest.cancel(job.id, LIMIT)
    rest.close()


def viewed(device: str, product: str, ms: int) -> tuple[str, bytes]:
    line = {
        "type": "track",
        "event": "Product Viewed",
        "anonymousId": device,
        "timestamp": to_text(ms),
        "properties": {"product_id": product},
    }
    return device, json.dumps(line | {"messageId": f"{device}-{product}"}).encode()


def priced(product: str, price: float | None, updated_ms: int) -> tuple[str, bytes | None]:
    row: dict[str, Any] = {"product_id": product, "title": product, "price": price, "stock": 3, "updated_at": to_text(updated_ms)}
    return product, None if price is None else json.dumps(row).encode()


def test_rekindle_run_and_who_looked_is_told_of_every_drop_once_the_clock_has_passed_it(running: Pipeline) -> None:
    """Prices through real Kafka: the broker's clock, heartbeats beside data, a tombstone."""
    before = int(time.time() * 1000)
    running.feed([viewed("d1", "p1", before - 300_000), viewed("d2", "p1", before - 200_000), viewed("d2", "p2", before - 100_000)])
    # all times of the feed's own lie in the past: what counts is when the broker got the version
    versions = [("p1", 20), ("p2", 20), ("p1", 16), ("p2", 19), ("p1", None), ("p1", 12)]
    for product, price in versions:
        key, value = priced(product, price, before - 86_400_000)
        running.produce("catalog", key, value, before - 86_400_000)
    assert running.producer.flush(240) == 0

    running.start("ingest", "evaluate")
    found = running.wait_for("trigger_candidates", 4)

    assert sorted((row["trigger"], row["device_id"], row["occasion"]) for row in found) == [
        ("price_dropped", device, f"p1:{price}") for device in ("d1", "d2") for price in ("12.00", "16.00")
    ]
    times = {record.at_ms for record in running.records("catalog")}
    assert {datetime.fromisoformat(row["fired_at"]) for row in found} <= {datetime.fromtimestamp(at / 1000, UTC) for at in times}
    assert min(times) >= before
    cancel_all(running)


def test_flink_run_with_the_suite_as_a_zip(running: Pipeline, suite: Path) -> None:
    home = parts.tools(running.stack.places).flink
    command = [str(home / "bin" / "flink"), "run", "--detached", "-pyfs", str(suite), "-pym", "jobs.quarantine.job"]
    pythons = ["-pyclientexec", sys.executable, "-pyexec", sys.executable]
    done = subprocess.run(
        [*command, *pythons, "--settings", settings_file(running)],
        env=client_environment(running, "client"),
        cwd=running.stack.places.root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    assert "Job has been submitted with JobID" in done.stdout
    assert_it_quarantines(running, "two")
    cancel_all(running)


def test_application_mode_through_docker_main(running: Pipeline, root: Path) -> None:
    """What the image runs, without the container: Flink's own entry point starts `docker/main.py`, and the job is the cluster."""
    found = parts.tools(running.stack.places)
    rest_port, rpc_port = free_ports(2)
    ports = [
        word
        for option in (f"rest.port={rest_port}", f"rest.bind-port={rest_port}", f"jobmanager.rpc.port={rpc_port}")
        for word in ("-D", option)
    ]
    entry = ["--job-classname", "org.apache.flink.client.python.PythonDriver"]
    job = ["-pyclientexec", sys.executable, "-py", str(root / "docker" / "main.py"), "--job", "quarantine"]
    environ = client_environment(running, "application") | {"PYTHONPATH": str(root)}
    log_file = running.stack.places.logs / "application.out"
    log = log_file.open("w")
    children = [
        subprocess.Popen(
            [str(found.flink / "bin" / script), "start-foreground", *ports, *more],
            env=environ,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        for script, more in (
            ("standalone-job.sh", [*entry, *job, "--settings", settings_file(running)]),
            ("taskmanager.sh", []),
        )
    ]
    try:
        rest = FlinkRest(f"http://{LOOPBACK}:{rest_port}")
        assert wait_until(lambda: children[0].poll() is not None or runs(rest, "quarantine"), LIMIT, pause=1.0)
        assert children[0].poll() is None, log_file.read_text()[-4000:]
        assert_it_quarantines(running, "three")
        rest.close()
    finally:
        for child in children:
            child.terminate()
            child.wait(240)
        log.close()


def runs(rest: FlinkRest, job: str) -> bool:
    """Whether the cluster answers and its job runs."""
    try:
        return any(one.name == job and one.state == "RUNNING" for one in rest.jobs())
    except RunError:
        return False
