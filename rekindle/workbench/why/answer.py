"""The whole answer of `rekindle why`: a document a machine can read, and the same as text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

from jobs.definitions import files, packs
from jobs.definitions.findings import FindingsError
from jobs.definitions.trigger import Trigger
from jobs.gate.instants import to_text
from rekindle.workbench.index import rows
from rekindle.workbench.index.rows import ALWAYS_KEPT, Kind
from rekindle.workbench.index.store import Index
from rekindle.workbench.why import lookup, misses, story
from rekindle.workbench.why.conditions import tokens
from rekindle.workbench.why.lookup import Person
from rekindle.workbench.why.words import listed, moment, printable

Document = dict[str, Any]
_TOLD_OF_TRIGGER = {"candidate", "decision"}


def wanted_events(packs_dir: str, more: Iterable[Trigger] = ()) -> frozenset[str]:
    """Names of events that triggers wait for or are cancelled by, as far as their text says them. A broken file is left out."""
    found = set(ALWAYS_KEPT)
    drafts = (files.draft(file, path) for _, file, path in packs.placed(packs.root_of(packs_dir)))
    usable = [draft.trigger() for draft in drafts if draft.query is not None and draft.read.header is not None and not draft.findings]
    for trigger in (*usable, *more):
        with suppress(FindingsError):  # an unknown parameter: `rekindle check` says so
            found |= {token.text[1:-1].replace("''", "'") for token in tokens(trigger.select()) if token.kind == "string"}
        found |= set(trigger.header.cancel_on)
    return frozenset(found)


def answer(index: Index, given: str, trigger: Trigger | None, runs: str, as_of: int, zone: str = "UTC") -> Document:
    """given: person id, device id or address. trigger: tell of it alone, and why not if it found nothing. runs: see misses.

    as_of: nothing that happened later, epoch ms.
    """
    person = lookup.find(index, given, as_of)
    name = trigger.name if trigger else None
    told = story.tell(person, _changed_by(index, person), zone, name)
    found_nothing = not any(one.kind in _TOLD_OF_TRIGGER and one.trigger == name for one in told)
    missed = misses.why_not(person, trigger, runs, as_of, zone) if trigger and found_nothing and person.known else []
    return {
        "person_id": person.person_id,
        "devices": sorted(one for one in person.devices if not one.startswith("user:")),
        "former_ids": list(person.former),
        "same_address": list(person.others),
        "erased_at": None if person.erased_at is None else to_text(person.erased_at),
        "known": person.known,
        "trigger": name,
        "as_of": to_text(as_of),
        "timezone": zone,
        "story": [{"at": to_text(one.at), "kind": one.kind, "trigger": one.trigger, "text": one.text, "facts": one.facts} for one in told],
        "why_not": [
            {
                "text": list(one.text),
                "table": one.table,
                "rows": one.rows,
                "nearest": one.nearest,
                "failed": [{"condition": verdict.condition, "values": dict(verdict.values)} for verdict in one.failed],
                "untold": list(one.untold),
            }
            for one in missed
        ],
    }


def text(document: Document) -> str:
    """The document for people."""
    return "\n".join(printable(line) for line in _lines(document))  # a search with a line break in it forges no line


def _lines(document: Document) -> Iterator[str]:
    zone = document["timezone"]
    who = f"Person {document['person_id']}" if document["person_id"] else "A device that is nobody's yet"
    if document["devices"]:
        who += f", device{'s' if len(document['devices']) > 1 else ''} {listed(document['devices'])}"
    if document["former_ids"]:
        who += f", formerly {listed(document['former_ids'])}"
    yield f"{who}. Times in {zone}, up to {moment(document['as_of'], zone)}."
    if document["same_address"]:
        yield f"The address was or is also that of {listed(document['same_address'])}."
    if document["erased_at"]:
        yield f"Erased at {moment(document['erased_at'], zone)}: what was before is not kept."
    yield ""
    for entry in document["story"]:
        yield f"{moment(entry['at'], zone)}  {entry['text']}"
    if not document["story"]:
        yield "Nothing is recorded of that."
    for miss in document["why_not"]:
        yield ""
        yield f"Why not {document['trigger']}? It found no reason to write."
        yield from miss["text"]


def _changed_by(index: Index, person: Person) -> dict[str, str]:
    """Control key → who, for the changes that decisions about the person name."""
    found = {}
    for fact in person.facts:
        evidence = fact.body.get("evidence") or {}
        key, at = evidence.get("control"), evidence.get("at")
        if fact.kind is Kind.DECISION and isinstance(key, str):
            for row in index.of([rows.control(key)], (Kind.CONTROL,)):
                body = lookup.body_of(row)
                if body.get("by") and body.get("at") == at:
                    found[key] = str(body["by"])
    return found
