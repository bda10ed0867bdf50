"""`rekindle check` as it is typed: packs, drafts, bad files; what is printed where, and exit codes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from jobs.definitions import lock
from jobs.definitions.meaning import meaning
from jobs.definitions.trigger import parse
from rekindle.cli import check_commands
from rekindle.cli.main import rekindle
from rekindle.workbench import watching
from rekindle.workbench.check.outcome import Outcome
from rekindle.workbench.check.planner import Planner
from rekindle.workbench.check.rules.examples import CART, TEST, a_file
from tests.flink.mini_cluster import MiniCluster

Run = Callable[..., Result]


@pytest.fixture
def run(flink: MiniCluster, jars: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command, in an empty folder whose `packs` are the packs. The JVM of this process plans."""
    (tmp_path / "packs").mkdir()
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(
        rekindle, ["--state-dir", str(jars.parent), "--set", "packs_dir=packs", "check", *arguments]
    )


def write(folder: Path, **files: str) -> None:
    """files: text by name, `__` for a slash; endings follow from the name."""
    for name, text in files.items():
        path = folder / f"{name.replace('__', '/')}.sql"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.with_name(f"{path.stem}.test.yaml").write_text(TEST, encoding="utf-8")


def test_what_ships_has_no_findings(flink: MiniCluster, jars: Path) -> None:
    answer = json.loads(CliRunner().invoke(rekindle, ["--state-dir", str(jars.parent), "check", "--json"]).stdout)
    assert answer["files"] >= 12
    assert answer["findings"] == []


def test_all_is_well_is_one_line_and_exit_code_0(run: Run, tmp_path: Path) -> None:
    write(tmp_path / "packs", core__cart_abandoned=a_file())
    answer = run()
    assert (answer.exit_code, answer.stdout) == (0, "1 file, 0 errors, 0 warnings\n")


def test_a_warning_does_not_fail(run: Run, tmp_path: Path) -> None:
    write(tmp_path / "packs", core__cart_abandoned=a_file(header={"cancel_on": "[Order Completed, Nobody Sends This]"}))
    answer = run()
    assert answer.exit_code == 0
    assert answer.stdout.startswith("warning[T056]")
    assert answer.stdout.endswith("1 file, 0 errors, 1 warning\n")


def test_a_draft_outside_the_packs_needs_no_test_and_is_checked_alone(run: Run, tmp_path: Path) -> None:
    write(tmp_path / "packs", core__cart_abandoned=a_file("SELECT 1"))
    (tmp_path / "draft.sql").write_text(a_file(), encoding="utf-8")
    answer = run("draft.sql")
    assert (answer.exit_code, answer.stdout) == (0, "1 file, 0 errors, 0 warnings\n")


def test_a_name_nobody_knows_is_a_usage_error_on_stderr(run: Run, tmp_path: Path) -> None:
    write(tmp_path / "packs", core__cart_abandoned=a_file())
    answer = run("cart_abandonned")
    assert (answer.exit_code, answer.stdout) == (2, "")
    assert "did you mean: cart_abandoned" in answer.stderr


def test_broken_files_have_one_clear_finding_each_and_hide_nothing_else(run: Run, tmp_path: Path) -> None:
    packs = tmp_path / "packs"
    write(
        packs,
        core__broken_yaml=a_file().replace("owner: lifecycle", "owner: [lifecycle"),
        core__two_selected=a_file(f"{CART};\n{CART}", {"name": "two_selected"}),
        core__ddl_made=a_file("DROP TABLE carts", {"name": "ddl_made"}),
        core__header_left="/* ---\nname: header_left\n",
        core__cart_abandoned=a_file(),
        more__cart_abandoned=a_file(),
        more__column_lost=a_file(f"{CART}\nWHERE nope = 1", {"name": "column_lost"}),
        more__test_broken=a_file(header={"name": "test_broken"}),
        core__deep__lost=a_file(header={"name": "lost"}),
    )
    (packs / "core" / "latin_saved.sql").write_bytes(a_file(header={"description": "é"}).encode("latin-1"))
    (packs / "core" / "huge_grown.sql").write_text(a_file(f"{CART} -- {'x' * 70_000}"), encoding="utf-8")
    (packs / "core" / "loop_linked.sql").symlink_to(packs / "core" / "loop_linked.sql")
    (packs / "more" / "test_broken.test.yaml").write_text(TEST.replace("item_count", "items_count"), encoding="utf-8")
    for name in ("latin_saved", "huge_grown", "loop_linked"):
        (packs / "core" / f"{name}.test.yaml").write_text(TEST, encoding="utf-8")
    answer = run("--json")
    told = {(one["path"].removeprefix("packs/"), one["code"], one["line"]) for one in json.loads(answer.stdout)["findings"]}
    assert answer.exit_code == 1
    assert told == {
        ("core/broken_yaml.sql", "T003", 5),
        ("core/two_selected.sql", "T007", 12),
        ("core/ddl_made.sql", "T007", 10),
        ("core/header_left.sql", "T002", 1),
        ("core/latin_saved.sql", "T001", 3),
        ("core/huge_grown.sql", "T001", 0),
        ("core/loop_linked.sql", "T001", 0),
        ("core/deep/lost.sql", "T010", 0),
        ("more/cart_abandoned.sql", "T013", 2),
        ("more/column_lost.sql", "T012", 12),
        ("more/test_broken.test.yaml", "T061", 4),
    }


def test_a_draft_that_breaks_does_not_break_the_next(run: Run, tmp_path: Path) -> None:
    for number, query in enumerate([CART, "SELECT nope FROM carts", CART, "SELECT", CART]):
        (tmp_path / f"{number}.sql").write_text(a_file(query), encoding="utf-8")
    findings = json.loads(run("--json", *(f"{number}.sql" for number in range(5))).stdout)["findings"]
    assert {one["path"] for one in findings} == {"1.sql", "3.sql"}


def test_watching_checks_again_after_a_change_and_plans_only_what_is_new(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "packs", core__cart_abandoned=a_file())
    file = tmp_path / "packs" / "core" / "cart_abandoned.sql"
    planned: list[str] = []
    judged = Planner._judged

    def noted(self: Planner, sql: str) -> Outcome:
        planned.append(sql)
        return judged(self, sql)

    monkeypatch.setattr(Planner, "_judged", noted)
    edits = iter([a_file(header={"cancel_on": None}), a_file("SELECT nope FROM carts")])

    def changes(paths: list[Path]) -> list[Path]:
        assert {file, file.with_name("cart_abandoned.test.yaml"), file.with_name("pack.lock")} <= {path.absolute() for path in paths}
        text = next(edits, None)
        if text is None:
            raise KeyboardInterrupt
        file.write_text(text, encoding="utf-8")
        return [file]

    monkeypatch.setattr(watching, "changes", changes)
    answer = run("--watch", "--json")
    reports = [json.loads(line) for line in answer.stdout.splitlines()]
    assert answer.exit_code == 0, answer.stderr
    assert [[one["code"] for one in report["findings"]] for report in reports] == [[], ["T051"], ["T012"]]
    assert planned == [CART, "SELECT nope FROM carts"]


def test_rules_can_be_printed_without_checking_anything(run: Run) -> None:
    answer = run("--rules")
    assert answer.exit_code == 0
    assert "## T044" in answer.stdout


def test_the_commands_options_are_what_the_help_says() -> None:
    assert {option.name for option in check_commands.check.params} == {"what", "watch", "rules", "json_"}


def test_the_lock_that_apply_writes_is_read_and_a_changed_meaning_asks_for_a_version(run: Run, tmp_path: Path) -> None:
    write(tmp_path / "packs", core__cart_abandoned=a_file())
    entry = lock.Entry("cart_abandoned", 1, meaning(parse(a_file(), "f.sql")), "d")
    gone = lock.Entry("price_dropped", 3, "m", "d", retired=True)
    written = lock.text(lock.Lock("core", "f", {"uid": "shape"}, (entry, gone)))
    (tmp_path / "packs" / "core" / "pack.lock").write_text(written, encoding="utf-8")
    assert run().exit_code == 0
    write(tmp_path / "packs", core__cart_abandoned=a_file(f"{CART}\nWHERE item_count > 1"))
    answer = run()
    assert answer.exit_code == 1
    assert "error[T055]: the meaning changed, the version is still 1\n" in answer.stdout
    assert "= version: 2\n" in answer.stdout
    write(tmp_path / "packs", core__cart_abandoned=a_file(f"{CART}\nWHERE item_count > 1", {"version": "2"}))
    assert run().exit_code == 0
