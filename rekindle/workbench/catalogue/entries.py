"""Every trigger there is, with its pack, what it reads, what it hands on and what its cases say."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from jobs.definitions import files, packs, published
from jobs.definitions.findings import Finding
from jobs.definitions.tokens import Token, tokens
from jobs.definitions.trigger import Trigger
from jobs.errors import SettingsError
from rekindle.workbench.cases import files as case_files
from rekindle.workbench.cases.case import Case
from rekindle.workbench.cases.select import ENDING

_READ_AFTER = ("FROM", "JOIN", "TABLE")


@dataclass(frozen=True)
class Entry:
    """One trigger of the catalogue. note: the paragraph for the marketer; empty when there is none. reads: published tables, as they come.

    payload: key → SQL expression. cases: of its test file; case_lines: that file's lines.
    """

    pack: str
    trigger: Trigger
    note: str
    reads: tuple[str, ...]
    payload: dict[str, str]
    cases: tuple[Case, ...]
    case_lines: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.trigger.name

    def runs(self, on: Collection[str]) -> bool:
        """Whether it is live with these packs."""
        return self.pack in on and self.trigger.header.status == "active"

    def summary(self, on: Collection[str]) -> dict[str, Any]:
        """A row of `rekindle list --json`."""
        header = self.trigger.header
        return {
            "name": self.name,
            "pack": self.pack,
            "runs": self.runs(on),
            "status": header.status,
            "version": header.version,
            "question": header.description,
            "owner": header.owner,
            "reads": list(self.reads),
            "cases": len(self.cases),
            "path": self.trigger.path,
        }

    def details(self, on: Collection[str]) -> dict[str, Any]:
        """What `rekindle show --json` prints: beside the summary the header with defaults, the SELECT as written, payload, sentences."""
        header = self.trigger.header.model_dump(mode="json")
        return self.summary(on) | {
            "note": self.note,
            "header": header,
            "sql": self.trigger.query.rstrip(),
            "payload": self.payload,
            "cases": [{"sentence": case.sentence, "fires": fires(case)} for case in self.cases],
        }


@dataclass
class Catalogue:
    """entries: by pack and name. findings: what is wrong with files; it hides none of the rest."""

    entries: list[Entry] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def find(self, name: str) -> Entry:
        """Raises: SettingsError for a name nobody knows."""
        for entry in self.entries:
            if entry.name == name:
                return entry
        raise SettingsError(f"no trigger '{name}'", f"one of {', '.join(entry.name for entry in self.entries)}")


def load(root: Path | None = None) -> Catalogue:
    """Every trigger file of every pack. root: folder of packs; default the one that ships."""
    found = Catalogue()
    for pack, file, path in packs.placed(root):
        draft = files.draft(file, path)
        wrong = [*draft.findings, *packs.named_as_its_file(draft)]
        if wrong:
            found.findings += wrong
            continue
        found.entries.append(_entry(pack, draft.trigger(), file if isinstance(file, Path) else None, found))
    return found


def fires(case: Case) -> bool:
    """Whether a mail comes out in the end, as far as the case looks: at sends, else at decisions, else at candidates."""
    for kind in ("triggers", "decisions", "candidates"):
        if any(kind in step.expect for step in case.steps):
            rows = [row for step in case.steps for row in step.expect.get(kind, ())]
            return any(kind != "decisions" or row.get("verdict") == "sent" for row in rows)
    return False


def read_tables(sql: str) -> tuple[str, ...]:
    """Published tables a SELECT reads, in the order they are named."""
    known = published.tables()
    words = list(tokens(sql))
    found = [after.text.strip("`") for before, after in pairwise(words) if before.is_word(*_READ_AFTER)]
    return tuple(dict.fromkeys(name for name in found if name in known))


def payload_of(sql: str) -> dict[str, str]:
    """Keys of the `JSON_OBJECT(…) AS payload` with their expressions as written; empty when it is made in another way."""
    words = list(tokens(sql))
    for start, token in enumerate(words):
        if token.is_word("JSON_OBJECT"):
            end = _closing(words, start + 1)
            if [one.text.upper() for one in words[end + 1 : end + 3]] == ["AS", "PAYLOAD"]:
                return dict(_keys(sql, words[start + 2 : end]))
    return {}


def _closing(words: list[Token], start: int) -> int:
    depth = 0
    for place in range(start, len(words)):
        depth += (words[place].text == "(") - (words[place].text == ")")
        if depth == 0:
            return place
    return len(words) - 1


def _keys(sql: str, words: list[Token]) -> Iterable[tuple[str, str]]:
    """`KEY 'x' VALUE expression, …` → pairs."""
    depth, start = 0, 0
    for place in range(len(words) + 1):
        end = place == len(words)
        depth += 0 if end else (words[place].text == "(") - (words[place].text == ")")
        if end or (depth == 0 and words[place].text == ","):
            part = words[start:place]
            if len(part) > 3 and part[0].is_word("KEY") and part[2].is_word("VALUE"):
                yield part[1].text.strip("'"), " ".join(sql[part[3].start : part[-1].end].split())
            start = place + 1


def _entry(pack: str, trigger: Trigger, file: Path | None, found: Catalogue) -> Entry:
    beside = None if file is None else file.parent / f"{trigger.name}{ENDING}"
    cases: tuple[Case, ...] = ()
    lines: tuple[str, ...] = ()
    if beside is not None and beside.is_file():
        read = case_files.read(beside, trigger.path.removesuffix(".sql") + ENDING, trigger.name)
        found.findings += read.findings
        cases = tuple(read.cases)
        lines = tuple(beside.read_text(encoding="utf-8").splitlines()) if cases else ()
    return Entry(pack, trigger, note_of(trigger.query), read_tables(trigger.query), payload_of(trigger.query), cases, lines)


def note_of(sql: str) -> str:
    """The comment lines before the SELECT, as one paragraph."""
    lines = []
    for line in sql.lstrip().splitlines():
        if not line.startswith("--"):
            break
        lines.append(line.removeprefix("--").strip())
    text = " ".join(lines).removeprefix("For the marketer: ")
    return text[:1].upper() + text[1:]
