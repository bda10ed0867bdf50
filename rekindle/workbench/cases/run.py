"""All cases in one run: topics are written, the jobs run over them, what comes out is dealt back to the cases."""

from __future__ import annotations

import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson

from jobs.definitions.findings import FindingsError
from jobs.definitions.trigger import Trigger
from jobs.durations import millis
from jobs.gate import contract
from jobs.gate.decisions import Decision
from jobs.settings import Settings
from rekindle.workbench.cases import base, feed, tables
from rekindle.workbench.cases.case import Case
from rekindle.workbench.cases.match import Difference, differences
from rekindle.workbench.history import logs, stages
from rekindle.workbench.history.environment import offline_settings
from rekindle.workbench.history.logs import Record

_NEVER = 1 << 62
Out = dict[str, list[tuple[int, dict[str, Any]]]]
"""By kind: (the watermark at which a row came out in epoch ms, the row)."""


@dataclass
class Result:
    """How a case ended. failures: (number of the step from 0, kind, what differs). error: why it could not run."""

    case: Case
    failures: list[tuple[int, str, Difference]] = field(default_factory=list)
    error: str = ""

    @property
    def passed(self) -> bool:
        return not self.failures and not self.error


def run(settings: Settings, triggers: Sequence[Trigger], cases: Sequence[Case]) -> list[Result]:
    """Results in the order of the cases. A trigger that cannot be planned fails its own cases only. Raises: RunError."""
    broken: dict[str, str] = {}
    while True:
        usable = [trigger for trigger in triggers if trigger.name not in broken]
        chosen = [case for case in cases if case.trigger not in broken]
        try:
            outs = outputs(settings, usable, chosen) if chosen else []
        except FindingsError as error:
            wrong = [trigger for trigger in usable if any(found.path == trigger.path for found in error.findings)]
            if not wrong:
                raise
            broken |= {trigger.name: str(error) for trigger in wrong}
            continue
        by_case = dict(zip((id(case) for case in chosen), outs, strict=True))
        return [_judged(case, by_case[id(case)]) if id(case) in by_case else Result(case, error=broken[case.trigger]) for case in cases]


def outputs(settings: Settings, triggers: Sequence[Trigger], cases: Sequence[Case]) -> list[Out]:
    """What comes out of each case, over all its steps."""
    settings = offline_settings(settings, step=timedelta(milliseconds=1))  # every instant is told
    folder = Path(tempfile.mkdtemp(prefix="rekindle-"))
    try:
        _write_topics(settings, folder, triggers, cases)
        stages.evaluate(settings, folder, triggers, lateness=True)
        candidates = _candidates(folder, cases)
        outs: list[Out] = [defaultdict(list) for _ in cases]
        emitted: dict[tuple[int, str, str], int] = {}
        for number, at, row in candidates:
            emitted[number, row["trigger_id"], row["fired_at"]] = at
            payload = row.get("payload")
            shown = row | {"payload": orjson.loads(payload) if payload else None}
            outs[number]["candidates"].append((at, feed.unmarked(shown)))
        if any("candidates" not in step.expect or len(step.expect) > 1 for case in cases for step in case.steps):
            _gate(settings, folder, triggers, outs, emitted)
        return outs
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _write_topics(settings: Settings, folder: Path, triggers: Sequence[Trigger], cases: Sequence[Case]) -> None:
    arrivals = feed.arrivals(cases, millis(settings.times.out_of_orderness))
    written: Mapping[str, list[Record]] = {}
    if lines := arrivals.pop(tables.RAW):
        raw = folder / "given.jsonl"
        raw.write_bytes(b"".join((one.record.value or b"") + b"\n" for one in lines))
        stages.ingest(settings, folder, [raw], triggers)
        written = {topic: list(logs.read(folder / topic)) for topic in base.TOPICS}
        for topic in base.TOPICS:
            shutil.rmtree(folder / topic, ignore_errors=True)
    for topic, given in arrivals.items():
        logs.write(folder / topic, feed.merged(given, written.get(topic, [])))


def _candidates(folder: Path, cases: Sequence[Case]) -> Iterator[tuple[int, int, dict[str, Any]]]:
    """(case, when it came out, row) of every candidate of a case's own trigger; the gate will see no other.

    A row comes out when the watermark reaches its T; one that was behind the watermark already, right after what that was. Where it stands
    among the heartbeats of the log does not tell: what is on time may come any time before.
    """
    given = {
        (row["trigger"], row["device_id"], row["occasion"], row["fired_at"]): row
        for row in (orjson.loads(record.value or b"{}") for record in logs.read(folder / stages.LATENESS))
    }
    found: list[tuple[int, int, dict[str, Any]]] = []
    kept: list[Record] = []
    for record in logs.read(folder / "trigger_candidates"):
        if feed.is_heartbeat(record):
            kept.append(record)
            continue
        row = orjson.loads(record.value or b"{}")
        number = feed.owner(str(row.get("device_id") or row.get("person_id")))
        if number is not None and cases[number].trigger == row["trigger"]:
            as_given = given.get((row["trigger"], row["device_id"], row["occasion"], record.at), {})
            seen = as_given.get("came_at") or 0
            row["user_id"] = as_given.get("user_id")
            found.append((number, record.at if record.at > seen else seen + 1, row))
            kept.append(record)
    shutil.rmtree(folder / "trigger_candidates")
    logs.write(folder / "trigger_candidates", kept)
    return iter(found)


def _gate(
    settings: Settings, folder: Path, triggers: Sequence[Trigger], outs: Sequence[Out], emitted: Mapping[tuple[int, str, str], int]
) -> None:
    for decided in stages.gate(settings, folder, triggers):
        if not isinstance(decided, Decision):
            continue
        candidate = decided.candidate
        row = orjson.loads(contract.decision_row(decided))
        number = feed.owner(candidate.device_id or candidate.person_id)
        if number is None:
            continue
        # what takes back a send comes by itself; it is not told which candidate it was of
        came = emitted.get((number, candidate.source_id, row["fired_at"]), _NEVER) if candidate.source_id else 0
        at = max(decided.decided_at, came)
        row |= {"occasion": candidate.occasion, "device_id": candidate.device_id}
        outs[number]["decisions"].append((at, feed.unmarked(row)))
        if decided.sent:
            outs[number]["triggers"].append((at, feed.unmarked(orjson.loads(contract.trigger_row(decided)))))


def _judged(case: Case, out: Out) -> Result:
    result, before = Result(case), -1
    for number, step in enumerate(case.steps):
        for kind, expected in step.expect.items():
            came = [row for at, row in out.get(kind, []) if before < at <= step.clock]
            result.failures += ((number, kind, one) for one in differences(expected, came))
        before = step.clock
    return result
