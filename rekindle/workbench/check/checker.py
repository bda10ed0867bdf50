"""Checks trigger files: form, place, tests, rules and Flink's planner. All files, all findings, at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from jobs.definitions import files, packs, refusals
from jobs.definitions.findings import Finding, FindingsError, by_place
from jobs.definitions.lock import Entry
from jobs.definitions.trigger import Draft
from jobs.settings import Settings
from rekindle.workbench.check import locks, testfiles
from rekindle.workbench.check.collect import Collected, File
from rekindle.workbench.check.outcome import Outcome
from rekindle.workbench.check.rules import RULES
from rekindle.workbench.check.rules.base import Subject

Judge = Callable[[str], Outcome]
"""A SELECT with literals → what Flink's planner makes of it."""
_EXPLAINED_BY = {"T012": {"T032"}, "T016": {"T039"}, "T018": {"T033", "T038", "T039", "T048"}}
"""A refusal that only follows from what a rule says better."""


@dataclass(frozen=True)
class Report:
    """files: how many were checked. texts: by shown path, to print the lines findings are about."""

    files: int
    findings: tuple[Finding, ...]
    texts: Mapping[str, str] = field(default_factory=dict)

    @property
    def errors(self) -> int:
        return sum(one.severity == "error" for one in self.findings)

    @property
    def warnings(self) -> int:
        return len(self.findings) - self.errors


def check(collected: Collected, settings: Settings, judge: Judge) -> Report:
    """judge: called once per SELECT that has the form of one; not at all when there is none."""
    drafts = {one.path: files.draft(one.path, one.shown) for one in collected.all_files}
    drafts |= {one.path: files.draft(one.path, one.shown) for one in collected.files if one.path not in drafts}
    findings = [*collected.findings]
    texts = {draft.path: draft.text for draft in drafts.values()}
    locked = {folder: locks.read(folder) for folder in {one.path.parent for one in collected.files if one.pack}}
    findings += [one for lock in locked.values() for one in lock.findings]
    for file in collected.files:
        draft = drafts[file.path]
        entry = locked[file.path.parent].entries.get(draft.read.header.name) if file.pack and draft.read.header else None
        findings += draft.findings
        findings += _of_select(draft, settings, judge, entry)
        if file.pack:
            findings += packs.named_as_its_file(draft)
            found, test = testfiles.check(file.path, file.shown)
            findings += found
            texts |= test
    findings += _duplicates(collected.files, collected.all_files, drafts)
    return Report(len(collected.files), tuple(by_place(findings)), texts)


def _of_select(draft: Draft, settings: Settings, judge: Judge, locked: Entry | None) -> Iterable[Finding]:
    """Rules over header and SELECT. What Flink refuses hides no rule that reads the text alone."""
    header, query = draft.read.header, draft.query
    plain = Subject(draft, settings, locked=locked)
    found = [one for rule in RULES for one in rule.header(plain, header)] if header is not None else []
    if query is None or (header is None and not draft.read.keys):  # without a readable header its parameters are not known
        return found
    try:
        rendered = query.rendered(draft.read.params)
    except FindingsError as error:
        return [*found, *(error.findings if header is not None or "params" not in draft.read.keys else ())]
    outcome = judge(rendered.text)
    subject = Subject(draft, settings, outcome, rendered, locked)
    if outcome.tree is not None:
        found += [one for rule in RULES for one in rule.select(subject)]
    if outcome.refusal is not None:
        told = refusals.finding(query, rendered, outcome.refusal)
        return found if _EXPLAINED_BY.get(told.code, set()) & {one.code for one in found} else [*found, told]
    star = any(one.code == "T031" for one in found)  # then the wrong columns are the star's, and told by it
    planned = [one for rule in RULES for one in rule.planned(subject, outcome)]
    return [*found, *(one for one in planned if not (star and one.code in ("T034", "T035")))]


def _duplicates(chosen: Sequence[File], everywhere: Sequence[File], drafts: Mapping[Path, Draft]) -> list[Finding]:
    """Two triggers of one name would share their trigger_ids: one would keep the other's mails back."""
    by_name: dict[str, list[File]] = {}
    for file in everywhere:
        header = drafts[file.path].read.header
        if header is not None:
            by_name.setdefault(header.name, []).append(file)
    found = []
    for name, same in by_name.items():
        for file in same[1:] if len(same) > 1 and set(same) & set(chosen) else ():
            place = drafts[file.path].read.values["name"]
            found.append(
                Finding("T013", file.shown, *place, f"'{name}' is also the name of {same[0].shown}", "names are unique over all packs")
            )
    return found
