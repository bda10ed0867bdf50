"""Rules over the columns a SELECT gives."""

from __future__ import annotations

import re
from collections.abc import Iterator

from jobs.definitions import output
from jobs.definitions.findings import Finding
from jobs.definitions.refused_types import kind_of
from rekindle.workbench.check import tree
from rekindle.workbench.check.outcome import Outcome
from rekindle.workbench.check.rules.base import Example, Rule, Subject
from rekindle.workbench.check.tree import Item, Node

_CART = "SELECT device_id, user_id, cart_hash AS occasion, ended_at AS fired_at, items AS payload\nFROM carts"
_VIEW = "SELECT device_id, user_id, last_product_id AS occasion, ended_at AS fired_at, products AS payload\nFROM sessions"
_TEXT = ("CHAR", "VARCHAR")
_SCALAR = (
    *_TEXT,
    "TINYINT",
    "SMALLINT",
    "INTEGER",
    "BIGINT",
    "DECIMAL",
    "DATE",
    "TIMESTAMP_WITH_LOCAL_TIME_ZONE",
    "TIMESTAMP_WITHOUT_TIME_ZONE",
)
_TIMES = ("TIMESTAMP_WITH_LOCAL_TIME_ZONE", "TIMESTAMP_WITHOUT_TIME_ZONE")
_EXPECTED = {
    "device_id": (_TEXT, "text", "CAST({} AS STRING)"),
    "user_id": (_TEXT, "text", "CAST({} AS STRING)"),
    "occasion": (_SCALAR, "text or a number", "CAST({} AS STRING)"),
    "payload": (_TEXT, "JSON text", "JSON_OBJECT(KEY 'name' VALUE {})"),
    "since": (_TIMES, "a time", "a time column of the table"),
    "timezone": (_TEXT, "text", "CAST({} AS STRING)"),
}
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+")
_NULL_PROOF = ("COALESCE", "IFNULL", "CASE", "JSON_OBJECT", "MAX", "MIN", "LISTAGG", "COUNT")  # aggregates skip NULLs


class Missing(Rule):
    """The suite needs to know who, which time, when and what. `user_id` may be `CAST(NULL AS STRING)` where the table has none."""

    code = "T034"
    sentence = "The SELECT gives device_id, user_id, occasion, fired_at and payload."
    bad = Example(select=_CART.replace(", items AS payload", ""))
    good = Example(select=_CART)

    def planned(self, subject: Subject, outcome: Outcome) -> Iterator[Finding]:
        columns = {column.name: column.rowtime for column in outcome.columns}
        for wrong in output.wrong_columns(columns):
            if wrong.code == self.code:
                slip = self._swallowed(subject, wrong.column)
                place = subject.at(slip.node) if slip else subject.at_select()
                hint = f"is a comma missing: {slip.expression.text}, {slip.alias}?" if slip else wrong.hint
                yield self.found(subject, place, wrong.message, hint)

    def _swallowed(self, subject: Subject, column: str) -> Item | None:
        """`device_id user_id` without comma makes user_id the other name of device_id."""
        listed = [item for select in tree.selects(subject.root) for item in tree.items(select)]
        return next((item for item in listed if item.expression.last_name == column and item.alias in output.REQUIRED), None)


class TooMany(Rule):
    """What is not in the contract would be lost without a word: put it into the payload."""

    code = "T035"
    sentence = "The SELECT gives no other columns than the contract's."
    bad = Example(select=_CART.replace("items AS payload", "items AS payload, total"))
    good = Example(select=_CART.replace("items AS payload", "JSON_OBJECT(KEY 'total' VALUE total) AS payload"))

    def planned(self, subject: Subject, outcome: Outcome) -> Iterator[Finding]:
        columns = {column.name: column.rowtime for column in outcome.columns}
        for wrong in output.wrong_columns(columns):
            if wrong.code == self.code:
                item = next(iter(subject.output(wrong.column)), None) or self._unnamed(subject, wrong.column)
                named = not wrong.column.startswith("EXPR$")
                message = wrong.message if named else "an output column without a name"
                hint = wrong.hint if named else "give it one: … AS payload"
                yield self.found(subject, subject.at(item.node) if item else subject.at_select(), message, hint)

    def _unnamed(self, subject: Subject, column: str) -> Item | None:
        number = column.removeprefix("EXPR$")
        select = next(tree.selects(subject.root), None)
        listed = tree.items(select) if select else []
        return listed[int(number)] if number.isdigit() and int(number) < len(listed) else None


class WrongType(Rule):
    """Nothing is cast that could fail at run time: ids, payload and timezone are text, the occasion can become text, since is a time."""

    code = "T036"
    sentence = "The output columns have their types."
    bad = Example(select=_CART.replace("items AS payload", "item_count AS payload"))
    good = Example(select=_CART)

    def planned(self, subject: Subject, outcome: Outcome) -> Iterator[Finding]:
        for column in outcome.columns:
            allowed, expected, example = _EXPECTED.get(column.name, ((), "", ""))
            if allowed and column.root not in allowed:
                item = next(iter(subject.output(column.name)), None)
                text = item.expression.text if item and item.expression.kind == "IDENTIFIER" else "…"
                place = subject.at(item.node) if item else subject.at_select()
                kind = "NULL without a type" if column.root == "NULL" else kind_of(column.type)
                hint = "write: CAST(NULL AS STRING)" if column.root == "NULL" else f"write: {example.format(text)}"
                yield self.found(subject, place, f"{column.name} is {kind}", hint, f"expected {expected}")


class NoClock(Rule):
    """`fired_at` moves the clock of all that follows. Another time than the table's own could lie behind that clock, and the candidate
    would be dropped."""

    code = "T037"
    sentence = "fired_at is the table's event time."
    bad = Example(select=_CART.replace("ended_at AS fired_at", "last_at AS fired_at"))
    good = Example(select=_CART)

    def planned(self, subject: Subject, outcome: Outcome) -> Iterator[Finding]:
        if any(self._updates(one.name) for one in outcome.plan):
            return  # GROUP BY takes the clock away: that is told, once
        for wrong in output.wrong_columns({column.name: column.rowtime for column in outcome.columns}):
            if wrong.code == self.code and not any(_computed(subject, item) for item in subject.output("fired_at")):
                item = next(iter(subject.output("fired_at")), None)
                place = subject.at(item.node) if item else subject.at_select()
                read = subject.tables[0] if subject.tables else None
                hint = f"write: {read.time_column} AS fired_at" if read and read.kind == "append" else wrong.hint
                yield self.found(subject, place, wrong.message, hint)

    def _updates(self, operator: str) -> bool:
        return operator in ("GroupAggregate", "Join")


class ShiftedClock(Rule):
    """`ended_at - INTERVAL …` still looks like event time to Flink, but lies behind the clock: rows come out late and are dropped. To
    send later is
    the gate's: it looks again then."""

    code = "T038"
    sentence = "fired_at is a column, not an expression."
    bad = Example(select=_CART.replace("ended_at AS fired_at", "ended_at - INTERVAL '1' HOUR AS fired_at"))
    good = Example(header={"send_after": "1 hour"}, select=_CART)

    def select(self, subject: Subject) -> Iterator[Finding]:
        for item in subject.output("fired_at"):
            found = _computed(subject, item)
            if found is not None:
                yield self.found(
                    subject, subject.at(found), "fired_at is computed", "take the column as it is; to wait, write send_after: 1 hour"
                )


class MayBeNull(Rule):
    """A row whose occasion is NULL vanishes, and `a || NULL` is NULL. Filter it, so that it can be seen that this is meant."""

    code = "T041"
    severity = "warning"
    sentence = "The occasion is never NULL."
    bad = Example(select=_VIEW)
    good = Example(select=f"{_VIEW}\nWHERE last_product_id IS NOT NULL")

    def select(self, subject: Subject) -> Iterator[Finding]:
        guarded = {leaf.last_name for node in subject.nodes if _guards(node) for leaf in node.walk() if leaf.kind == "IDENTIFIER"}
        for item in subject.output("occasion"):
            for node in _unguarded(item.expression):
                columns = [column for table in subject.tables if (column := table.column(node.last_name))]
                if columns and all(column.nullable for column in columns) and node.last_name not in guarded:
                    hint = f"filter: {node.text} IS NOT NULL, or COALESCE({node.text}, 'none')"
                    yield self.found(subject, subject.at(node), f"occasion is NULL where {node.text} is", hint, "such rows vanish")


class Address(Rule):
    """The payload is kept for days in topics and logs of platforms. Where a platform needs the address, the suite adds it
    (`needs_address`), and only there."""

    code = "T042"
    sentence = "No e-mail address in what the SELECT gives."
    bad = Example(
        select="SELECT e.device_id, e.user_id, e.event_id AS occasion, e.event_time AS fired_at, p.email AS payload\n"
        "FROM events AS e\nJOIN profiles FOR SYSTEM_TIME AS OF e.event_time AS p ON e.user_id = p.person_id"
    )
    good = Example(select=_CART)

    def select(self, subject: Subject) -> Iterator[Finding]:
        profiles = any(table.name == "profiles" for table in subject.tables)
        hint = "leave it out: the setting destinations.<name>.needs_address adds it where it is needed"
        for select in (node for node in subject.nodes if node.kind == "SELECT"):
            for item in tree.items(select):
                for node in item.expression.walk():
                    if profiles and node.kind == "IDENTIFIER" and node.last_name == "email":
                        yield self.found(subject, subject.at(node), "an e-mail address leaves with the SELECT", hint, "personal data")
                    elif node.kind == "LITERAL" and _ADDRESS.search(node.text):
                        yield self.found(subject, subject.at(node), "an e-mail address is written into the SELECT", hint, "personal data")


def _computed(subject: Subject, item: Item, depth: int = 0) -> Node | None:
    """The expression that makes a column, followed through subqueries and CTEs; None when it is a column taken as it is."""
    expression = item.expression
    if expression.kind == "IDENTIFIER" and depth < 20:
        owner = next((one for one in subject.nodes if one.kind == "SELECT" and any(i.node is item.node for i in tree.items(one))), None)
        qualifier = expression.text.rpartition(".")[0]
        for source in tree.sources(owner) if owner else ():
            query = source.query or subject.ctes.get(source.name)
            if query is None or (qualifier and source.alias != qualifier):
                continue
            for select in tree.selects(query):
                inner = next((one for one in tree.items(select) if one.alias == expression.last_name), None)
                if inner is not None and (found := _computed(subject, inner, depth + 1)):
                    return found
        return None
    return None if expression.name.upper().startswith("MATCH_ROWTIME") else expression


def _guards(node: Node) -> bool:
    return node.kind in (
        "IS_NOT_NULL",
        "NOT_EQUALS",
        "EQUALS",
        "GREATER_THAN",
        "LESS_THAN",
        "GREATER_THAN_OR_EQUAL",
        "LESS_THAN_OR_EQUAL",
        "LIKE",
        "IN",
        "BETWEEN",
    )


def _unguarded(node: Node) -> Iterator[Node]:
    """Identifiers whose NULL makes the expression NULL."""
    if node.kind == "IDENTIFIER":
        yield node
    elif node.name.upper() not in _NULL_PROOF and node.kind not in ("CASE", "COALESCE"):
        for child in node.children:
            if child is not None:
                yield from _unguarded(child)


RULES: tuple[Rule, ...] = (Missing(), TooMany(), WrongType(), NoClock(), ShiftedClock(), MayBeNull(), Address())
