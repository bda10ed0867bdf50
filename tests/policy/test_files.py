"""What no file of the project may hold: paths of somebody's machine, hosts of package registries."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.policy.project_files import ROOT, name_of, project_files

# Put together here, so that this file is not a finding of its own.
FOLDERS = ("ro" + "ot", "wo" + "rk", "tm" + "p/w", "ho" + "me/[a-z]+", "Us" + "ers/")
MACHINE_PATH = re.compile(r"(?<![\w.~$)}\]>-])/(?:" + "|".join(FOLDERS) + r")(?=[/\s'\"`:;,)]|$)")
REGISTRIES = re.compile(
    "|".join(
        re.escape(".".join(parts))
        for parts in (
            ("pypi", "org"),
            ("pythonhosted", "org"),
            ("maven", "org"),
            ("repo", "maven", "apache", "org"),
            ("npmjs", "org"),
            ("crates", "io"),
            ("proxy", "golang", "org"),
            ("deb", "debian", "org"),
        )
    )
)
INDEX_OPTION = re.compile(r"^\s*(--(extra-)?index-url|-i|--find-links|-f|--trusted-host)\b")


def lines() -> Iterator[tuple[Path, int, str]]:
    """(file, line number from 1, line) of every text file."""
    for path in project_files():
        content = path.read_bytes()
        if b"\0" not in content[:8192]:
            for number, line in enumerate(content.decode("utf-8", errors="replace").splitlines(), 1):
                yield path, number, line


def findings(pattern: re.Pattern[str]) -> list[str]:
    return [f"{name_of(path)}:{number}: {match[0]}" for path, number, line in lines() if (match := pattern.search(line))]


@pytest.mark.parametrize("text", [f"cd /{FOLDERS[1]}/main", f"'/{FOLDERS[0]}/.m2'", f"file:///{FOLDERS[2]}/x.jar", "/ho" + "me/ana/x"])
def test_a_path_of_one_machine_is_recognised(text: str) -> None:
    assert MACHINE_PATH.search(text)


@pytest.mark.parametrize("text", [f"a/{FOLDERS[1]}/b", f"../{FOLDERS[1]}", f"${{X}}/{FOLDERS[0]}/", "/opt/venv/bin", "/tmp/dist"])
def test_other_paths_are_left_alone(text: str) -> None:
    assert not MACHINE_PATH.search(text)


def test_no_file_names_a_path_of_one_machine() -> None:
    assert findings(MACHINE_PATH) == []


def test_no_file_names_a_registrys_host() -> None:
    assert findings(REGISTRIES) == []


def test_requirements_name_no_index_and_hash_every_package() -> None:
    for path in sorted((ROOT / "requirements").glob("*.txt")):
        text = path.read_text(encoding="utf-8")
        assert [line for line in text.splitlines() if INDEX_OPTION.match(line)] == [], path.name
        for entry in re.split(r"\n(?=[a-z0-9])", re.sub(r"(?m)^\s*#.*\n", "", text).strip()):
            assert re.match(r"[a-z0-9._-]+==\S+ \\\n\s+--hash=sha256:[0-9a-f]{64}", entry), f"{path.name}: {entry[:60]}"


def test_the_flink_2_3_environment_differs_in_flink_alone() -> None:
    def pins(name: str) -> set[str]:
        return set(re.findall(r"^[a-z0-9._-]+==\S+", (ROOT / "requirements" / name).read_text(encoding="utf-8"), re.MULTILINE))

    assert {pin.partition("==")[0] for pin in pins("runtime.txt") ^ pins("flink23.txt")} == {"apache-flink", "apache-flink-libraries"}
