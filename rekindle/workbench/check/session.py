"""One run of `rekindle check`, or many with `--watch`: files are read anew each time, the planner stays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from jobs.definitions import lock
from jobs.settings import Settings
from rekindle.workbench.check import checker
from rekindle.workbench.check.checker import Report
from rekindle.workbench.check.collect import Collected, collect
from rekindle.workbench.check.outcome import Outcome

if TYPE_CHECKING:
    from rekindle.workbench.check.planner import Planner


@dataclass
class Session:
    """state_dir: where the jars are. what: names and paths. root: folder of packs. report: told before what takes seconds."""

    settings: Settings
    state_dir: str
    what: Sequence[str]
    root: Path
    report: Callable[[str], None] | None = None

    def __post_init__(self) -> None:
        self._planner: Planner | None = None

    def check(self) -> Report:
        """Raises: SettingsError for an argument that is neither a trigger nor a path."""
        return checker.check(self.collected(), self.settings, self.judge)

    def collected(self) -> Collected:
        """Which files are meant now."""
        return collect(self.what, self.root)

    def watched(self) -> list[Path]:
        """Files whose change makes another check worth while: triggers, their tests, the packs' locks."""
        files = {one.path for one in (*self.collected().all_files, *self.collected().files)}
        tests = {path.with_name(path.name.removesuffix(".sql") + ".test.yaml") for path in files}
        return sorted(files | tests | {path.parent / lock.FILE for path in files} | {self.root / "any"})

    def judge(self, sql: str) -> Outcome:
        """Flink's verdict on a SELECT. Starts the JVM the first time: files without a SELECT need none."""
        if self._planner is None:
            if self.report:
                self.report("starting Flink's planner")
            from rekindle.local.paths import Places
            from rekindle.workbench import jvm

            jvm.start(Places.under(self.state_dir))
            from rekindle.workbench.check.planner import Planner

            self._planner = Planner(self.settings)
        return self._planner.judge(sql)
