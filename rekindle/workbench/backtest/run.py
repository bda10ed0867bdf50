"""A backtest from its files to its result."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson

from jobs.definitions.trigger import Trigger
from jobs.gate import contract
from jobs.gate.decisions import Decision
from jobs.settings import Settings
from rekindle.workbench.backtest import lake
from rekindle.workbench.backtest.figures import within
from rekindle.workbench.history import stages
from rekindle.workbench.history.environment import offline_settings
from rekindle.workbench.history.given import Garbage
from rekindle.workbench.history.run import Given, history
from rekindle.workbench.history.running import Report


@dataclass(frozen=True)
class Asked:
    """What to run. since, until: only decisions with T in [since, until), epoch ms; rows before it still count as history."""

    trigger: Trigger
    files: Given
    against: Trigger | None = None
    lake: Path | None = None
    since: int | None = None
    until: int | None = None
    parallelism: int = 1


@dataclass(frozen=True)
class Found:
    """decisions: by D, person, T, id. before: of the version compared with. lines: read, garbage included."""

    decisions: list[Decision]
    before: list[Decision] | None
    lines: int
    garbage: list[Garbage] = field(default_factory=list)


def run(settings: Settings, asked: Asked, report: Report | None = None) -> Found:
    """Raises: SettingsError for files, DefinitionError for the trigger, RunError."""
    versions = [asked.trigger, *([asked.against] if asked.against is not None else [])]
    for version in versions:  # each by itself: they have one name
        stages.plan(offline_settings(settings), [version])
    with ExitStack() as stack:
        files = asked.files
        if asked.lake is not None:
            files = _from_lake(asked.lake, files, Path(stack.enter_context(TemporaryDirectory(prefix="rekindle-"))))
        past = stack.enter_context(history(settings, files, versions, asked.parallelism, report))
        decided = [within(past.decide([version], report), asked.since, asked.until) for version in versions]
        return Found(decided[0], decided[1] if len(decided) > 1 else None, past.lines, past.garbage)


def rows(decisions: Sequence[Decision]) -> tuple[bytes, bytes]:
    """(rows of `trigger_decisions`, rows of `triggers`) as JSON lines, in the order given."""
    decided = "".join(contract.decision_row(one) + "\n" for one in decisions)
    sends = "".join(contract.trigger_row(one) + "\n" for one in decisions if one.sent)
    return decided.encode(), sends.encode()


def _from_lake(folder: Path, files: Given, scratch: Path) -> Given:
    lake.write_lines(folder, scratch / "lake.jsonl")
    found = {}
    for topic in ("profiles", "catalog", "identities"):
        if getattr(files, topic) is None and (folder / topic).is_dir():
            found[topic] = scratch / f"{topic}.jsonl"
            found[topic].write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in lake.versions(folder, topic)))
    return replace(files, events=[scratch / "lake.jsonl", *files.events], **found)
