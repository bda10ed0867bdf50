"""rekindle.local.doctor, java and health"""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest

from jobs.errors import SettingsError
from rekindle.local import doctor, health, java
from rekindle.local.paths import Places

HERE, THERE = Path("/srv/rekindle"), Path("/srv/other")
LOCK = "# comment\naiohttp==3.14.5 \\\n    --hash=sha256:00\nruamel_yaml==0.19.1 ; python_version < '4'\napache-flink==2.2.1\n"


def test_pins_are_read_without_hashes_and_markers() -> None:
    assert doctor.parse_pins(LOCK) == {"aiohttp": "3.14.5", "ruamel-yaml": "0.19.1", "apache-flink": "2.2.1"}


@pytest.mark.parametrize(
    ("installed", "level", "said"),
    [
        ({"apache-flink": "2.2.1", "apache-flink-libraries": "2.2.1", "aiohttp": "3.14.5"}, "ok", "apache-flink 2.2.1"),
        ({"apache-flink": "2.3.0", "apache-flink-libraries": "2.3.0", "aiohttp": "3.14.5"}, "ok", "apache-flink 2.3.0"),
        ({"apache-flink": "2.2.1", "apache-flink-libraries": "2.2.1", "aiohttp": "3.13.0"}, "warn", "aiohttp 3.13.0 (locked 3.14.5)"),
        ({"apache-flink": "1.20.1", "apache-flink-libraries": "2.2.1", "aiohttp": "3.14.5"}, "fail", "found 1.20.1"),
        ({"apache-flink": "2.2.1", "aiohttp": "3.14.5"}, "fail", "not installed: apache-flink-libraries"),
    ],
)
def test_versions_are_compared_with_the_lock(installed: dict[str, str], level: str, said: str) -> None:
    finding = doctor.check_packages({"aiohttp": "3.14.5"}, installed.get)
    assert finding.level == level
    assert said in finding.fact


def test_packages_from_one_place_are_fine() -> None:
    assert doctor.check_imports({"rekindle": [HERE], "jobs": [HERE], "sql": [HERE]}).level == "ok"


def test_a_package_of_somebody_else_is_named_with_its_place() -> None:
    finding = doctor.check_imports({"rekindle": [HERE], "jobs": [THERE], "sql": [HERE, THERE]})
    assert finding.level == "fail"
    assert finding.fact == "shadowed: jobs from /srv/other; sql from /srv/rekindle, /srv/other"
    assert "ours is /srv/rekindle" in finding.remedy


def test_a_package_that_is_not_there_is_named() -> None:
    assert doctor.check_imports({"rekindle": [HERE], "udfs": []}).fact == "not importable: udfs"


def test_our_own_packages_come_from_this_checkout(root: Path) -> None:
    assert [doctor.package_roots(name) for name in doctor.PACKAGES] == [[root]] * len(doctor.PACKAGES)


@pytest.mark.parametrize(("available", "level"), [(8000, "ok"), (5000, "warn"), (2000, "fail")])
def test_memory_is_judged_by_what_the_demo_takes(available: int, level: str) -> None:
    assert doctor.check_memory(available).level == level


def test_only_python_3_11_fits() -> None:
    assert doctor.check_python((3, 11)).level == "ok"
    assert doctor.check_python((3, 12)).level == "fail"


def test_missing_jars_name_the_remedy(tmp_path: Path) -> None:
    finding = doctor.check_jars(Places.under(tmp_path))
    assert (finding.level, finding.remedy) == ("fail", "run `make setup`")
    assert "flink/rekindle-flink-udfs*.jar" in finding.fact


@pytest.mark.parametrize(
    ("text", "major"),
    [
        ('openjdk version "17.0.15" 2025-04-15', 17),
        ('java version "1.8.0_402"', 8),
        ('openjdk version "21" 2023-09-19', 21),
        ("sh: not found", None),
    ],
)
def test_the_java_version_is_read_from_its_own_words(text: str, major: int | None) -> None:
    assert java.parse_major(text) == major


def test_a_wrong_jdk_names_its_version_and_the_one_wanted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bin").mkdir()
    fake = tmp_path / "bin" / "java"
    fake.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\"' >&2\n")
    fake.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(SettingsError, match="is Java 11, not 17") as caught:
        java.find_java()
    assert "install JDK 17" in caught.value.hint


def test_a_java_home_without_java_is_not_passed_over_in_silence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(SettingsError, match="JAVA_HOME has no bin/java"):
        java.find_java()


def test_kafka_answers_only_when_somebody_writes_back() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        assert not health.kafka_answers(port, 0.1)  # the kernel accepts, as for a paused broker
        listener.accept()[0].close()

        def reply() -> None:
            connection, _ = listener.accept()
            with connection:
                assert connection.recv(64)[4:8] == b"\x00\x12\x00\x00"  # ApiVersions, version 0
                connection.sendall(b"\x00\x00\x00\x06")

        thread = threading.Thread(target=reply)
        thread.start()
        assert health.kafka_answers(port, 5)
        thread.join()
    assert not health.kafka_answers(port, 0.1)
