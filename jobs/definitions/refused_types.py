"""Right names in the wrong combination: types, aggregates, windows, joins."""

from __future__ import annotations

import re

from jobs.definitions.places import Place
from jobs.definitions.refusal import Refusal, Said
from jobs.definitions.tokens import Token

_INSTEAD = {
    "LAST_VALUE": "keep the last by time: SUBSTRING(MAX(DATE_FORMAT(event_time, 'yyyyMMddHHmmssSSS') || '|' || x) FROM 19)",
    "FIRST_VALUE": "keep the first by time: SUBSTRING(MIN(DATE_FORMAT(event_time, 'yyyyMMddHHmmssSSS') || '|' || x) FROM 19)",
    "JSON_ARRAYAGG": "collect with ARRAY_AGG and make it JSON: JSON_STRING(ARRAY_AGG(x))",
}
_KINDS = {
    "text": ("CHARACTER", "VARCHAR", "CHAR", "STRING"),
    "a number": ("TINYINT", "SMALLINT", "INTEGER", "INT", "BIGINT", "DECIMAL", "FLOAT", "DOUBLE"),
    "a time": ("TIMESTAMP", "TIMESTAMP_LTZ", "TIMESTAMP_WITH_LOCAL_TIME_ZONE"),
    "a date": ("DATE",),
    "a yes or no": ("BOOLEAN",),
}
_TYPES = {name: kind for kind, names in _KINDS.items() for name in names}


def said(refusal: Refusal) -> Said | None:
    """What to say of a combination that cannot be planned; None when it is something else."""
    text = refusal.text
    if match := re.match(r"Cannot apply '(.+?)' to arguments of type '(.*?)'\. ", text + " ", re.DOTALL):
        return _operator(match[1], match[2])
    if match := re.match(r"Invalid function call:\s*(\w+)\((.*)\)", text, re.DOTALL):
        kinds = [kind_of(one) for one in re.findall(r"([A-Z_]+)(?:\([^)]*\))?(?: NOT NULL)?(?:, |$)", match[2])]
        fact = f"{match[1]} cannot take {' and '.join(kinds) or 'these arguments'}"
        return Said("T017", fact, "look up its arguments in Flink's documentation of system functions", place=_word(refusal, match[1]))
    if text.startswith("Illegal use of 'NULL'"):
        return Said("T036", "NULL without a type", "write: CAST(NULL AS STRING)")
    if text.startswith("WHERE clause must be a condition"):
        return Said("T016", "a condition is true or false, this is neither", "compare it with something: adds = 0, query IS NOT NULL")
    if text.startswith("Aggregate expression is illegal in WHERE"):
        return Said("T024", "an aggregate in WHERE", "WHERE looks at single rows; after GROUP BY it is HAVING COUNT(*) > 1")
    if match := re.search(r"implementation method 'merge' in class .* for function '(\w+)'", text):
        return _aggregate(refusal, match[1])
    if match := re.match(r"implicit type conversion between (\w+) and (\w+) is not supported", text):
        return Said("T016", f"{kind_of(match[1])} is compared with {kind_of(match[2])}", "make both sides of one type: CAST(… AS …)")
    if match := re.match(r"Expression '(.+?)' is not being grouped", text):
        return Said("T024", f"'{match[1]}' is neither grouped nor aggregated", f"add it to GROUP BY, or take one of them: MAX({match[1]})")
    if match := re.match(r"Illegal interval literal format '(.+?)' for INTERVAL (\w+)", text):
        hint = f"a number in quotes, unit outside: INTERVAL '5' {match[2]}"
        return Said("T019", f"'{match[1]}' is no number of {match[2].lower()}s", hint)
    if text.startswith("Values in expression list must have compatible types"):
        return Said("T016", "values of several types in one list", "numbers bare, text in single quotes: IN (1, 2) or IN ('a', 'b')")
    if "requires the timecol is a time attribute" in text:
        hint = "DESCRIPTOR takes the table's own time column, as rekindle tables shows it"
        return Said("T027", "a window over a column that is no event time", hint, place=_word(refusal, "DESCRIPTOR"))
    if text.startswith("Sort on a non-time-attribute"):
        return Said("T025", "ORDER BY on a stream that never ends", "leave it out: rows come in event time", place=_word(refusal, "ORDER"))
    if "temporal table" in text.lower() or "temporal join" in text.lower():
        hint = "LEFT JOIN profiles FOR SYSTEM_TIME AS OF e.event_time AS p ON e.user_id = p.person_id"
        return Said(
            "T026", "a versioned table is joined by its key, as of the other table's time column", hint, place=_word(refusal, "SYSTEM_TIME")
        )
    return None


def kind_of(sql_type: str) -> str:
    """`VARCHAR(2147483647)` → `text`; what has no everyday word stays as it is."""
    name = re.split(r"[ (<]", sql_type.strip("<> "))[0]
    return _TYPES.get(name, name)


def _operator(operator: str, arguments: str) -> Said:
    kinds = [kind_of(one) for one in re.findall(r"<([A-Z_]+(?:\([^)]*\))?[^<>]*)>", arguments)]
    if operator in ("=", "<>", "<", ">", "<=", ">=", "BETWEEN") and len(kinds) >= 2:
        hint = "make both sides of one type: CAST(… AS …); a time is TIMESTAMP '2026-03-01 10:00:00'"
        return Said("T016", f"{kinds[0]} is compared with {kinds[1]}", hint)
    hint = "make text of it: CAST(… AS STRING)" if operator == "||" else "CAST(… AS …) makes one type of another"
    if operator in ("+", "-") and "a time" in kinds:
        hint = "to a time an interval is added: ended_at + INTERVAL '5' MINUTE"
    return Said("T016", f"'{operator}' cannot take {' and '.join(kinds) or arguments}", hint)


def _aggregate(refusal: Refusal, name: str) -> Said:
    name = next((one for one in _INSTEAD if name.startswith(one)), name)
    hint = _INSTEAD.get(name, "fine there: COUNT, SUM, MIN, MAX, ARRAY_AGG, LISTAGG, JSON_OBJECTAGG")
    return Said(
        "T047", f"{name} cannot be used in a session window", hint, "windows of a session merge, its state cannot", _word(refusal, name)
    )


def _word(refusal: Refusal, word: str) -> Place | None:
    found: Token | None = next((one for one in refusal.tokens if one.is_word(word)), None)
    return refusal.place_of(found) if found else None
