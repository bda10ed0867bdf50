"""`rekindle new`: two files that work, under a name of their own; nothing is written over."""

from __future__ import annotations

import shutil
from importlib import resources
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from jobs.definitions import packs
from jobs.errors import RunError, SettingsError
from rekindle.cli.main import rekindle
from rekindle.workbench.catalogue import entries, scaffold

SHIPPED = [entry.name for entry in entries.load().entries]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A copy of the packs that ship."""
    return Path(shutil.copytree(Path(str(resources.files("sql"))) / packs.ROOT, tmp_path / "packs"))


def invoke(root: Path, *arguments: str) -> Result:
    return CliRunner().invoke(rekindle, ["--set", f"packs_dir={root}", *arguments])


@pytest.mark.parametrize("like", SHIPPED)
def test_a_new_trigger_is_a_draft_with_the_cases_of_its_model(root: Path, like: str) -> None:
    written = scaffold.write("tea_left", like, root=root)
    before, after = entries.load(root).find(like), entries.load(root).find("tea_left")
    header = after.trigger.header
    assert (header.name, header.status, header.version, after.pack) == ("tea_left", "draft", 1, before.pack)
    same = {"name", "status", "version", "description"}
    assert header.model_dump(exclude=same) == before.trigger.header.model_dump(exclude=same)
    assert after.trigger.select().partition("\n")[2] in before.trigger.select(), "its SELECT is not the model's"
    assert [case.sentence for case in after.cases] == [case.sentence for case in before.cases]
    assert entries.load(root).findings == []
    assert written.sql.parent == written.cases.parent == root / before.pack


def test_a_new_pack_is_a_folder(root: Path) -> None:
    assert scaffold.write("tea_left", "cart_abandoned", "tea", root).sql == root / "tea" / "tea_left.sql"
    assert packs.load("tea", root)[0].name == "tea_left"


def test_nothing_is_written_over(root: Path) -> None:
    (root / "core" / "tea_left.test.yaml").write_text("mine", encoding="utf-8")
    for name in ("tea_left", "price_dropped"):
        with pytest.raises(SettingsError, match="exists already"):
            scaffold.write(name, "cart_abandoned", "core", root)
    assert (root / "core" / "tea_left.test.yaml").read_text(encoding="utf-8") == "mine"
    assert not (root / "core" / "tea_left.sql").exists()


@pytest.mark.parametrize("name", ["Tea", "tea left", "../tea", "tea-left", "", "'"])
def test_a_name_no_trigger_can_have_is_refused_before_anything_is_written(root: Path, name: str) -> None:
    before = sorted(root.rglob("*"))
    with pytest.raises(SettingsError, match="name"):
        scaffold.write(name, "cart_abandoned", root=root)
    assert sorted(root.rglob("*")) == before


@pytest.mark.parametrize("pack", ["Tea", "../tea", "a b"])
def test_a_pack_no_folder_can_be_is_refused(root: Path, pack: str) -> None:
    with pytest.raises(SettingsError, match="pack"):
        scaffold.write("tea_left", "cart_abandoned", pack, root)


def test_a_folder_that_cannot_be_written_is_told(root: Path) -> None:
    (root / "tea").write_text("a file", encoding="utf-8")
    with pytest.raises(RunError, match="cannot be written"):
        scaffold.write("tea_left", "cart_abandoned", "tea", root)


def test_the_command_names_the_files_and_what_comes_next(root: Path) -> None:
    result = invoke(root, "new", "tea_left", "--like", "search_abandoned", "--pack", "core")
    assert result.exit_code == 0, result.output
    assert result.stdout.split() == [str(root / "core" / "tea_left.sql"), str(root / "core" / "tea_left.test.yaml")]
    assert "rekindle check" in result.stderr
    again = invoke(root, "new", "tea_left")
    assert (again.exit_code, again.stdout) == (2, "")
    assert "exists already" in again.stderr
