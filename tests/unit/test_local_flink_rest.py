"""rekindle.local.flink_rest against canned answers of a small HTTP server"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from jobs.errors import RunError
from rekindle.local.flink_rest import FlinkRest, Job, innermost, newest

TRACE = """org.apache.flink.runtime.JobException: Recovery is suppressed
\tat org.apache.flink.A.b(A.java:1)
Caused by: java.lang.RuntimeException: outer
\t... 3 more
Caused by: java.io.IOException: row of jane@shop.example in org.x.Sink@1a2b3c4d
\t... 5 more
"""
ANSWERS: dict[str, object] = {}


class _Canned(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        answer = ANSWERS.get(self.path)
        self.send_response(200 if answer is not None else 404)
        self.end_headers()
        self.wfile.write(json.dumps(answer or {"errors": ["not found"]}).encode())

    def do_POST(self) -> None:
        """Stop with a savepoint: `ANSWERS` says how it ends; a job that was saved has ended."""
        job = self.path.split("/")[2]
        self.send_response(202)
        self.end_headers()
        self.wfile.write(b'{"request-id": "r1"}')
        saved = ANSWERS[f"/jobs/{job}/savepoints/r1"]["operation"].get("location")  # type: ignore[index]
        ANSWERS[f"/jobs/{job}/status"] = {"status": "FINISHED" if saved else "RUNNING"}

    def do_PATCH(self) -> None:
        job = self.path.split("/")[2].split("?")[0]
        ANSWERS[f"/jobs/{job}/status"] = {"status": "CANCELED"}
        self.send_response(202)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def rest() -> Iterator[FlinkRest]:
    ANSWERS.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Canned)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    client = FlinkRest(f"http://127.0.0.1:{server.server_port}/")
    yield client
    client.close()
    server.shutdown()
    server.server_close()


def a_job(
    name: str = "ingest", state: str = "RUNNING", running: int = 2, total: int = 2, started: int = 1, id: str = "a"
) -> dict[str, object]:
    tasks = {"running": running, "total": total, "finished": 0}
    return {"jid": id, "name": name, "state": state, "start-time": started, "tasks": tasks}


def test_the_newest_job_of_a_name_counts(rest: FlinkRest) -> None:
    ANSWERS["/jobs/overview"] = {"jobs": [a_job(state="CANCELED", started=1, id="old"), a_job(started=2, id="new")]}
    assert [job.id for job in rest.jobs()] == ["new", "old"]
    assert rest.job("ingest") == newest(rest.jobs())["ingest"] == Job("new", "ingest", "RUNNING", 2, 2, 2)
    assert rest.job("gate") is None


def test_a_job_runs_only_with_all_its_tasks() -> None:
    assert Job("a", "ingest", "RUNNING", 2, 2, 1).is_running
    assert not Job("a", "ingest", "RUNNING", 1, 2, 1).is_running
    assert not Job("a", "ingest", "RUNNING", 0, 0, 1).is_running
    assert not Job("a", "ingest", "RESTARTING", 2, 2, 1).is_running


def test_waiting_ends_when_all_run(rest: FlinkRest) -> None:
    ANSWERS["/jobs/overview"] = {"jobs": [a_job(), a_job("gate", id="b"), a_job("other", state="FAILED", id="c")]}
    assert rest.wait_running(["ingest", "gate"], limit=1).keys() == {"ingest", "gate"}


def test_a_failed_job_ends_the_waiting_with_its_root_cause(rest: FlinkRest) -> None:
    ANSWERS["/jobs/overview"] = {"jobs": [a_job(state="FAILED", running=0)]}
    ANSWERS["/jobs/a/exceptions"] = {"exceptionHistory": {"entries": [{"stacktrace": TRACE}]}}
    with pytest.raises(RunError) as caught:
        rest.wait_running(["ingest"], limit=60)
    assert caught.value.message == "job ingest is FAILED: java.io.IOException: row of <address> in org.x.Sink"
    assert "/job/completed/a/exceptions" in caught.value.hint


def test_whoever_is_late_is_named(rest: FlinkRest) -> None:
    ANSWERS["/jobs/overview"] = {"jobs": [a_job(running=1)]}
    ANSWERS["/jobs/a/exceptions"] = {"exceptionHistory": {"entries": []}}
    with pytest.raises(RunError) as caught:
        rest.wait_running(["ingest", "gate"], limit=0)
    assert caught.value.message.splitlines() == [
        "job gate was not submitted within 0 s",
        "job ingest is RUNNING with 1 of 2 tasks after 0 s",
    ]


def test_checkpoints_are_typed_also_before_the_first(rest: FlinkRest) -> None:
    ANSWERS["/jobs/a/checkpoints"] = {"counts": {"completed": 0, "failed": 0, "restored": 0}, "latest": {"completed": None}}
    assert rest.checkpoints("a").latest_path == ""
    completed = {"end_to_end_duration": 12, "state_size": 345, "external_path": "file:///c/chk-7"}
    ANSWERS["/jobs/a/checkpoints"] = {"counts": {"completed": 7, "failed": 1, "restored": 2}, "latest": {"completed": completed}}
    found = rest.checkpoints("a")
    assert (found.completed, found.failed, found.restored) == (7, 1, 2)
    assert (found.latest_ms, found.latest_bytes, found.latest_path) == (12, 345, "file:///c/chk-7")


def test_cancelling_waits_for_the_end_and_leaves_an_ended_job_alone(rest: FlinkRest) -> None:
    ANSWERS["/jobs/a/status"] = {"status": "RUNNING"}
    rest.cancel("a")
    assert rest.state("a") == "CANCELED"
    rest.cancel("a")


def test_a_refusal_says_what_was_asked(rest: FlinkRest) -> None:
    with pytest.raises(RunError, match="Flink refused GET /jobs/x/status: HTTP 404"):
        rest.state("x")


def test_an_unreachable_cluster_names_the_setting() -> None:
    client = FlinkRest("http://127.0.0.1:1")
    with pytest.raises(RunError, match=r"not reachable at http://127.0.0.1:1 \(flink.rest_url\)"):
        client.overview()
    client.close()


def test_without_a_cause_the_first_line_is_told() -> None:
    assert innermost("java.lang.OutOfMemoryError: Java heap space\n\tat a.B.c(B.java:1)") == "java.lang.OutOfMemoryError: Java heap space"
    assert innermost("") == ""


def test_a_job_that_ended_is_not_alive(rest: FlinkRest) -> None:
    ANSWERS["/jobs/overview"] = {"jobs": [a_job(started=1, id="old"), a_job(state="FAILED", started=2, id="new")]}
    found = rest.alive("ingest")
    assert found is not None
    assert found.id == "old"
    assert rest.alive("gate") is None


def test_what_a_job_was_submitted_with_can_be_read(rest: FlinkRest) -> None:
    ANSWERS["/jobs/a/config"] = {"execution-config": {"user-config": {"rekindle.plan": "f"}}}
    assert rest.parameters("a") == {"rekindle.plan": "f"}
    ANSWERS["/jobs/b/config"] = {"jid": "b"}
    assert rest.parameters("b") == {}


def test_a_stop_gives_the_savepoints_path(rest: FlinkRest) -> None:
    ANSWERS["/jobs/a/savepoints/r1"] = {"status": {"id": "COMPLETED"}, "operation": {"location": "file:/s"}}
    assert rest.stop("a", 5) == "file:/s"


def test_a_stop_without_a_savepoint_leaves_the_job_running_and_says_why(rest: FlinkRest) -> None:
    ANSWERS["/jobs/a/savepoints/r1"] = {"status": {"id": "COMPLETED"}, "operation": {"failure-cause": {"stack-trace": TRACE}}}
    with pytest.raises(RunError, match=r"could not be stopped with a savepoint, and runs on: java\.io\.IOException"):
        rest.stop("a", 5)
