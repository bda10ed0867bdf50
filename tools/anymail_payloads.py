"""Webhook payloads and what they mean, out of django-anymail's tests, for tests/data/email-webhooks.

    git clone https://github.com/anymail/django-anymail
    python tools/anymail_payloads.py django-anymail/tests tests/data/email-webhooks brevo mailersend mailjet sparkpost

Per test the payload literals (`raw_event`, `raw_events`, …) and the values it asserts of the event. Read as syntax, never run.
"""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

_TEST = "test_{provider}_webhooks.py"


def cases(source: str) -> Iterator[dict[str, object]]:
    """One case per test with a payload. source: a test module. A test that asserts of several events gives lists in its order."""
    for group in ast.parse(source).body:
        if not isinstance(group, ast.ClassDef):
            continue
        for test in group.body:
            if isinstance(test, ast.FunctionDef) and test.name.startswith("test_"):
                raw = dict(_payloads(test))
                if raw:
                    yield {"name": f"{group.name}.{test.name}", "raw": raw, **_expectation(test)}


def _payloads(test: ast.FunctionDef) -> Iterator[tuple[str, object]]:
    for node in ast.walk(test):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id.startswith("raw_"):
            try:
                yield node.targets[0].id, ast.literal_eval(node.value)
            except ValueError:  # made by a call: no literal
                continue


def _expectation(test: ast.FunctionDef) -> dict[str, object]:
    told: dict[str, list[object]] = {}
    several = False
    for call in (node for node in ast.walk(test) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
        seen = call.args[0] if call.args else None
        if not isinstance(seen, ast.Attribute) or seen.attr == "esp_event":
            continue
        if isinstance(seen.value, ast.Subscript) and ast.unparse(seen.value.value) == "events":
            several = True
        elif not (isinstance(seen.value, ast.Name) and seen.value.id == "event"):
            continue
        assertion = call.func.attr if isinstance(call.func, ast.Attribute) else ""
        if assertion == "assertEqual":
            told.setdefault(seen.attr, []).append(_value(call.args[1]))
        elif assertion == "assertIsNone":
            told.setdefault(seen.attr, []).append(None)
    if several or any(len(values) > 1 for values in told.values()):
        return {"expected_in_assertion_order": told}
    return {"expected": {name: values[0] for name, values in told.items()}}


def _value(node: ast.expr) -> object:
    if isinstance(node, ast.Call) and ast.unparse(node.func) == "datetime":
        numbers = [ast.literal_eval(one) for one in node.args] + [0] * (6 - len(node.args))
        micros = next((ast.literal_eval(one.value) for one in node.keywords if one.arg == "microsecond"), 0)
        year, month, day, hour, minute, second, *more = numbers
        moment = datetime(year, month, day, hour, minute, second, more[0] if more else micros, tzinfo=UTC)
        return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
    return ast.literal_eval(node)


def main(tests: str, out: str, *providers: str) -> None:
    """Writes `<out>/<provider>.json` for each."""
    for provider in providers:
        name = _TEST.format(provider=provider)
        found = list(cases((Path(tests) / name).read_text(encoding="utf-8")))
        content = {"provider": provider, "source": f"anymail/django-anymail tests/{name}", "cases": found}
        (Path(out) / f"{provider}.json").write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        print(f"{provider}: {len(found)} cases")


if __name__ == "__main__":
    main(*sys.argv[1:])
