"""docs/first-trigger.md shows what the tool prints today."""

from __future__ import annotations

from pathlib import Path

from tests.flink.mini_cluster import MiniCluster
from tools import first_trigger


def test_the_first_trigger_goes_as_its_page_says(flink: MiniCluster, root: Path, jars: Path) -> None:
    played = first_trigger.page(jars.parent)
    assert played == (root / "docs" / "first-trigger.md").read_text(encoding="utf-8"), "tools/first_trigger.py > docs/first-trigger.md"
