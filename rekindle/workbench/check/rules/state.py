"""Rules over Flink's plan: what it would keep, take back or never give."""

from __future__ import annotations

from collections.abc import Iterator

from jobs.definitions.findings import Finding
from jobs.definitions.places import Place
from jobs.definitions.tokens import Token, tokens
from rekindle.workbench.check.outcome import Outcome
from rekindle.workbench.check.plan import counted, interval_bounds
from rekindle.workbench.check.rules.base import Example, Rule, Subject

_CART = "SELECT device_id, user_id, cart_hash AS occasion, ended_at AS fired_at, items AS payload\nFROM carts"
_JOIN = (
    "SELECT s.device_id, s.user_id, s.session_id AS occasion, s.ended_at AS fired_at, s.products AS payload\n"
    "FROM sessions AS s\nJOIN carts AS c ON s.device_id = c.device_id"
)
_GROUPED = (
    "SELECT device_id, MAX(user_id) AS user_id, device_id AS occasion, ended_at AS fired_at, '{}' AS payload\n"
    "FROM carts\nGROUP BY device_id, ended_at"
)
_WINDOWED = (
    "SELECT device_id, MAX(user_id) AS user_id, device_id AS occasion, window_time AS fired_at, '{}' AS payload\n"
    "FROM TUMBLE(TABLE carts, DESCRIPTOR(ended_at), INTERVAL '1' DAY)\nGROUP BY device_id, window_start, window_end, window_time"
)
_NEWEST = (
    "SELECT device_id, user_id, cart_hash AS occasion, ended_at AS fired_at, items AS payload\n"
    "FROM (SELECT device_id, user_id, cart_hash, ended_at, items,\n"
    "             ROW_NUMBER() OVER (PARTITION BY device_id ORDER BY ended_at DESC) AS nth FROM carts)\nWHERE nth = 1"
)
_FOUND_BY = {
    "GroupAggregate": ("GROUP", "DISTINCT"),
    "Join": ("JOIN",),
    "OverAggregate": ("OVER",),
    "Rank": ("OVER",),
    "Deduplicate": ("OVER",),
    "Limit": ("LIMIT", "FETCH"),
    "SortLimit": ("LIMIT", "FETCH", "ORDER"),
}
_STATE = {
    "Join": ("a join without a time bound", "both sides are kept for ever", ""),
    "OverAggregate": (
        "OVER without a bound",
        "a row per key is kept for ever",
        "bound it: RANGE BETWEEN INTERVAL '1' DAY PRECEDING AND CURRENT ROW",
    ),
    "Rank": (
        "ROW_NUMBER without a window",
        "a row per key is kept for ever",
        "use cooldown for 'only once'; or number rows within a window",
    ),
    "Deduplicate": (
        "ROW_NUMBER without a window",
        "a row per key is kept for ever",
        "use cooldown for 'only once'; or number rows within a window",
    ),
    "Limit": ("LIMIT on a stream that never ends", "after those rows nothing comes, ever", "use cooldown, or leave it out"),
    "SortLimit": ("LIMIT on a stream that never ends", "what was first can become second", "use cooldown, or leave it out"),
}
_LONGEST_HOLD = 300_000
"""Milliseconds an interval join may hold back the pack's clock."""


class Unbounded(Rule):
    """State that never ends fills disks and makes every checkpoint slower, until the job stops. A trigger is one row in, at most one
    row out, or a window."""

    code = "T044"
    sentence = "No state without an end: no join without a time bound, no GROUP BY without a window, no DISTINCT."
    bad = Example(select=_GROUPED)
    good = Example(select=_WINDOWED)

    def planned(self, subject: Subject, outcome: Outcome) -> Iterator[Finding]:
        own = counted(outcome.plan) - outcome.baseline
        for name, (fact, label, hint) in _STATE.items():
            numbered = name in ("Rank", "Deduplicate") and outcome.plan[0].updates  # Updating says it
            bounded = name == "OverAggregate" and not _unbounded_over(outcome)
            if own[name] and not numbered and not bounded and not _versioned_without_time(subject):
                hint = _join_hint(subject) if name == "Join" else hint
                yield self.found(subject, place_of(subject, name), fact, hint, label)
        if own["GroupAggregate"]:
            distinct = "GROUP" not in {token.text.upper() for token in _tokens(subject)}
            fact = "DISTINCT" if distinct else "GROUP BY without a window"
            hint = "leave it out: the same occasion is mailed once in any case" if distinct else _window_hint(subject)
            yield self.found(subject, place_of(subject, "GroupAggregate"), fact, hint, "a row per group is kept for ever, and taken back")


class Updating(Rule):
    """A mail cannot be taken back. A SELECT whose rows change later, such as 'the newest per device', gives rows that were never true."""

    code = "T043"
    sentence = "The result only grows: no row is taken back or changed."
    bad = Example(select=_NEWEST)
    good = Example(select=_CART)

    def planned(self, subject: Subject, outcome: Outcome) -> Iterator[Finding]:
        if not outcome.plan or not outcome.plan[0].updates or _versioned_without_time(subject):
            return
        own = counted(outcome.plan) - outcome.baseline
        if own["GroupAggregate"] or own["Join"] or own["SortLimit"]:
            return  # Unbounded says it already
        cause = next((one.name for one in reversed(outcome.plan) if one.updates and one.name in _FOUND_BY), None)
        hint = "decide on the row itself: one cart, one session, one event; or on a window that has ended"
        place = place_of(subject, cause) if cause else subject.at_select()
        yield self.found(subject, place, "the result changes after it was given", hint, "takes rows back")


class HoldsBack(Rule):
    """An interval join holds back the clock of the whole pack by its bound: every trigger of the pack would be late by it. 'Did not …
    within an hour'
    is `send_after: 1 hour` with `cancel_on`: the gate looks again then."""

    code = "T045"
    sentence = "A join in time spans at most 5 minutes."
    bad = Example(select=f"{_JOIN}\n    AND c.ended_at BETWEEN s.ended_at AND s.ended_at + INTERVAL '1' HOUR")
    good = Example(select=f"{_JOIN}\n    AND c.ended_at BETWEEN s.ended_at AND s.ended_at + INTERVAL '5' MINUTE")

    def planned(self, subject: Subject, outcome: Outcome) -> Iterator[Finding]:
        longest = max((interval_bounds(one) for one in outcome.plan), default=0)
        if longest > _LONGEST_HOLD:
            hint = "'did not … within an hour' is written: send_after: 1 hour, cancel_on: […]"
            fact = f"this join makes every trigger of the pack {longest // 60_000} minutes late"
            yield self.found(subject, place_of(subject, "Join"), fact, hint, "at most 5 minutes")


class Never(Rule):
    """Flink itself works out that no row can pass: two conditions contradict each other, or one is always false."""

    code = "T046"
    sentence = "The filter can be true."
    bad = Example(select=f"{_CART}\nWHERE orders = 0 AND orders > 1")
    good = Example(select=f"{_CART}\nWHERE orders = 0 AND adds > 1")

    def planned(self, subject: Subject, outcome: Outcome) -> Iterator[Finding]:
        if outcome.plan and outcome.plan[0].name == "Values" and "tuples=[[]]" in outcome.plan[0].detail:
            where = next((node.children[3] for node in subject.nodes if node.kind == "SELECT" and node.children[3]), None)
            place = subject.at(where) if where else subject.at_select()
            yield self.found(
                subject, place, "no row can ever pass", "look at the conditions together: which exclude each other?", "never true"
            )


def place_of(subject: Subject, operator: str) -> Place:
    """The word in the SELECT an operator of the plan comes from."""
    words = _FOUND_BY[operator]
    found = next((token for token in _tokens(subject) if token.is_word(*words)), None)
    return subject.query.place(found.start, found.end) if found else subject.at_select()


def _tokens(subject: Subject) -> list[Token]:
    return list(tokens(subject.query.sql))


def _window_hint(subject: Subject) -> str:
    table = next((one for one in subject.tables if one.kind == "append"), None)
    name, clock = (table.name, table.time_column) if table else ("carts", "ended_at")
    return f"FROM TUMBLE(TABLE {name}, DESCRIPTOR({clock}), INTERVAL '1' DAY) … GROUP BY …, window_start, window_end, window_time"


def _join_hint(subject: Subject) -> str:
    clocks = {table.name: table.time_column for table in subject.tables if table.kind == "append"}
    sides = [f"{source.alias}.{clocks[source.name]}" for source in subject.sources if source.name in clocks]
    if len(sides) < 2:
        return "say within which time: … AND c.ended_at BETWEEN s.ended_at - INTERVAL '5' MINUTE AND s.ended_at"
    return f"say within which time: AND {sides[1]} BETWEEN {sides[0]} - INTERVAL '5' MINUTE AND {sides[0]}"


def _versioned_without_time(subject: Subject) -> bool:
    """T033 says what is to be done; the state that comes of it is the same mistake."""
    kinds = {table.name: table.kind for table in subject.tables}
    return any(kinds.get(source.name) == "versioned" and not source.as_of for source in subject.sources)


def _unbounded_over(outcome: Outcome) -> bool:
    return any(one.name == "OverAggregate" and "UNBOUNDED" in one.detail for one in outcome.plan)


RULES: tuple[Rule, ...] = (Unbounded(), Updating(), HoldsBack(), Never())
