"""The header's YAML → its typed form, with the exact place of everything that is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from jobs.definitions.findings import Finding, did_you_mean
from jobs.definitions.header import Header, Param
from jobs.definitions.places import Place

_EXAMPLES = {
    "name": "cart_abandoned", "description": "Who left items in the cart?", "owner": "lifecycle@shop.example", "template": "cart_reminder",
    "purpose": "marketing_email", "max_age": "6 hours",
}  # fmt: skip


@dataclass(frozen=True)
class HeaderRead:
    """header: None when something is wrong. params: those that are right in any case. keys, values: places by key."""

    header: Header | None
    params: Mapping[str, Param] = field(default_factory=dict)
    keys: Mapping[str, Place] = field(default_factory=dict)
    values: Mapping[str, Place] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()


def read(text: str, path: str, first_line: int) -> HeaderRead:
    """Reads a header. first_line: of `text` in the file. Never raises: what is wrong is in `findings`."""
    try:
        root = YAML(typ="safe", pure=True).compose(text)
        aliased = _aliases(root)
        tree = {} if aliased else YAML(typ="safe", pure=True).load(text)
    except DuplicateKeyError as error:
        mark = error.problem_mark
        key = text.splitlines()[mark.line][mark.column :].partition(":")[0].strip()
        place = Place(first_line + mark.line, mark.column + 1, len(key))
        return _refused(path, place, f"key '{key}' is given twice", "keep one of the two")
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(first_line + mark.line, mark.column + 1) if mark else Place(first_line, 1)
        return HeaderRead(
            None, findings=(_finding("T003", path, place, f"the header is not valid YAML: {error.problem}", _yaml_hint(text, mark)),)
        )
    except (YAMLError, ValueError, RecursionError) as error:  # a control character; 30 February; brackets without end
        fact = str(error).splitlines()[0]
        return _refused(path, Place(first_line, 1), f"the header is not valid YAML: {fact}", "one 'key: value' a line")
    if aliased is not None:
        return HeaderRead(
            None, findings=(_finding("T003", path, _of(aliased, first_line), "aliases are not for headers", "write the value out"),)
        )
    if not isinstance(root, MappingNode):
        place = Place(first_line, 1)
        return HeaderRead(
            None, findings=(_finding("T003", path, place, "the header is not a mapping of keys", "write one 'key: value' a line"),)
        )
    keys = {str(key.value): _of(key, first_line) for key, _ in root.value}
    values = {str(key.value): _of(value, first_line) for key, value in root.value}
    try:
        header = Header.model_validate(tree)
    except ValidationError as error:
        findings = tuple(_wrong(path, root, first_line, one) for one in error.errors())
        return HeaderRead(None, _params(tree), keys, values, findings)
    return HeaderRead(header, header.params, keys, values)


def _aliases(root: Node | None) -> Node | None:
    """A node that is met twice: YAML's `*name`. It could make a header of any size, or one without end."""
    seen: set[int] = set()
    waiting: list[Node] = [root] if root else []
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            return node
        seen.add(id(node))
        if isinstance(node, MappingNode):
            waiting += [part for pair in node.value for part in pair]
        elif isinstance(node, SequenceNode):
            waiting += node.value
    return None


def _yaml_hint(text: str, mark: Any) -> str:
    line = text.splitlines()[mark.line] if mark and mark.line < len(text.splitlines()) else ""
    if "\t" in line[: len(line) - len(line.lstrip())]:
        return "indent with spaces, not with tabs"
    return "put text that holds ': ' or begins with a sign into quotes" if ": " in line.partition(": ")[2] else "one 'key: value' a line"


def _params(tree: Any) -> dict[str, Param]:
    """The parameters that can be used although something else is wrong."""
    found = {}
    given = tree.get("params") if isinstance(tree, dict) else None
    for name, value in given.items() if isinstance(given, dict) else ():
        try:
            found[str(name)] = Param.model_validate(value)
        except ValidationError:
            continue
    return found


def _wrong(path: str, root: MappingNode, first_line: int, error: Any) -> Finding:
    location, kind = [part for part in error["loc"] if part != "[key]"], error["type"]
    name = ".".join(str(part) for part in location)
    if kind == "missing":
        parent, _ = _walk(root, location[:-1])
        place = _of(parent, first_line) if location[:-1] else Place(first_line, 1, len("name"))
        example = _EXAMPLES.get(str(location[-1]))
        return _finding("T005", path, place, f"{name}: is missing", f"add a line like: {name}: {example}" if example else "")
    value, key = _walk(root, location)
    if kind == "extra_forbidden":
        model = Header if len(location) == 1 else Param
        known = [field.alias or name for name, field in model.model_fields.items()]
        hint = did_you_mean(str(location[-1]), known) or f"known: {', '.join(known)}"
        return _finding("T004", path, _of(key or value, first_line), f"{name}: unknown key", hint)
    return _finding("T006", path, _of(value, first_line), f"{name}: {_reason(error)}")


def _reason(error: Any) -> str:
    kind, context, value = error["type"], error.get("ctx", {}), error["input"]
    given = f", not {value!r}" if isinstance(value, str | int | float) else ", not a date" if isinstance(value, date) else ""
    expected = {
        "string_type": "expected text",
        "string_too_short": "expected text, not nothing",
        "int_type": "expected a whole number",
        "int_parsing": "expected a whole number",
        "int_from_float": "expected a whole number",
        "list_type": "expected a list, like [Order Completed]",
        "dict_type": "expected names with {type: …, default: …}",
        "model_type": "expected {type: …, default: …}",
        "literal_error": f"expected {str(context.get('expected', '')).replace(chr(39), '')}",
        "greater_than_equal": f"expected {context.get('ge')} or more",
        "less_than_equal": f"expected {context.get('le')} or less",
    }.get(kind)
    if expected is None:
        return str(error["msg"]).removeprefix("Value error, ")
    return expected if kind == "string_too_short" else expected + given


def _walk(root: Node, location: Sequence[str | int]) -> tuple[Node, Node | None]:
    """The deepest node there is on the way to a location, and its key."""
    node, key = root, None
    for part in location:
        if isinstance(node, MappingNode):
            pair = next(((name, value) for name, value in node.value if str(name.value) == str(part)), None)
            if pair is None:
                break
            key, node = pair
        elif isinstance(node, SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
        else:
            break
    return node, key


def _of(node: Node, first_line: int) -> Place:
    start, end = node.start_mark, node.end_mark
    length = end.column - start.column if end.line == start.line else 1
    if isinstance(node, ScalarNode) and node.style in ("|", ">"):
        length = 1
    return Place(first_line + start.line, start.column + 1, max(1, length))


def _refused(path: str, place: Place, message: str, hint: str) -> HeaderRead:
    return HeaderRead(None, findings=(_finding("T003", path, place, message, hint),))


def _finding(code: str, path: str, place: Place, message: str, hint: str = "") -> Finding:
    return Finding(code, path, place.line, place.column, place.length, message, hint)
