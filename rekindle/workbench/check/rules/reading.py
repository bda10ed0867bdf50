"""Rules over what a SELECT reads and computes, seen in its parsed form."""

from __future__ import annotations

from collections.abc import Iterator

from jobs.definitions import published
from jobs.definitions.findings import Finding, did_you_mean
from jobs.definitions.refused_types import kind_of
from rekindle.workbench.check import tree
from rekindle.workbench.check.rules.base import Example, Rule, Subject
from rekindle.workbench.check.tree import Node

_CLOCK = {
    "NOW", "CURRENT_TIMESTAMP", "CURRENT_DATE", "CURRENT_TIME", "LOCALTIME", "LOCALTIMESTAMP", "CURRENT_ROW_TIMESTAMP", "PROCTIME",
    "SYSDATE",
}  # fmt: skip
_CLOCK_WITHOUT_ARGUMENTS = {"UNIX_TIMESTAMP"}
_DICE = {"RAND", "RAND_INTEGER", "UUID"}
_CART = "SELECT device_id, user_id, cart_hash AS occasion, ended_at AS fired_at, items AS payload\nFROM carts"
_EVENT = "SELECT e.device_id, e.user_id, e.event_id AS occasion, e.event_time AS fired_at, e.properties AS payload\nFROM events AS e"


class ProcessingTime(Rule):
    """The clock on the wall says when a job runs, not when something happened: a replay, a restart or a backtest would decide otherwise."""

    code = "T030"
    sentence = "No processing-time functions: NOW, CURRENT_DATE, PROCTIME and the like."
    bad = Example(select=f"{_CART}\nWHERE first_add_at > NOW() - INTERVAL '1' HOUR")
    good = Example(select=f"{_CART}\nWHERE first_add_at > ended_at - INTERVAL '1' HOUR")

    def select(self, subject: Subject) -> Iterator[Finding]:
        clock = subject.tables[0].time_column if subject.tables else "event_time"
        for node in subject.nodes:
            name = (node.name or node.text).upper()
            reads = name in _CLOCK and node.kind in ("IDENTIFIER", "OTHER_FUNCTION") and not _is_alias(subject, node)
            if reads or (name in _CLOCK_WITHOUT_ARGUMENTS and not node.children and node.kind == "OTHER_FUNCTION"):
                hint = f"compare with the row's own time: {clock}"
                yield self.found(subject, subject.at(node), f"{name} is the wall clock", hint, "differs at every replay")


class Star(Rule):
    """A published table may get more columns; `SELECT *` would then give more than the contract, or another thing."""

    code = "T031"
    sentence = "No SELECT * from a published table."
    bad = Example(select="SELECT *\nFROM carts")
    good = Example(select=_CART)

    def select(self, subject: Subject) -> Iterator[Finding]:
        known = published.tables()
        for select in (node for node in subject.nodes if node.kind == "SELECT"):
            read = [source.name for source in tree.sources(select) if source.query is None and source.name in known]
            for item in tree.items(select):
                if read and item.expression.kind == "IDENTIFIER" and item.expression.last_name in ("", "*"):
                    yield self.found(subject, subject.at(item.node), f"SELECT * from {read[0]}", "name the columns you need")


class Unpublished(Rule):
    """Only published tables keep their columns and their meaning. The suite's own tables change without notice, and hold heartbeats
    beside rows."""

    code = "T032"
    sentence = "Only published tables are read, by their own names."
    bad = Example(select=_CART.replace("FROM carts", "FROM carts_topic"))
    good = Example(select=_CART)

    def select(self, subject: Subject) -> Iterator[Finding]:
        known = published.tables()
        refusal = (subject.outcome.refusal if subject.outcome else None) or ""
        for source in subject.sources:
            if source.name in known:
                continue
            last = source.node.last_name.strip("`")
            if f"'{last}' not found" in refusal:
                continue  # there is no such table at all: the planner's finding says it
            if last in known:
                yield self.found(subject, subject.at(source.node), f"'{source.name}' with its catalog", f"write: {last}")
                continue
            base = last.removesuffix("_topic").removesuffix("_sink")
            hint = f"read {base}" if base in known else did_you_mean(last, known) or f"published: {', '.join(known)}"
            if last == "identities":
                hint = "the suite finds the person itself: give device_id and user_id"
            yield self.found(subject, subject.at(source.node), f"'{source.name}' is not published", hint, "the suite's own")


class NotAsOf(Rule):
    """A versioned table says what was true as of a time. Without the time it is an ordinary join: it keeps all rows for ever and takes
    results back."""

    code = "T033"
    sentence = "A versioned table is read FOR SYSTEM_TIME AS OF."
    bad = Example(select=f"{_EVENT}\nJOIN profiles AS p ON e.user_id = p.person_id\nWHERE p.country = 'FR'")
    good = Example(
        select=f"{_EVENT}\nJOIN profiles FOR SYSTEM_TIME AS OF e.event_time AS p ON e.user_id = p.person_id\nWHERE p.country = 'FR'"
    )

    def select(self, subject: Subject) -> Iterator[Finding]:
        known = published.tables()
        for source in subject.sources:
            table = known.get(source.name)
            if table is not None and table.kind == "versioned" and not source.as_of:
                other = next((one for one in subject.sources if one.name in known and known[one.name].kind == "append"), None)
                if other is None:
                    hint = (
                        f"join it to a table with events: FROM events AS e JOIN {table.name} FOR SYSTEM_TIME AS OF e.event_time AS p ON …"
                    )
                else:
                    clock = f"{other.alias}.{known[other.name].time_column}"
                    hint = f"{table.name} FOR SYSTEM_TIME AS OF {clock} AS {source.alias}"
                yield self.found(subject, subject.at(source.node), f"{table.name} is read without a time", hint, "a versioned table")


class TextAndTime(Rule):
    """Flink compares text with a time by casting the text. What cannot be cast stops the whole job at the first row, over and over."""

    code = "T039"
    sentence = "Both sides of a comparison have the same type."
    bad = Example(select=f"{_CART}\nWHERE ended_at > 'yesterday'")
    good = Example(select=f"{_CART}\nWHERE ended_at > TIMESTAMP '2026-03-01 00:00:00'")

    def select(self, subject: Subject) -> Iterator[Finding]:
        assert subject.outcome is not None  # noqa: S101
        for comparison in subject.outcome.comparisons:
            operands = [child for child in comparison.node.children if child is not None]
            operands = [part for child in operands for part in (child.children if child.kind == "LIST" else (child,)) if part is not None]
            known = {id(child): kind for child, kind in zip(comparison.node.children, comparison.types, strict=False) if child is not None}
            kinds = [kind_of(known.get(id(one), "") or _type_of(subject, one)) for one in operands]
            families = set(kinds) & {"text", "a number", "a time", "a date", "a yes or no"}
            if "text" in families and len(families) > 1:
                other = next(kind for kind in kinds if kind in families - {"text"})
                hint = {
                    "a time": "a time is written TIMESTAMP '2026-03-01 10:00:00'; text becomes one by TRY_CAST(… AS TIMESTAMP_LTZ(3))",
                    "a date": "a date is written DATE '2026-03-01'",
                    "a number": "a number stands without quotes: 5",
                }.get(other, "make both sides of one type: CAST(… AS …)")
                yield self.found(subject, subject.at(comparison.node), f"{other} is compared with text", hint)


class Dice(Rule):
    """`trigger_id` is made of person and occasion. From event data the same history gives the same ids, so a retry never mails twice;
    from dice it would."""

    code = "T040"
    sentence = "Nothing is random: occasion and filters are made of event data."
    bad = Example(select=_CART.replace("cart_hash AS occasion", "UUID() AS occasion"))
    good = Example(select=_CART)

    def select(self, subject: Subject) -> Iterator[Finding]:
        inside = {id(node) for item in subject.output("occasion") for node in item.expression.walk()}
        for node in subject.nodes:
            if node.name.upper() in _DICE and node.kind == "OTHER_FUNCTION":
                fact = (
                    "occasion is not made of event data" if id(node) in inside else f"{node.name.upper()} gives something else every time"
                )
                hint = "use what the event carries: cart_hash, session_id, order_id, event_id"
                yield self.found(subject, subject.at(node), fact, hint, "random")


class Hint(Rule):
    """`/*+ OPTIONS(…) */` would change how the suite reads a topic, `STATE_TTL` how long it remembers: both are the engineers' to
    decide."""

    code = "T048"
    sentence = "No hints in a SELECT."
    bad = Example(select=_CART + " /*+ OPTIONS('scan.startup.mode'='latest-offset') */")
    good = Example(select=_CART)

    def select(self, subject: Subject) -> Iterator[Finding]:
        for source in subject.sources:
            if source.hinted:
                yield self.found(subject, subject.at(source.node), f"a hint on {source.name}", "remove the /*+ … */")


def _is_alias(subject: Subject, node: Node) -> bool:
    """Whether a node is the name behind an AS: any word may be one in backticks."""
    return any(one.kind == "AS" and len(one.children) > 1 and one.children[1] is node for one in subject.nodes)


def _type_of(subject: Subject, node: Node) -> str:
    """Type of an operand that the planner renamed while validating: a literal, or a column of a table that is read."""
    if node.kind == "LITERAL":
        return "VARCHAR" if node.text.startswith("'") else ""
    if node.kind == "IDENTIFIER":
        types = {column.type for table in subject.tables if (column := table.column(node.last_name))}
        return types.pop() if len(types) == 1 else ""
    return ""


RULES: tuple[Rule, ...] = (ProcessingTime(), Star(), Unpublished(), NotAsOf(), TextAndTime(), Dice(), Hint())
