"""Rules over what fails at some row: one such row stops the pack's job, at every restart anew."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from jobs.definitions.findings import Finding
from jobs.definitions.refused_types import kind_of
from rekindle.workbench.check import tree
from rekindle.workbench.check.outcome import Call, Kind
from rekindle.workbench.check.rules.base import Example, Rule, Subject
from rekindle.workbench.check.tree import Node

_CART = "SELECT device_id, user_id, cart_hash AS occasion, ended_at AS fired_at, items AS payload\nFROM carts"
_EVENT = "SELECT device_id, user_id, event_id AS occasion, event_time AS fired_at, {} AS payload\nFROM events"
_TEXT = ("CHAR", "VARCHAR")
_TAKES_ANY_TEXT = (*_TEXT, "BINARY", "VARBINARY", "NULL", "ANY")
_NEVER_FAILS = ("REAL", "FLOAT", "DOUBLE")  # by 0 they give Infinity
_WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT")
_GIVES_JSON = ("JSON_OBJECT", "JSON_ARRAY", "JSON_STRING", "JSON_QUERY", "JSON_OBJECTAGG", "JSON_ARRAYAGG")
_PASSES_ON = ("COALESCE", "IFNULL", "NULLIF", "MAX", "MIN", "CAST", "TRY_CAST")
_LONGEST = 90
_STOPS = "one such row stops the pack"


class Unfit(Rule):
    """What shops send is now and then no number, no time or no JSON. Flink then throws, and the job of the whole pack restarts at that
    row for ever. With TRY_CAST, and JSON functions without ERROR, the value is NULL instead. `JSON_VALUE … RETURNING INTEGER`
    throws too, whatever stands there for ON ERROR, and so does TO_TIMESTAMP_LTZ of text without a format."""

    code = "T028"
    sentence = "Text that may not fit is read by TRY_CAST: no CAST of text, no ERROR ON ERROR, no PARSE_JSON."
    bad = Example(select=_EVENT.format("properties") + "\nWHERE CAST(JSON_VALUE(properties, '$.rating') AS INT) >= 4")
    good = Example(select=_EVENT.format("properties") + "\nWHERE TRY_CAST(JSON_VALUE(properties, '$.rating') AS INT) >= 4")

    def select(self, subject: Subject) -> Iterator[Finding]:
        assert subject.outcome is not None  # noqa: S101
        for call in subject.outcome.calls:
            told = _cast(subject, call) or _time(subject, call)
            if told:
                yield self.found(subject, subject.at(call.node), *told, _STOPS)
        for node in subject.nodes:
            told = _json(subject, node)
            if told:
                yield self.found(subject, subject.at(node), *told, _STOPS)


class DivisionByZero(Rule):
    """A whole number or DECIMAL divided by 0 throws, and the job of the whole pack restarts at that row for ever. By NULLIF(…, 0) it is
    NULL. A condition elsewhere, in WHERE or CASE, is not looked at."""

    code = "T029"
    sentence = "The divisor of / and MOD cannot be 0."
    bad = Example(select=f"{_CART}\nWHERE total / item_count > 50")
    good = Example(select=f"{_CART}\nWHERE total / NULLIF(item_count, 0) > 50")

    def select(self, subject: Subject) -> Iterator[Finding]:
        assert subject.outcome is not None  # noqa: S101
        by_node = {id(call.node): call for call in subject.outcome.calls}
        for call in subject.outcome.calls:
            name, divisor = call.node.name.upper(), call.node.children[-1]
            known = [one.family for one in call.operands if one is not None]
            if name not in ("/", "%", "MOD") or divisor is None or len(known) < 2 or set(known) & set(_NEVER_FAILS):
                continue
            if _never_zero(divisor, by_node):
                continue
            text = _written(subject, divisor)
            if _number(divisor) == 0:
                yield self.found(subject, subject.at(divisor), "division by 0", "take another number", "is 0")
                continue
            hint = f"MOD(…, NULLIF({text}, 0))" if name == "MOD" else f"… {name} NULLIF({text}, 0)"
            yield self.found(subject, subject.at(divisor), f"division by {text}, which can be 0", f"write: {hint}", _STOPS)


class NotJson(Rule):
    """JSON(…) throws at text that is no JSON, and the job of the whole pack restarts at that row for ever. Columns that hold JSON, and
    what JSON functions give, always fit. Other text: as a plain value, or asked first by IS JSON."""

    code = "T049"
    severity = "warning"
    sentence = "JSON(…) is given JSON."
    bad = Example(select=_EVENT.format("JSON_OBJECT(KEY 'coupon' VALUE JSON(coupon))"))
    good = Example(select=_EVENT.format("JSON_OBJECT(KEY 'coupon' VALUE coupon, KEY 'all' VALUE JSON(properties))"))

    def select(self, subject: Subject) -> Iterator[Finding]:
        for node in subject.nodes:
            inner = node.children[0] if node.name.upper() == "JSON" and node.kind == "OTHER_FUNCTION" and node.children else None
            if inner is not None and not _is_json(subject, inner):
                text = _written(subject, inner)
                hint = f"without JSON(…) it is quoted text; or write: JSON(CASE WHEN {text} IS JSON THEN {text} END)"
                yield self.found(subject, subject.at(node), f"{text} may be no JSON", hint, _STOPS)


def _cast(subject: Subject, call: Call) -> tuple[str, str] | None:
    """Fact and hint of a CAST that can fail."""
    operand, wanted = call.node.children[0] if call.node.children else None, call.result
    if wanted is None and len(call.node.children) > 1 and call.node.children[1] is not None:  # in MATCH_RECOGNIZE: as written
        wanted = Kind(call.node.children[1].text.partition("(")[0])
    given = _given(subject, call)
    if call.node.name.upper() != "CAST" or operand is None or operand.kind == "LITERAL" or not given or not wanted or _fits(given, wanted):
        return None
    inside = "" if given.family in _TEXT else f" inside {given.family}"
    kind = "" if inside else f" as {kind_of(wanted.family)}"
    text = _written(subject, call.node)
    return (
        f"CAST of text{inside}{kind} can fail",
        f"write: {'TRY_CAST(… AS …)' if text == '…' else f'TRY_{text}'}, NULL where it does not fit",
    )


def _given(subject: Subject, call: Call) -> Kind | None:
    """Type of the first operand. In MATCH_RECOGNIZE the validator does not say: there a column is the published table's."""
    operand = call.node.children[0] if call.node.children else None
    if operand is None or call.operands[0] is not None:
        return call.operands[0] if call.operands else None
    types = {column.type for table in subject.tables if (column := table.column(operand.last_name))}
    return Kind("VARCHAR") if types == {"STRING"} else None


def _time(subject: Subject, call: Call) -> tuple[str, str] | None:
    """Fact and hint of a time read from text; where its format is given, Flink gives NULL itself."""
    given, operand = _given(subject, call), call.node.children[0] if call.node.children else None
    if call.node.name.upper() != "TO_TIMESTAMP_LTZ" or len(call.node.children) > 1 or operand is None or operand.kind == "LITERAL":
        return None
    if given is None or given.family not in _TEXT:
        return None
    return (
        "TO_TIMESTAMP_LTZ of text can fail",
        f"write: TRY_CAST({_written(subject, operand)} AS TIMESTAMP_LTZ(3)), NULL where it does not fit",
    )


def _json(subject: Subject, node: Node) -> tuple[str, str] | None:
    """Fact and hint of a JSON function that throws."""
    name = node.name.upper()
    if name == "PARSE_JSON":
        return "PARSE_JSON of text can fail", "write: TRY_PARSE_JSON(…), NULL where it is no JSON"
    if name not in ("JSON_VALUE", "JSON_QUERY", "JSON_EXISTS"):
        return None
    words = [child.text if child is not None else "" for child in node.children]
    if any(word == "ERROR" or word.endswith("[ERROR]") for word in words):
        return f"{name} with ERROR can fail", "leave ERROR ON … out: it is NULL then"
    if "RETURNING" in words:
        wanted = words[words.index("RETURNING") + 1]
        if not wanted.startswith((*_TEXT, "STRING")):
            arguments = ", ".join(_written(subject, child) for child in node.children[:2] if child is not None)
            return f"{name} RETURNING {wanted} can fail", f"write: TRY_CAST({name}({arguments}) AS {wanted}), NULL where it does not fit"
    return None


def _fits(given: Kind, wanted: Kind) -> bool:
    if given.family in _TEXT:
        return wanted.family in _TAKES_ANY_TEXT
    return all(_fits(one, other) for one, other in zip(given.parts, wanted.parts, strict=False))


def _never_zero(node: Node, calls: Mapping[int, Call]) -> bool:
    number, name = _number(node), node.name.upper()
    if number is not None:
        return number != 0
    children = [child for child in node.children if child is not None]
    if name == "NULLIF":
        return len(children) == 2 and _number(children[1]) == 0
    if name == "COUNT":  # of the rows of a group, which has one at least
        return len(children) == 1 and children[0].kind == "IDENTIFIER" and children[0].last_name in ("", "*")
    if name == "CAST" and (call := calls.get(id(node))):  # a fraction would become 0
        return call.operands[0] is not None and call.operands[0].family in _WHOLE and _never_zero(children[0], calls)
    return name == "COALESCE" and all(_never_zero(child, calls) for child in children)


def _number(node: Node) -> float | None:
    """A literal's number."""
    if node.kind in ("MINUS_PREFIX", "PLUS_PREFIX") and node.children[0] is not None:
        return _number(node.children[0])
    try:
        return float(node.text) if node.kind == "LITERAL" else None
    except ValueError:
        return None


def _is_json(subject: Subject, node: Node, depth: int = 0) -> bool:
    """Whether a text is JSON at every row; columns of subqueries and CTEs are followed by name. What is not known is believed."""
    name = node.name.upper()
    children = [child for child in node.children if child is not None]
    if node.kind == "LITERAL" or name in _GIVES_JSON or depth > 20:
        return True
    if node.kind == "IDENTIFIER":
        made = [
            item.expression for one in subject.nodes if one.kind == "SELECT" for item in tree.items(one) if item.alias == node.last_name
        ]
        columns = [column for table in subject.tables if (column := table.column(node.last_name))]
        inner = [one for one in made if one.last_name != node.last_name and not any(leaf is node for leaf in one.walk())]
        if inner:
            return all(_is_json(subject, one, depth + 1) for one in inner)
        return not columns or any(column.json_text for column in columns)
    if node.kind == "CASE":
        asked = any(one.name.upper().startswith("IS JSON") for one in node.walk())
        results = [*(children[2].children if len(children) > 2 else ()), *children[3:]]
        return asked or all(_is_json(subject, one, depth + 1) for one in results if one is not None)
    if name in _PASSES_ON:
        return all(_is_json(subject, child, depth + 1) for child in children if child.kind != "OTHER")
    return False


def _written(subject: Subject, node: Node) -> str:
    """A node's text in the file; … where it is long or spans lines."""
    (first, _), (last, _) = node.place()
    place = subject.at(node)
    text = subject.draft.text.split("\n")[place.line - 1][place.column - 1 : place.column - 1 + place.length]
    return text if first == last and len(text) <= _LONGEST else "…"


RULES: tuple[Rule, ...] = (Unfit(), DivisionByZero(), NotJson())
