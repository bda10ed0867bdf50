"""Caps as people write them: a YAML file or a piece of YAML, with the place of everything that is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

from jobs.definitions.findings import Finding, FindingsError, did_you_mean
from jobs.gate.control import Caps
from jobs.settings import Cap

_LARGEST = 65_536
_KEYS = tuple(field.alias or name for name, field in Cap.model_fields.items())
_EXAMPLE = "a list like: - {class: marketing, channel: email, limit: 1, per: 24 hours}"


def read(given: str) -> Caps:
    """given: name of a file, else YAML itself: a list of caps, or `caps:` with one. Raises: FindingsError with all that is wrong."""
    path = Path(given)
    if "\n" not in given and len(given) < 256 and (path.suffix in (".yaml", ".yml") or path.is_file()):
        return parse(_text(path), given)
    return parse(given, "caps")


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > _LARGEST:
            raise FindingsError([Finding("C001", str(path), 0, 0, 1, "is too large for a list of caps")])
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise FindingsError([Finding("C001", str(path), 0, 0, 1, f"cannot be read: {error.strerror}")]) from None
    except UnicodeDecodeError:
        raise FindingsError([Finding("C001", str(path), 0, 0, 1, "is not UTF-8", "save it as UTF-8")]) from None


def parse(text: str, path: str) -> Caps:
    """path: for messages. Raises: FindingsError."""
    try:
        root = YAML(typ="safe", pure=True).compose(text)
        tree = YAML(typ="safe", pure=True).load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise FindingsError([Finding("C002", path, line, column, 1, f"is not valid YAML: {error.problem}", _EXAMPLE)]) from None
    except (YAMLError, ValueError, RecursionError) as error:
        fact = str(error).splitlines()[0]
        raise FindingsError([Finding("C002", path, 1, 1, 1, f"is not valid YAML: {fact}", _EXAMPLE)]) from None
    bare = isinstance(tree, list)
    try:
        found = Caps.model_validate({"caps": tree} if bare else tree or {})
        if found.caps is None:  # an empty file is a slip: back to the settings is --default
            raise FindingsError([Finding("C003", path, 1, 1, 1, "expected a list", _EXAMPLE)])
        return found
    except ValidationError as error:
        raise FindingsError([_finding(one, root, path, bare) for one in error.errors()]) from None


def _finding(error: Any, root: Node | None, path: str, bare: bool) -> Finding:
    location = list(error["loc"])
    node = _walk(root, location[1:] if bare else location)
    name = ".".join(str(part) for part in location)
    line, column, length = (node.start_mark.line + 1, node.start_mark.column + 1, _length(node)) if node else (1, 1, 1)
    kind, hint = error["type"], _EXAMPLE
    message = {
        "extra_forbidden": "unknown key",
        "missing": "is missing",
        "model_type": "expected {limit: …, per: …}",
        "list_type": "expected a list",
        "too_short": "expected at least one cap",
    }.get(kind, str(error["msg"]).removeprefix("Value error, "))
    if kind == "extra_forbidden":
        hint = did_you_mean(str(location[-1]), _KEYS) or f"known: {', '.join(_KEYS)}"
    return Finding("C003", path, line, column, length, f"{name}: {message}" if name else message, hint)


def _walk(root: Node | None, location: list[str | int]) -> Node | None:
    """The deepest node there is on the way; of an unknown key the key."""
    node = root
    for part in location:
        if isinstance(node, MappingNode):
            pair = next(((key, value) for key, value in node.value if str(key.value) == str(part)), None)
            if pair is None:
                break
            node = pair[0] if part not in ("caps", *_KEYS) else pair[1]
        elif isinstance(node, SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
        else:
            break
    return node


def _length(node: Node) -> int:
    return max(1, node.end_mark.column - node.start_mark.column) if node.end_mark.line == node.start_mark.line else 1
