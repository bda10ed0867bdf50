"""Every rule's own examples: the bad one is found, by that rule and no other; the good one passes."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.settings import load
from rekindle.workbench.check import checker
from rekindle.workbench.check.collect import collect
from rekindle.workbench.check.planner import Planner
from rekindle.workbench.check.rules import EXPLAINED
from rekindle.workbench.check.rules.base import Example, Rule
from rekindle.workbench.check.rules.examples import files_of
from tests.flink.mini_cluster import MiniCluster

SETTINGS = load(overrides=["destinations.default.url=https://esp.example/x"], environ={})
every_rule = pytest.mark.parametrize("rule", EXPLAINED, ids=lambda rule: f"{rule.code} {type(rule).__name__}")


@pytest.fixture(scope="module")
def planner(flink: MiniCluster) -> Planner:
    return Planner(SETTINGS)


def codes(planner: Planner, folder: Path, example: Example) -> set[str]:
    """Codes of what is found in a folder of packs that holds the example."""
    for name, text in files_of(example).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    report = checker.check(collect([], folder), SETTINGS, planner.judge)
    return {f"{one.code}: {one.message}" for one in report.findings}


@every_rule
def test_the_bad_example_is_found_by_its_rule_and_no_other(planner: Planner, tmp_path: Path, rule: Rule) -> None:
    if rule.bad.prose:
        pytest.skip("no text can show it: see tests/unit/test_definitions_packs.py")
    assert {one.partition(":")[0] for one in codes(planner, tmp_path, rule.bad)} == {rule.code}


@every_rule
def test_the_good_example_passes(planner: Planner, tmp_path: Path, rule: Rule) -> None:
    assert codes(planner, tmp_path, rule.good) == set()
