"""A whole run over history: files in, decisions out."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from connectors.topics import TOPICS
from jobs.definitions.trigger import Trigger
from jobs.gate.decisions import Decision
from jobs.gate.replay import Broken
from jobs.settings import Settings
from rekindle.workbench.history import given, logs, stages
from rekindle.workbench.history.environment import offline_settings
from rekindle.workbench.history.given import Garbage
from rekindle.workbench.history.running import Report

_VERSIONED = {"profiles": ("person_id", "updated_at"), "catalog": ("product_id", "updated_at"), "identities": ("device_id", "at")}
"""Tables given as files: key and the time from which a row counts."""


@dataclass(frozen=True)
class Given:
    """What a person gives. events: files of raw events, read one after the other; the rest: rows of the topics of these names."""

    events: Sequence[Path]
    profiles: Path | None = None
    catalog: Path | None = None
    identities: Path | None = None


@dataclass
class History:
    """Raw history turned into published tables, in `folder`. lines: read. garbage: of each file that has some."""

    settings: Settings
    folder: Path
    lines: int = 0
    garbage: list[Garbage] = field(default_factory=list)

    def decide(self, triggers: Sequence[Trigger], report: Report | None = None) -> list[Decision]:
        """What the gate would have decided, by time, person and id. May be asked again with another version of the triggers.

        Raises: RunError; DefinitionError when a trigger cannot be planned.
        """
        folder = Path(tempfile.mkdtemp(dir=self.folder))
        for topic in TOPICS:
            if (self.folder / topic).is_dir():
                (folder / topic).symlink_to(self.folder / topic)
        stages.evaluate(self.settings, folder, triggers, report)
        decisions, broken = [], Garbage("candidates")
        for decided in stages.gate(self.settings, folder, triggers, report):
            if isinstance(decided, Broken):
                broken.add(0, decided.detail)
            else:
                decisions.append(decided)
        shutil.rmtree(folder)
        if broken:
            self.garbage.append(broken)
        return sorted(
            decisions, key=lambda one: (one.decided_at, one.candidate.person_id, one.candidate.fired_at, one.candidate.trigger_id)
        )


@contextmanager
def history(
    settings: Settings, files: Given, triggers: Sequence[Trigger], parallelism: int = 1, report: Report | None = None
) -> Iterator[History]:
    """Reads the files and runs `ingest` over them. triggers: all that will be decided about. Leaves nothing behind.

    Raises: SettingsError for a file that is not there, RunError.
    """
    with tempfile.TemporaryDirectory(prefix="rekindle-") as name:
        found = History(offline_settings(settings, parallelism), Path(name))
        for topic, (key, time) in _VERSIONED.items():
            path = getattr(files, topic)
            if path is not None:
                records, garbage = given.versions(path, key, time)
                logs.write(found.folder / topic, records)
                found.garbage += [garbage] if garbage else []
        raw = [part for path in files.events for part in given.files(path)]
        cut = stages.ingest(found.settings, found.folder, raw, triggers, report)
        found.garbage += _unreadable(found.folder, raw, cut)
        found.lines = stages_lines()
        yield found


def stages_lines() -> int:
    """Lines that were read by the last job."""
    from pyflink.java_gateway import get_gateway

    return int(get_gateway().jvm.io.rekindle.flink.log.Progress.rows())


def _unreadable(folder: Path, raw: Sequence[Path], cut: Sequence[str]) -> list[Garbage]:
    """Dead letters of `ingest` by file and line."""
    rows = sorted((int(row["offset"]), str(row["reason"])) for row in map(_row, logs.read(folder / "dead_letters")))
    found = []
    starts = _starts(raw) if rows and len(raw) > 1 else [0]
    for place, path in enumerate(raw):
        garbage = Garbage(path.name)
        first, last = starts[place] if place < len(starts) else 0, starts[place + 1] if place + 1 < len(starts) else None
        for offset, reason in rows:
            if offset >= first and (last is None or offset < last):
                garbage.add(offset - first + 1, reason)
        if path.name in cut:
            garbage.add(0, "cut_off")
        found += [garbage] if garbage else []
    return found


def _starts(raw: Sequence[Path]) -> list[int]:
    """Number of the first line of each file."""
    starts, total = [], 0
    for path in raw:
        starts.append(total)
        with path.open("rb") as file:
            total += sum(1 for _ in file)
    return starts


def _row(record: logs.Record) -> dict[str, Any]:
    row: dict[str, Any] = orjson.loads(record.value or b"{}")
    return row
