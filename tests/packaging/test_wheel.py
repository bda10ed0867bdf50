"""The wheel and suite.zip: what is in them, what they say of themselves, that they work where there is no checkout."""

from __future__ import annotations

import re
import subprocess
import zipfile
from email import message_from_bytes
from email.message import Message
from pathlib import Path

import pytest

from tools.build_dist import PACKAGES, ROOT, SUITE, build_wheel, cut_suite

DATA = {".sql", ".yaml", ".json", ".lock"}
ELSEWHERE = r"""
import importlib, importlib.resources, sys
for name in sys.argv[2:]:
    module = importlib.import_module(name)
    assert module.__file__.startswith(sys.argv[1]), module.__file__
from connectors.topics import TOPICS
for topic in TOPICS.values():
    schema = importlib.resources.files("sql") / "schemas" / f"{topic.schema}.schema.json"
    assert schema.read_text("utf-8").lstrip().startswith("{"), topic
"""


def names(archive: Path) -> set[str]:
    with zipfile.ZipFile(archive) as opened:
        return set(opened.namelist())


def metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as opened:
        return message_from_bytes(opened.read(next(name for name in opened.namelist() if name.endswith(".dist-info/METADATA"))))


def in_the_sources(packages: tuple[str, ...]) -> set[str]:
    """Modules of packages and their data, as the wheel names them."""
    found = set()
    for path in (path for package in packages for path in (ROOT / package).rglob("*")):
        shipped = path.suffix in DATA or (path.is_file() and "data" in path.relative_to(ROOT).parts)
        if shipped or (path.suffix == ".py" and (path.parent / "__init__.py").exists()):
            found.add(path.relative_to(ROOT).as_posix())
    return found


def test_the_wheel_holds_every_module_and_data_file_and_nothing_else(wheel: Path) -> None:
    held = {name for name in names(wheel) if ".dist-info/" not in name}
    conf = {f"rekindle/flink_conf/{path.name}" for path in (ROOT / "flink-conf").glob("*.yaml")}
    assert held == in_the_sources(PACKAGES) | conf


def test_the_suite_is_the_wheel_without_the_tool(suite: Path) -> None:
    assert names(suite) == in_the_sources(SUITE)


def test_neither_names_a_folder_of_the_machine_that_built_it(wheel: Path, suite: Path) -> None:
    for archive in (wheel, suite):
        with zipfile.ZipFile(archive) as opened:
            guilty = [name for name in opened.namelist() if name.startswith("/") or str(ROOT).encode() in opened.read(name)]
        assert guilty == []


def test_the_same_sources_give_the_same_bytes(wheel: Path, suite: Path, tmp_path: Path) -> None:
    again = build_wheel(tmp_path)
    assert again.read_bytes() == wheel.read_bytes()
    assert cut_suite(again, tmp_path / "suite.zip").read_bytes() == suite.read_bytes()


def test_the_wheel_asks_for_the_flink_it_was_tested_with(wheel: Path) -> None:
    about = metadata(wheel)
    assert (about["Name"], about["License-Expression"], about["Requires-Python"]) == ("rekindle-flink", "Apache-2.0", "<3.12,>=3.11")
    assert {"apache-flink==2.2.1", "apache-flink-libraries==2.2.1"} <= set(about.get_all("Requires-Dist", []))


def test_the_changelog_speaks_of_the_version_that_is_built(wheel: Path) -> None:
    newest = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert newest is not None
    assert newest[1] == metadata(wheel)["Version"]


def test_licence_and_notice_are_in_the_wheel(wheel: Path) -> None:
    assert {"LICENSE", "NOTICE"} <= {Path(name).name for name in names(wheel)}


def run(*command: str | Path, where: Path) -> str:
    """Output of a command that must succeed, run in another folder than the project's."""
    done = subprocess.run([str(word) for word in command], cwd=where, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_packages_import_from_the_installed_wheel_with_their_data(installed: Path, tmp_path: Path) -> None:
    run(installed / "python", "-c", ELSEWHERE, installed.parent, *PACKAGES, where=tmp_path)


def test_the_packages_import_from_the_zip_as_flinks_workers_do(installed: Path, suite: Path, tmp_path: Path) -> None:
    run("env", f"PYTHONPATH={suite}", installed / "python", "-c", ELSEWHERE, suite, *SUITE, where=tmp_path)


@pytest.mark.parametrize("words", [["--help"], ["up", "--help"], ["run", "--help"], ["topics", "create", "--help"]])
def test_the_console_command_works_from_the_installed_wheel(installed: Path, tmp_path: Path, words: list[str]) -> None:
    assert run(installed / "rekindle", *words, where=tmp_path)


def test_the_installed_tool_finds_flinks_configuration(installed: Path, tmp_path: Path) -> None:
    found = run(installed / "python", "-c", "from rekindle.local.paths import flink_overlay; print(flink_overlay())", where=tmp_path)
    assert Path(found.strip()).is_relative_to(installed.parent)


def test_the_application_entry_point_explains_itself_without_a_jvm(installed: Path, tmp_path: Path) -> None:
    text = run("env", "JAVA_HOME=/nonexistent", installed / "python", ROOT / "docker" / "main.py", "--help", where=tmp_path)
    assert "--job" in text
    assert "--settings" in text


def test_the_application_entry_point_says_bad_settings_in_one_line(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("kafka: {partitons: 4}\n", encoding="utf-8")
    command = [installed / "python", ROOT / "docker" / "main.py", "--job", "gate", "--settings", "bad.yaml"]
    done = subprocess.run([str(word) for word in command], cwd=tmp_path, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (2, "error: bad.yaml: kafka.partitons: unknown key\n")
