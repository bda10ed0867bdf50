"""Why there was not even a candidate: which rows the trigger could have met, and which condition the nearest of them missed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from jobs.definitions import published
from jobs.definitions.published import Table
from jobs.definitions.trigger import Trigger
from rekindle.workbench.index.rows import RECEIPTS, Kind
from rekindle.workbench.why import conditions
from rekindle.workbench.why.activity import is_machine
from rekindle.workbench.why.conditions import Select
from rekindle.workbench.why.evaluating import Rows, Verdict
from rekindle.workbench.why.lookup import Body, Person
from rekindle.workbench.why.words import count, listed, moment, span

_KINDS = {"carts": Kind.CART, "sessions": Kind.SESSION, "events": Kind.EVENT, "receipts": Kind.EVENT}
_NOT_KEPT = {
    "events": {"properties", "consent", "locale", "received_at", "flags"},
    "receipts": {"properties", "subject"},
}
_EVENT_IS = re.compile(r"`?event`?\s*=\s*'([^']*)'")
_WHAT = {"carts": "cart", "sessions": "visit", "events": "event", "receipts": "e-mail event"}


@dataclass(frozen=True)
class Miss:
    """text: sentences. rows: the person has in it. nearest: the one that came closest, what it missed, what cannot be told."""

    text: tuple[str, ...]
    table: str | None = None
    rows: int = 0
    nearest: Body | None = None
    failed: tuple[Verdict, ...] = ()
    untold: tuple[str, ...] = ()


@dataclass
class _Found:
    text: list[str] = field(default_factory=list)
    nearest: Body | None = None
    failed: tuple[Verdict, ...] = ()
    untold: tuple[str, ...] = ()


def why_not(person: Person, trigger: Trigger, runs: str, as_of: int, zone: str = "UTC") -> list[Miss]:
    """One per branch of the trigger's query. runs: empty, or the sentence that says why the trigger does not run. as_of: epoch ms."""
    query = conditions.take_apart(trigger.select())
    before = [runs] if runs else []
    return [_branch(person, query.chain(select), select, before, as_of, zone) for select in query.selects] or [
        Miss((*before, "Its query cannot be taken apart here; `rekindle preview` asks Flink."))
    ]


def _branch(person: Person, chain: Sequence[Select] | None, select: Select, before: list[str], as_of: int, zone: str) -> Miss:
    lowest = chain[0] if chain else None
    table = published.tables().get(lowest.table or "") if lowest else None
    if lowest is None or chain is None or table is None:
        return Miss((*before, "Its query cannot be taken apart here; `rekindle preview` asks Flink."))
    if table.name not in _KINDS:
        made = listed(published.MADE_OF.get(table.name, (table.name,)))
        return Miss((*before, f"It reads {table.name}, which is made of {made} while the jobs run: its rows are nowhere kept."), table.name)
    rows = _rows(person, table.name)
    what = _WHAT[table.name]
    if not rows:
        return Miss((*before, f"There is no {what} of this person that it could have looked at.{_open(table.name)}"), table.name)
    found = _nearest(table, rows, lowest, zone)
    if not found.failed:
        found.text += _after(chain, rows, found, table, as_of, zone)
    return Miss((*before, *found.text), table.name, len(rows), found.nearest, found.failed, found.untold)


def _rows(person: Person, table: str) -> list[Body]:
    """Rows of a published table, oldest first."""
    bodies = [fact.body for fact in person.facts if fact.kind is _KINDS[table] and (table != "receipts" or fact.word in RECEIPTS)]
    if table == "receipts":
        return [body | {"receipt_id": body.get("event_id"), "machine": is_machine(body)} for body in bodies]
    return bodies


def _open(table: str) -> str:
    return {
        "carts": " A cart counts once nothing has been done for five minutes.",
        "sessions": " A visit counts once nothing has been done for half an hour.",
    }.get(table, "")


def _nearest(table: Table, rows: list[Body], select: Select, zone: str) -> _Found:
    kept = [column.name for column in table.columns if column.name not in _NOT_KEPT.get(table.name, ())]
    wanted = next((match[1] for one in select.conditions if (match := _EVENT_IS.fullmatch(one.strip()))), None)
    if wanted is not None:
        rows = [row for row in rows if row.get("event") == wanted]
        if not rows:
            return _Found(
                [f"It waits for '{wanted}', and there is no such event of this person."],
                failed=(Verdict(f"event = '{wanted}'", False, {}),),
            )
    judged = Rows(table, rows, kept, select.alias).judge(select.conditions)
    # the latest of those that miss least: what cannot be told counts as half
    place = min(range(len(rows)), key=lambda one: (sum(_weight(verdict) for verdict in judged[one]), -one))
    failed = tuple(verdict for verdict in judged[place] if verdict.met is False)
    untold = tuple(verdict.condition for verdict in judged[place] if verdict.met is None)
    found = _Found([], rows[place], failed, untold)
    what, at = _WHAT[table.name], moment(rows[place].get(table.time_column), zone)
    if failed:
        found.text.append(f"It looked at {count(len(rows), what)}; the nearest, of {at}, did not meet:")
        found.text += [f"  {verdict.condition}: {_values(table, verdict)}" for verdict in failed]
    if untold:
        found.text.append(f"Whether the {what} of {at} met this cannot be told here:")
        found.text += [f"  {condition}" for condition in untold]
    return found


def _weight(verdict: Verdict) -> float:
    return 0.5 if verdict.met is None else float(not verdict.met)


def _values(table: Table, verdict: Verdict) -> str:
    """`orders was 1 (Orders in the cart session)`."""
    told = []
    for name, value in verdict.values.items():
        column = table.column(name)
        meaning = f" ({column.meaning.rstrip('.')})" if column and column.meaning else ""
        told.append(f"{name} was {'empty' if value is None else value}{meaning}")
    return listed(told) if told else "it was not so"


def _after(chain: Sequence[Select], rows: list[Body], found: _Found, table: Table, as_of: int, zone: str) -> Iterator[str]:
    """What is to be said when a row met all there is to be told of WHERE."""
    from rekindle.workbench.index.rows import instant

    what, top = _WHAT[table.name], chain[-1]
    at: Any = (found.nearest or rows[-1]).get(table.time_column)
    if top.gap_ms is not None:
        due = instant(at) + top.gap_ms
        wait = f"It waits until {span(top.gap_ms)} have passed since the last such {what} ({moment(at, zone)})"
        yield f"{wait}: due at {moment(due, zone)}, which is still to come." if due > as_of else f"{wait}; that was at {moment(due, zone)}."
        if due > as_of:
            return
    rest = [*top.having, *(condition for select in chain[1:] for condition in select.conditions)]
    if rest:
        yield f"Then it counts what came together, which cannot be told here: {' and '.join(rest)}"
    elif top.window is not None and top.gap_ms is None:
        yield "It counts in windows of time, which cannot be told here."
    elif not found.untold:
        yield (
            f"The {what} of {moment(at, zone)} meets all its conditions, and yet there is no candidate: the trigger went live later, its "
            "job is behind, or the row came late."
        )
