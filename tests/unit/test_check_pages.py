"""docs/rules.md is what the rules say of themselves."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from rekindle.workbench.check.pages import markdown
from rekindle.workbench.check.rules import EXPLAINED
from rekindle.workbench.check.rules.base import Rule


def test_the_page_is_up_to_date(root: Path) -> None:
    written = (root / "docs" / "rules.md").read_text(encoding="utf-8")
    assert written == markdown(), "run: python -m rekindle.cli.main check --rules > docs/rules.md"


def test_every_code_belongs_to_one_rule() -> None:
    assert [code for code, count in Counter(rule.code for rule in EXPLAINED).items() if count > 1] == []


@pytest.mark.parametrize("rule", EXPLAINED, ids=lambda rule: rule.code)
def test_every_rule_says_what_and_why_in_sentences(rule: Rule) -> None:
    assert rule.sentence.endswith(".")
    assert len(rule.why()) > 20
    assert rule.bad != rule.good


def test_every_code_that_is_given_is_explained(root: Path) -> None:
    import re

    used = set()
    for folder in ("jobs", "rekindle"):
        for path in (root / folder).rglob("*.py"):
            used |= set(re.findall(r'"(T0\d\d)"', path.read_text(encoding="utf-8")))
    assert used - {rule.code for rule in EXPLAINED} == set()
