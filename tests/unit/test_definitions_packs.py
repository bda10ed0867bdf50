"""Packs: folders of trigger files."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.definitions import packs
from jobs.definitions.findings import FindingsError
from jobs.errors import DefinitionError
from tests.unit.a_trigger import a_file


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "core").mkdir()
    return tmp_path / "core"


def load(folder: Path) -> list[str]:
    return [trigger.name for trigger in packs.load(folder.name, folder.parent)]


def test_a_pack_is_its_sql_files_by_name(folder: Path) -> None:
    for name in ("b_two", "a_one"):
        (folder / f"{name}.sql").write_text(a_file(name=name), encoding="utf-8")
    (folder / "a_one.test.yaml").write_text("x: 1", encoding="utf-8")
    (folder / "pack.lock").write_text("", encoding="utf-8")
    assert load(folder) == ["a_one", "b_two"]


def test_a_pack_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match="pack 'nope' does not exist"):
        packs.load("nope", tmp_path)


def test_findings_of_all_files_come_in_one_run(folder: Path) -> None:
    (folder / "a_bad.sql").write_text(a_file(name="a_bad", leave_out="owner"), encoding="utf-8")
    (folder / "b_latin.sql").write_bytes(a_file(description="é").encode("latin-1"))
    (folder / "c_other.sql").write_text(a_file(name="a_name"), encoding="utf-8")
    (folder / "d_good.sql").write_text(a_file(name="d_good"), encoding="utf-8")
    (folder / "e_two.sql").write_text(a_file("SELECT 1; SELECT 2", name="e_two"), encoding="utf-8")
    with pytest.raises(DefinitionError) as error:
        load(folder)
    assert str(error.value).splitlines() == [
        f"{folder}/a_bad.sql:2:1: owner: is missing",
        "  = add a line like: owner: lifecycle@shop.example",
        f"{folder}/b_latin.sql:3:14: is not UTF-8: byte 0xe9",
        "  = save it as UTF-8",
        f"{folder}/c_other.sql:2:7: name 'a_name' is not the file's name",
        "  = name: c_other, or rename the file",
        f"{folder}/e_two.sql:9:11: more than one statement",
        "  = a trigger is exactly one SELECT",
    ]


@pytest.mark.parametrize("make", ["huge", "loop", "folder", "zero"])
def test_what_is_no_text_of_a_size_is_one_finding_and_hides_no_other(folder: Path, make: str) -> None:
    broken = folder / "a_broken.sql"
    if make == "huge":
        broken.write_text(a_file("SELECT 1 -- " + "x" * 70_000), encoding="utf-8")
    elif make == "loop":
        broken.symlink_to(broken)
    elif make == "folder":
        broken.mkdir()
    else:
        broken.write_text(a_file("SELECT \0"), encoding="utf-8")
    (folder / "b_bad.sql").write_text(a_file(name="b_bad", leave_out="owner"), encoding="utf-8")
    with pytest.raises(FindingsError) as error:
        load(folder)
    assert [(one.code, one.path.rpartition("/")[2]) for one in error.value.findings] == [("T001", "a_broken.sql"), ("T005", "b_bad.sql")]


@pytest.mark.parametrize("status", ["draft", "active", "paused", "retired"])
def test_only_what_is_active_runs(folder: Path, status: str) -> None:
    (folder / "a_test.sql").write_text(a_file(status=status), encoding="utf-8")
    assert [trigger.header.status for trigger in packs.active(["core"], folder.parent)] == (["active"] if status == "active" else [])
