"""Three ways to submit a job, each on a real cluster: the same line becomes a dead letter whichever way `quarantine` came there."""

from __future__ import annotations

import base64
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.errors import RunError
from jobs.settings import process_environment
from rekindle.local import cluster, parts
from rekindle.local.flink_rest import FlinkRest
from rekindle.local.ports import LOOPBACK, free_ports
from rekindle.local.waiting import wait_until
from tests.integration.pipeline import LIMIT, Pipeline, pipeline
from tools.build_dist import build_wheel, cut_suite


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, jars: Path) -> Iterator[Pipeline]:
    with pipeline(tmp_path_factory.mktemp("submission") / "state", jars, slots=2) as one:
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


def test_rekindle_run(running: Pipeline) -> None:
    running.start("quarantine")
    assert_it_quarantines(running, "one")
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
