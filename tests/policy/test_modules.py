"""House rules for Python modules (style.md): size, names, docstrings."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.policy.project_files import SHIPPED, name_of, python_files

LIMIT = 300
LIMIT_OF_TESTS = 400  # tables of cases are long and still one idea
EMPTY_WORDS = {"utils", "util", "common", "helpers", "helper", "manager", "handler", "misc"}
# What a job's or a command's `main` does is said by its module's docstring.
SELF_EXPLAINING = {"main"}


def test_no_module_is_longer_than_it_can_be_kept_in_mind() -> None:
    counts = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in python_files()}
    assert {name: n for name, n in counts.items() if n > (LIMIT_OF_TESTS if name.startswith("tests/") else LIMIT)} == {}


def test_no_module_or_folder_is_named_after_nothing() -> None:
    empty = [name_of(path) for path in python_files() if any(set(part.split("_")) & EMPTY_WORDS for part in parts_of(path))]
    assert empty == []


def parts_of(path: Path) -> tuple[str, ...]:
    return Path(name_of(path)).with_suffix("").parts


def test_every_public_function_has_a_docstring() -> None:
    bare = [
        f"{name_of(path)}:{function.lineno}: {function.name}"
        for path in python_files(*SHIPPED, "tools", "docker")
        for function in public_functions(ast.parse(path.read_text(encoding="utf-8")))
        if ast.get_docstring(function) is None and function.name not in SELF_EXPLAINING
    ]
    assert bare == []


def public_functions(module: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in module.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
            yield node


def test_every_module_with_content_says_what_it_is() -> None:
    silent = [
        name_of(path)
        for path in python_files(*SHIPPED, "tools", "docker", "bench")
        if (module := ast.parse(path.read_text(encoding="utf-8"))).body and ast.get_docstring(module) is None
    ]
    assert silent == []
