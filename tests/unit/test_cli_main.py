"""rekindle.cli: options, errors, exit codes; what the commands do is tested beside what they call"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from connectors import kafka_admin
from jobs import submission
from jobs.errors import RunError, SettingsError
from jobs.settings import Settings, process_environment
from jobs.submission import Submitted
from rekindle.cli import connection
from rekindle.cli.main import rekindle
from rekindle.local import layout as layouts
from rekindle.local import stack
from rekindle.local.flink_rest import FlinkRest, Job
from rekindle.local.layout import Wishes
from rekindle.local.paths import Places
from rekindle.local.stack import Stack
from rekindle.local.status import PartStatus, Status

Invoke = Callable[..., Result]
LAYOUT = layouts.plan(
    Wishes(kafka_port=20101, flink_port=20102, esp_port=20103), lambda port, _: port, lambda count, _: list(range(20_200, 20_200 + count))
)


@pytest.fixture
def invoke(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Invoke:
    """Run the command in an empty folder, without settings of the environment."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in process_environment() if name.startswith("REKINDLE_")]:
        monkeypatch.delenv(name)
    return lambda *arguments: CliRunner().invoke(rekindle, [*arguments])


@pytest.fixture
def submitted(monkeypatch: pytest.MonkeyPatch) -> list[Settings]:
    """What `rekindle run` hands over; nothing is submitted, Flink and Kafka are said to be ready."""
    calls: list[Settings] = []

    def submit(settings: Settings, jobs: Sequence[str], **_: object) -> list[Submitted]:
        calls.append(settings)
        return [Submitted(job, f"id-{job}") for job in jobs]

    monkeypatch.setattr(submission, "submit", submit)
    monkeypatch.setattr(connection, "require_ready", lambda _: None)
    return calls


def a_part(name: str, state: str = "running", detail: str = "") -> PartStatus:
    return PartStatus(name, state, 4711, "127.0.0.1:1", 300, detail, ())  # type: ignore[arg-type]


def a_stack(monkeypatch: pytest.MonkeyPatch, *parts: PartStatus) -> None:
    current = Stack(Places.under(), LAYOUT)
    monkeypatch.setattr(stack, "current", lambda _: current)
    monkeypatch.setattr(Stack, "status", lambda _: Status(parts))


def test_help_is_quick_and_loads_neither_flink_nor_kafka(root: Path) -> None:
    program = (
        "import sys\nfrom rekindle.cli.main import rekindle\n"
        "rekindle(['--help'], standalone_mode=False)\n"
        "print([name for name in ('pyflink', 'kafka', 'pydantic', 'psutil', 'requests') if name in sys.modules], file=sys.stderr)"
    )
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    answer = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert answer.stderr.strip() == "[]"
    assert all(name in answer.stdout for name in ("up", "down", "status", "doctor", "topics", "check", "tables", "run", "demo", "bench"))
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 0.5


def test_an_error_is_one_line_with_its_remedy_and_its_exit_code(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    for error, code in ((SettingsError("no java", "install it"), 2), (RunError("broker died", "read the log"), 3)):
        monkeypatch.setattr(stack, "up", lambda *_, error=error, **__: (_ for _ in ()).throw(error))
        result = invoke("up")
        assert (result.exit_code, result.stdout) == (code, "")
        assert result.stderr == f"error: {error.message}; {error.hint}\n"


def test_a_traceback_is_shown_only_with_debug(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stack, "down", lambda *_: 1 // 0)
    plain, debug = invoke("down"), invoke("--debug", "down")
    assert plain.exit_code == debug.exit_code == 3
    assert (
        plain.stderr
        == "error: unexpected ZeroDivisionError: integer division or modulo by zero; run it again with --debug for the traceback\n"
    )
    assert "Traceback" in debug.stderr
    assert "error: unexpected ZeroDivisionError" in debug.stderr


@pytest.mark.parametrize("arguments", [["fly"], ["up", "--kafka-port", "0"], ["up", "--state-backend", "tape"], ["run"]])
def test_usage_errors_exit_with_2(invoke: Invoke, arguments: list[str]) -> None:
    assert invoke(*arguments).exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["--settings", "absent.yaml", "up"],
            "error: absent.yaml: cannot be read: No such file or directory; give an existing file with --settings\n",
        ),
        (["--set", "kafka.server=x", "up"], "error: settings: kafka.server: unknown key\n"),
        (["--set", "flink.state_backend=tape", "up"], "error: settings: flink.state_backend: Input should be 'hashmap' or 'rocksdb'\n"),
    ],
)
def test_a_bad_setting_is_told_in_one_line(invoke: Invoke, arguments: list[str], said: str) -> None:
    result = invoke(*arguments)
    assert (result.exit_code, result.stderr) == (2, said)


def test_up_passes_what_was_asked_and_shows_the_parts(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, Wishes]] = []

    def up(state_dir: str, wishes: Wishes, report: Callable[[str], None]) -> Stack:
        asked.append((state_dir, wishes))
        report("starting kafka")
        return Stack(Places.under(state_dir), LAYOUT)

    monkeypatch.setattr(stack, "up", up)
    monkeypatch.setattr(Stack, "status", lambda _: Status((a_part("kafka"),)))
    result = invoke(
        "--state-dir", "there", "--set", "flink.checkpoint_interval=3 s", "up", "--kafka-port", "20101", "--slots", "4", "--json"
    )
    assert asked == [("there", Wishes(kafka_port=20101, slots=4, checkpoint_interval_ms=3000))]
    assert result.stderr == "starting kafka\n"
    answer = json.loads(result.stdout)
    assert (answer["up"], answer["kafka"], answer["flink"]) == (True, "127.0.0.1:20101", "http://127.0.0.1:20102")
    assert answer["parts"][0]["part"] == "kafka"


def test_status_exit_codes_tell_running_from_absent_and_broken(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    absent = invoke("status")
    assert (absent.exit_code, absent.stdout) == (1, "the local stack is not up: run `rekindle up`\n")
    assert json.loads(invoke("status", "--json").stdout) == {"up": False, "parts": []}
    a_stack(monkeypatch, a_part("kafka"))
    assert invoke("status").exit_code == 0
    a_stack(monkeypatch, a_part("kafka"), a_part("esp", "dead", "OSError: gone (esp.out)"))
    broken = invoke("status")
    assert broken.exit_code == 3
    assert "OSError: gone (esp.out)" in broken.stdout


def test_a_long_line_is_not_wrapped_when_piped(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    detail = "word " * 60 + "end"
    a_stack(monkeypatch, a_part("kafka", "dead", detail))
    assert detail in invoke("status").stdout


def test_down_says_what_it_stopped(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stack, "down", lambda state_dir, wipe: ["kafka"] if wipe else [])
    assert invoke("down").stdout == "nothing was running\n"
    assert invoke("down", "--wipe").stdout == "stopped: kafka\n"
    assert json.loads(invoke("down", "--wipe", "--json").stdout) == {"stopped": ["kafka"], "wiped": True}


def settings_of(invoke: Invoke, submitted: list[Settings], *arguments: str) -> Settings:
    result = invoke(*arguments, "run", "ingest", "gate", "--json")
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout) == [{"name": "ingest", "job_id": "id-ingest"}, {"name": "gate", "job_id": "id-gate"}]
    return submitted[-1]


def test_run_uses_the_local_stack_where_settings_say_nothing(invoke: Invoke, submitted: list[Settings], tmp_path: Path) -> None:
    assert settings_of(invoke, submitted).kafka.servers == "127.0.0.1:9092"
    layouts.write(tmp_path / ".rekindle" / "stack.json", LAYOUT)
    settings = settings_of(invoke, submitted)
    assert (settings.kafka.servers, settings.flink.rest_url) == ("127.0.0.1:20101", "http://127.0.0.1:20102")
    assert settings.destinations["default"].model_dump()["url"] == "http://127.0.0.1:20103/webhook"


def test_settings_win_over_the_local_stack(
    invoke: Invoke, submitted: list[Settings], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layouts.write(tmp_path / ".rekindle" / "stack.json", LAYOUT)
    (tmp_path / "mine.yaml").write_text("kafka:\n  servers: kafka:9092\n")
    monkeypatch.setenv("REKINDLE_FLINK__REST_URL", "http://flink:8081")
    settings = settings_of(invoke, submitted, "--settings", "mine.yaml")
    assert (settings.kafka.servers, settings.flink.rest_url) == ("kafka:9092", "http://flink:8081")
    assert settings.destinations == {}  # sends of a real Kafka must not end at a fake


def test_run_waits_for_the_very_jobs_it_submitted(invoke: Invoke, submitted: list[Settings], monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = [Job("id-gate", "rekindle gate", "RUNNING", 1, 1, 2), Job("other", "foreign", "RUNNING", 1, 1, 1)]
    waited: list[set[str]] = []
    monkeypatch.setattr(FlinkRest, "jobs", lambda _: jobs)
    monkeypatch.setattr(FlinkRest, "wait_running", lambda _, names, limit: waited.append(names))
    assert invoke("run", "gate", "--wait").exit_code == 0
    assert waited == [{"rekindle gate"}]


def test_run_tells_an_absent_cluster_before_anything_is_started(invoke: Invoke) -> None:
    result = invoke("--set", "flink.rest_url=http://127.0.0.1:1", "run", "ingest")
    assert result.exit_code == 3
    assert result.stderr.startswith("error: Flink is not reachable at http://127.0.0.1:1 (flink.rest_url)")


def test_run_tells_missing_topics_with_the_remedy(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FlinkRest, "overview", lambda _: {})
    monkeypatch.setattr(kafka_admin, "admin", lambda servers, options: nullcontext())
    monkeypatch.setattr(kafka_admin, "show", lambda _: [])
    result = invoke("run", "ingest")
    assert result.exit_code == 3
    assert "topics missing at 127.0.0.1:9092: events.raw, events," in result.stderr
    assert result.stderr.endswith("; run `rekindle topics create`\n")


def test_a_state_file_of_a_layout_we_do_not_know_is_ignored(invoke: Invoke, submitted: list[Settings], tmp_path: Path) -> None:
    (tmp_path / ".rekindle").mkdir()
    (tmp_path / ".rekindle" / "stack.json").write_text('{"version": 99}')
    assert settings_of(invoke, submitted).kafka.servers == "127.0.0.1:9092"


def test_doctor_fails_only_on_what_must_be_mended(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    from rekindle.local import doctor
    from rekindle.local.doctor import Finding

    findings = [Finding("java", "ok", "Java 17"), Finding("maven", "warn", "no mvn", "install Maven")]
    monkeypatch.setattr(doctor, "examine", lambda _: findings)
    assert invoke("doctor").exit_code == 0
    findings.append(Finding("jars", "fail", "missing", "run `make setup`"))
    result = invoke("doctor")
    assert result.exit_code == 1
    assert "run `make setup`" in result.stdout
    assert [row["level"] for row in json.loads(invoke("doctor", "--json").stdout)] == ["ok", "warn", "fail"]
