"""The scripts behind `make setup` and CI: what they say when something is wrong, and what they leave behind."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import psutil
import pytest

from jobs.settings import process_environment
from tools.build_dist import ROOT


def run(*command: str | Path, **environ: str) -> subprocess.CompletedProcess[str]:
    words = [str(word) for word in command]
    return subprocess.run(words, env=process_environment() | environ, check=False, capture_output=True, text=True, timeout=600)


def test_nothing_is_said_when_nothing_is_missing() -> None:
    done = run(ROOT / "tools/check_prerequisites.sh", PYTHON=sys.executable)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_everything_missing_is_named_at_once_with_a_remedy() -> None:
    done = run(ROOT / "tools/check_prerequisites.sh", PYTHON="no-python", JAVA_HOME="/nonexistent", JAVAC="no-javac", MVN="no-mvn")
    assert done.returncode == 2
    missing = [line for line in done.stderr.splitlines() if line.startswith("missing: ")]
    assert [line.split()[1] for line in missing] == ["Python", "Java", "JDK", "Maven"]
    assert done.stderr.count("apt install") == len(missing)


def test_help_lists_the_documented_targets() -> None:
    listed = run("make", "--no-print-directory", "-C", ROOT, "help").stdout
    for target in ("setup", "demo", "test", "lint", "dist", "clean"):
        assert f"make {target} " in listed


@pytest.fixture
def fetch(tmp_path: Path) -> Path:
    """fetch_jars.sh in a folder of its own, with a Maven that copies `kafka/a.jar` and `flink/flink-sql-connector-x.jar`."""
    shutil.copy(ROOT / "connectors/fetch_jars.sh", tmp_path)
    maven = tmp_path / "bin" / "mvn"
    maven.parent.mkdir()
    maven.write_text(
        "#!/bin/sh\nfor word; do case $word in -Djars=*) to=${word#-Djars=};; esac; done\n"
        "mkdir -p $to/kafka $to/flink && echo a >$to/kafka/a.jar && echo x >$to/flink/flink-sql-connector-x.jar\n",
        encoding="utf-8",
    )
    maven.chmod(0o755)
    return tmp_path / "fetch_jars.sh"


def fetch_jars(fetch: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    return run(fetch, *words, PATH=f"{fetch.parent / 'bin'}:{process_environment()['PATH']}")


def test_jars_with_the_right_checksums_are_put_in_place_beside_what_was_built(fetch: Path, tmp_path: Path) -> None:
    jars = tmp_path / "jars"
    (jars / "flink").mkdir(parents=True)
    (jars / "flink" / "rekindle-flink-udfs.jar").touch()
    assert fetch_jars(fetch, "-u", jars).returncode == 0
    assert fetch_jars(fetch, jars).returncode == 0
    assert sorted(str(path.relative_to(jars)) for path in jars.rglob("*.jar")) == [
        "flink/flink-sql-connector-x.jar",
        "flink/rekindle-flink-udfs.jar",
        "kafka/a.jar",
    ]


def test_a_jar_with_a_wrong_checksum_is_named_and_nothing_is_put_in_place(fetch: Path, tmp_path: Path) -> None:
    fetch_jars(fetch, "-u", tmp_path / "first")
    sums = tmp_path / "jars.sha256"
    sums.write_text(sums.read_text().replace(sums.read_text()[:4], "0000", 1))
    done = fetch_jars(fetch, tmp_path / "second")
    assert done.returncode == 3
    assert "flink/flink-sql-connector-x.jar: FAILED" in done.stderr
    assert list((tmp_path / "second").rglob("*.jar")) == []


def test_a_jar_without_a_checksum_is_refused(fetch: Path, tmp_path: Path) -> None:
    fetch_jars(fetch, "-u", tmp_path / "first")
    sums = tmp_path / "jars.sha256"
    sums.write_text("".join(line for line in sums.read_text().splitlines(keepends=True) if "kafka" not in line))
    done = fetch_jars(fetch, tmp_path / "second")
    assert (done.returncode, "without a checksum" in done.stderr, "kafka/a.jar" in done.stderr) == (3, True, True)


def build_java(sources: Path, out: Path) -> subprocess.CompletedProcess[str]:
    return run(sys.executable, ROOT / "udfs/java/build.py", "--main", sources, "--connectors", sources, "--out", out)


@pytest.fixture
def java(tmp_path: Path) -> Path:
    """A source tree with one function and one resource."""
    sources = tmp_path / "main"
    (sources / "java/x").mkdir(parents=True)
    (sources / "resources/META-INF/services").mkdir(parents=True)
    (sources / "resources/META-INF/services/some.Factory").write_text("x.Echo\n")
    (sources / "java/x/Echo.java").write_text(
        "package x;\npublic class Echo extends org.apache.flink.table.functions.ScalarFunction {\n"
        "    public String eval(String text) { return text; }\n}\n"
    )
    return sources


def test_the_java_functions_are_built_once_and_always_to_the_same_bytes(java: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "first.jar", tmp_path / "second.jar"
    assert [build_java(java, jar).returncode for jar in (first, second)] == [0, 0]
    assert first.read_bytes() == second.read_bytes()
    with zipfile.ZipFile(first) as opened:
        assert opened.namelist() == ["META-INF/MANIFEST.MF", "META-INF/services/some.Factory", "x/Echo.class"]
    written = first.stat().st_mtime_ns
    assert build_java(java, first).stderr == ""
    assert first.stat().st_mtime_ns == written


def test_a_java_warning_fails_the_build_with_javacs_words(java: Path, tmp_path: Path) -> None:
    source = java / "java/x/Echo.java"
    source.write_text(source.read_text().replace("return text;", "java.util.List raw = null; return text;"))
    done = build_java(java, tmp_path / "out.jar")
    assert done.returncode == 3
    assert "[rawtypes] found raw type: List" in done.stderr
    assert not (tmp_path / "out.jar").exists()


def test_ci_ends_what_tests_leave_running_and_keeps_their_verdict(tmp_path: Path) -> None:
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci/run", tmp_path / ".ci/run")
    (tmp_path / "Makefile").write_text("test:\n\t@setsid sleep 600 & echo $$! >pid; echo 1 failed; exit 1\n")
    done = run("bash", tmp_path / ".ci/run", CI="true")
    assert done.returncode != 0
    assert done.stdout == "1 failed\n"
    assert "left behind: sleep 600" in done.stderr
    pid = int((tmp_path / "pid").read_text())
    deadline = time.monotonic() + 240
    while psutil.pid_exists(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
