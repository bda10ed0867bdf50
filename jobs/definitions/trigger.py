"""A trigger file: a header between `/* ---` and `--- */`, then one SELECT."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePath

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from jobs.definitions.header import Header, Param
from jobs.errors import DefinitionError

_FILE = re.compile(r"\s*/\*\s*---[ \t]*\n(?P<header>.*?)\n[ \t]*---\s*\*/(?P<query>.*)", re.DOTALL)
_SKIPPED = r"'(?:[^']|'')*'|`[^`]*`|--[^\n]*|/\*.*?\*/"
"""Strings, quoted names and comments: nothing in them is a parameter or an end of the statement."""
_SELECT = re.compile(r"(?:\s|--[^\n]*\n|/\*(?>.*?\*/))*+(?:select|with)\b", re.DOTALL | re.IGNORECASE)
_NOTHING = re.compile(r"(?:\s|;|--[^\n]*|/\*(?>.*?\*/))*+", re.DOTALL)
_PARAM = re.compile(rf"({_SKIPPED})|(?<![:\w]):([a-z_][a-z0-9_]*)", re.DOTALL)
_STATEMENT_END = re.compile(rf"({_SKIPPED})|;", re.DOTALL)


@dataclass(frozen=True)
class Trigger:
    """One trigger as written. path: for messages. query: the SELECT with its `:params`; query_line: its first line in the file."""

    path: str
    header: Header
    query: str
    query_line: int

    @property
    def name(self) -> str:
        return self.header.name

    def select(self) -> str:
        """The SELECT with parameters as SQL literals. Raises: DefinitionError for a parameter the header does not name."""

        def fill(match: re.Match[str]) -> str:
            if match[1] is not None:
                return match[1]
            if match[2] not in self.header.params:
                known = ", ".join(self.header.params) or "none"
                raise DefinitionError(f"{self.path}: parameter ':{match[2]}' is not in the header", f"params there: {known}")
            return _literal(self.header.params[match[2]])

        return _PARAM.sub(fill, self.query)


def parse(text: str, path: str | PurePath) -> Trigger:
    """Text of a trigger file → Trigger. path: only for messages. Raises: DefinitionError with all findings in the header."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")  # as some editors save it
    match = _FILE.fullmatch(text)
    if match is None:
        raise DefinitionError(f"{path}:1: no header", "a trigger file starts with /* --- and its header ends with --- */")
    header = _header(match["header"], str(path), 1 + text.count("\n", 0, match.start("header")))
    query = match["query"].strip()
    ends = [found for found in _STATEMENT_END.finditer(query) if found[1] is None]
    if ends and not _NOTHING.fullmatch(query, ends[0].end()):
        raise DefinitionError(f"{path}: more than one statement", "a trigger is exactly one SELECT")
    query = query[: ends[0].start()] if ends else query
    if not _SELECT.match(query):
        raise DefinitionError(f"{path}: expected one SELECT after the header", "no INSERT, DDL or SET: the runner adds what it needs")
    start = match.start("query") + len(match["query"]) - len(match["query"].lstrip())
    return Trigger(str(path), header, query, 1 + text.count("\n", 0, start))


def _header(text: str, path: str, first_line: int) -> Header:
    try:
        tree = YAML(typ="safe").load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"{path}:{first_line + mark.line}:{mark.column + 1}" if mark else path
        raise DefinitionError(f"{place}: header is not valid YAML: {error.problem}") from None
    except (YAMLError, ValueError) as error:  # a control character; 30 February
        raise DefinitionError(f"{path}:{first_line}: header is not valid YAML: {str(error).splitlines()[0]}") from None
    if not isinstance(tree, dict):
        raise DefinitionError(f"{path}:{first_line}: header is not a mapping of keys")
    try:
        return Header.model_validate(tree)
    except ValidationError as error:
        raise DefinitionError("\n".join(_finding(path, text, first_line, found) for found in error.errors())) from None


def _finding(path: str, text: str, first_line: int, found: object) -> str:
    location = [str(part) for part in found["loc"]]  # type: ignore[index]
    kind, message = found["type"], found["msg"]  # type: ignore[index]
    lines = text.splitlines()
    line = next((number for number, one in enumerate(lines) if one.strip().startswith(f"{location[0]}:")), 0)
    reason = {"extra_forbidden": "unknown key", "missing": "is missing"}.get(kind, message.removeprefix("Value error, "))
    return f"{path}:{first_line + line}: {'.'.join(location)}: {reason}"


def _literal(param: Param) -> str:
    if isinstance(param.default, str):
        return "'" + param.default.replace("'", "''") + "'"
    text = str(param.default).upper()
    return f"({text})" if text.startswith("-") else text  # `5 -:n` must not become a comment
