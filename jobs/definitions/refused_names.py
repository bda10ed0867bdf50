"""Names the planner does not know: columns, tables, functions, fields."""

from __future__ import annotations

import re

from jobs.definitions import published
from jobs.definitions.findings import did_you_mean
from jobs.definitions.published import Column
from jobs.definitions.refusal import Refusal, Said
from jobs.definitions.tokens import Token

_FUNCTIONS = """
ABS ARRAY_AGG ARRAY_CONTAINS AVG CARDINALITY CAST CEIL CHAR_LENGTH COALESCE CONCAT CONCAT_WS COUNT DATE_FORMAT ELEMENT EXTRACT FLOOR
GREATEST IF IFNULL INITCAP JSON JSON_ARRAY JSON_EXISTS JSON_OBJECT JSON_OBJECTAGG JSON_QUERY JSON_STRING JSON_VALUE LAG LEAST LISTAGG
LOCATE LOWER LPAD LTRIM MAP_KEYS MAX MD5 MIN MOD NULLIF POSITION POWER REGEXP REGEXP_EXTRACT REGEXP_REPLACE REPLACE ROUND ROW_NUMBER RPAD
RTRIM SHA256 SPLIT_INDEX STARTSWITH SUBSTR SUBSTRING SUM TIMESTAMPDIFF TO_DATE TO_TIMESTAMP TO_TIMESTAMP_LTZ TRIM TRUNCATE TRY_CAST UPPER
"""
FUNCTIONS = tuple(_FUNCTIONS.split())
"""What an author may have meant: functions of rows and time, without those that read the clock or throw dice."""

_LOOK_UP = "see Flink's documentation of system functions"


def said(refusal: Refusal) -> Said | None:
    """What to say of an unknown name; None when it is something else."""
    if match := re.match(r"(?:Column|Unknown identifier) '(.+?)'(?: not found in (?:any table|table '(.+?)')|$)", refusal.text):
        return _column(refusal, match[1], match[2])
    if match := re.match(r"(?:Table|Object) '(.+?)' not found", refusal.text):
        return _table(refusal, match[1])
    if match := re.match(r"Column '(.+?)' is ambiguous", refusal.text):
        having = [table.name for table in refusal.tables() if table.column(match[1])]
        return Said(
            "T023", f"'{match[1]}' could be of {' or '.join(having) or 'several tables'}", "say which: put the table's alias before it"
        )
    if match := re.match(r"No match found for function signature (\w+)\((.*?)\)", refusal.text):
        name = match[1].upper()
        if name in FUNCTIONS:
            kinds = match[2].replace("<", "").replace(">", "") or "nothing"
            return Said("T017", f"{name} does not take {kinds}", _LOOK_UP)
        return Said("T017", f"unknown function '{match[1]}'", did_you_mean(name, FUNCTIONS) or _LOOK_UP)
    if match := re.match(r"Invalid number of arguments to function '(\w+)'\. Was expecting (\d+) arguments?", refusal.text):
        return Said("T017", f"{match[1]} takes {match[2]} argument{'' if match[2] == '1' else 's'}")
    return None


def _column(refusal: Refusal, name: str, alias: str | None) -> Said:
    table = refusal.table_called(alias) if alias else None
    tables = [table] if table else refusal.tables()
    first, _, field = name.partition(".")
    column = next((found for one in tables if (found := one.column(first))), None)
    if field and column:
        return _field(f"{alias}.{first}" if alias else first, column, field)
    choices = [column.name for one in tables for column in one.columns]
    where = tables[0].name if len(tables) == 1 else " or ".join(one.name for one in tables) if tables else "what is read here"
    hint = did_you_mean(name, choices) or (f"see rekindle tables {tables[0].name}" if tables else "see rekindle tables")
    return Said("T012", f"unknown column '{name}'", hint, f"not a column of {where}")


def _table(refusal: Refusal, name: str) -> Said:
    token = refusal.token_at(refusal.start)
    column = next((found for one in refusal.tables() if (found := one.column(name))), None)
    after = _behind(refusal, token)
    if column and after:
        return _field(name, column, after[0], refusal, after[1])
    known = published.tables()
    if after:
        hint = did_you_mean(name, known) or "give the table an alias: FROM sessions AS s"
        return Said("T014", f"'{name}' is no table of this SELECT", hint)
    return Said("T014", f"unknown table '{name}'", did_you_mean(name, known) or f"published: {', '.join(known)}", "not a published table")


def _behind(refusal: Refusal, token: Token | None) -> tuple[str, Token] | None:
    """The name behind `token.`, if there is one."""
    if token is None:
        return None
    following = refusal.tokens[refusal.tokens.index(token) + 1 :][:2]
    return (following[1].text, following[1]) if len(following) == 2 and following[0].text == "." else None


def _field(name: str, column: Column, field: str, refusal: Refusal | None = None, last: Token | None = None) -> Said:
    """`column.field`: what is inside a column is reached otherwise, and how depends on its type."""
    place = None
    if refusal is not None and last is not None and refusal.start is not None:
        place = refusal.query.place(refusal.start, last.end)
    parts = field.split(".")
    rest = "".join(f".{one}" for one in parts[1:])
    if column.type.startswith("MAP"):
        hint = f"write: {name}['{parts[0]}']{rest}"
        kind = "a map"
    elif column.type.startswith("ARRAY"):
        hint, kind = f"write: {name}[1] for the first", "an array"
    elif column.type == "STRING":
        hint, kind = f"JSON inside text is read by: JSON_VALUE({name}, '$.{field}')", "text"
    else:
        hint, kind = f"take it as it is: {name}", column.type
    return Said("T022", f"'{column.name}.{field}': a column has no fields", hint, f"{column.name} is {kind}", place)
