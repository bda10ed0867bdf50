"""Which files a command means, and those that lie where no job reads them."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.errors import SettingsError
from rekindle.workbench.check.collect import Collected, collect


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in (
        "packs/core/cart_left.sql",
        "packs/core/price_dropped.sql",
        "packs/more/cart_left.sql",
        "drafts/a_new.sql",
        "drafts/x/b_new.sql",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "packs"


def names(collected: Collected) -> list[tuple[str, str | None]]:
    return [(one.shown, one.pack) for one in collected.files]


def test_nothing_named_means_all_packs(root: Path) -> None:
    assert names(collect([], root)) == [
        ("packs/core/cart_left.sql", "core"),
        ("packs/core/price_dropped.sql", "core"),
        ("packs/more/cart_left.sql", "more"),
    ]


def test_a_name_means_that_trigger_in_every_pack_that_has_it(root: Path) -> None:
    assert names(collect(["cart_left"], root)) == [("packs/core/cart_left.sql", "core"), ("packs/more/cart_left.sql", "more")]


def test_a_packs_name_means_its_triggers(root: Path) -> None:
    assert names(collect(["more"], root)) == [("packs/more/cart_left.sql", "more")]


def test_a_path_outside_the_packs_is_a_draft_and_one_inside_is_not(root: Path) -> None:
    found = collect(["drafts/a_new.sql", "packs/core/price_dropped.sql"], root)
    assert names(found) == [("drafts/a_new.sql", None), ("packs/core/price_dropped.sql", "core")]


def test_a_folder_means_all_below_it_each_file_once(root: Path) -> None:
    assert names(collect(["drafts", "drafts/a_new.sql"], root)) == [("drafts/a_new.sql", None), ("drafts/x/b_new.sql", None)]
    assert names(collect(["packs/more"], root)) == [("packs/more/cart_left.sql", "more")]


@pytest.mark.parametrize(
    ("argument", "hint"), [("cart_lef", "did you mean: cart_left"), ("zzz", "triggers: cart_left"), ("nope.sql", "triggers: ")]
)
def test_what_is_neither_a_trigger_nor_a_path_is_a_usage_error(root: Path, argument: str, hint: str) -> None:
    with pytest.raises(SettingsError) as error:
        collect([argument], root)
    assert error.value.exit_code == 2
    assert error.value.hint.startswith(hint)


def test_files_beside_or_below_packs_are_found_though_nothing_reads_them(root: Path) -> None:
    (root / "lost.sql").write_text("", encoding="utf-8")
    (root / "core" / "old").mkdir()
    (root / "core" / "old" / "cart_left.sql").write_text("", encoding="utf-8")
    found = collect([], root)
    assert [(one.code, one.path) for one in found.findings] == [("T010", "packs/core/old/cart_left.sql"), ("T010", "packs/lost.sql")]
    assert collect(["cart_left"], root).findings == ()


def test_folders_that_link_round_in_a_circle_end(root: Path) -> None:
    (root / "core" / "again").symlink_to(root)
    (root / "core" / "loop").symlink_to(root / "core" / "loop")
    assert len(collect([], root).files) == 3
