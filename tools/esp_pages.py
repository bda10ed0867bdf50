"""Writes into docs/esp/*.md the requests our code makes with the settings shown there: `python -m tools.esp_pages [--check]`.

A page shows a `yaml` block with one destination, and after it

    <!-- request -->
    <!-- /request -->

between which the call is written that an engine would make for the sends below. Settings that are none stop it.
"""

from __future__ import annotations

import base64
import json
import re
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from connectors.esp.protocol import Adapter, Request
from connectors.esp.registry import build_adapter
from jobs.deliver.send import Send, parse_send
from jobs.destinations import Destination

PAGES = Path(__file__).resolve().parents[1] / "docs" / "esp"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
EXAMPLES = {
    "HOOK_SIGNING_KEY": "whsec_" + base64.b64encode(b"only-an-example-of-a-key").decode("ascii"),
    "MAKE_HOOK": "https://hook.eu1.make.com/example",
    "ZAPIER_HOOK": "https://hooks.zapier.com/hooks/catch/1/example/",
}
"""What stands in for a secret that has a form of its own; any other is shown by its name."""
_BLOCK = re.compile(r"```yaml\n(?P<yaml>.*?)```\n(?P<between>(?:(?!```yaml).)*?)<!-- request -->\n.*?<!-- /request -->", re.DOTALL)
_REFERENCE = re.compile(r"\$\{(?:env:([A-Z0-9_]+)|file:[^}]+)\}")


def render(page: str) -> str:
    """A page → the same with its requests as the code makes them now. Raises ValueError for settings that are none."""
    return _BLOCK.sub(_block, page)


def destinations(page: str) -> list[Destination]:
    """The destinations whose requests a page shows."""
    return [_destination(found["yaml"]) for found in _BLOCK.finditer(page)]


def sends(count: int, needs_address: bool) -> list[Send]:
    """Sends of one trigger to made-up persons."""
    ids = ("57184V2D7RZGQ8YDP0RFFB3YC4", "2M8KQ0J6W3T5V9X1YB4C7D0E3F")
    row: dict[str, Any] = {
        "trigger": "cart_abandoned",
        "version": 1,
        "destination": "default",
        "template": "cart_reminder",
        "purpose": "marketing_email",
        "variant": None,
        "payload": {"items": [{"product_id": "p1", "name": "Tea pot", "quantity": 1, "price": 24.5}], "total": 24.5, "currency": "EUR"},
        "fired_at": "2026-03-01T11:59:30.000Z",
        "decided_at": "2026-03-01T12:00:00.000Z",
        "expires_at": "2026-03-02T12:00:00.000Z",
    }
    people = [("42", "ana@example.com"), ("43", "ben@example.com")][:count]
    return [
        parse_send(json.dumps({"trigger_id": key, **row, "person_id": person, "address": address if needs_address else None}).encode())
        for key, (person, address) in zip(ids, people, strict=False)
    ]


def main(arguments: Sequence[str]) -> int:
    """Returns 0: written, or current with --check; 1: a page is not; 2: one shows settings that are none."""
    stale = []
    for path in sorted(PAGES.glob("*.md")):
        page = path.read_text(encoding="utf-8")
        try:
            now = render(page)
        except ValueError as error:
            print(f"docs/esp/{path.name}: {error}")
            return 2
        if now != page:
            stale.append(path.name)
            if "--check" not in arguments:
                path.write_text(now, encoding="utf-8")
    if stale:
        print(("not current: " if "--check" in arguments else "written: ") + ", ".join(stale))
    return 1 if stale and "--check" in arguments else 0


def _block(found: re.Match[str]) -> str:
    destination = _destination(found["yaml"])
    adapter = build_adapter(destination.kind, destination.options, _example)
    made = sends(2 if adapter.batch else 1, destination.needs_address)
    calls = [] if adapter.login is None else [adapter.login.request()]
    calls.append(_call(adapter, made))
    shown = "\n\n".join(_show(call, adapter.login is not None and call is calls[-1]) for call in calls)
    return f"```yaml\n{found['yaml']}```\n{found['between']}<!-- request -->\n```http\n{shown}\n```\n<!-- /request -->"


def _destination(text: str) -> Destination:
    tree = YAML(typ="safe").load(text)["destinations"]
    if len(tree) != 1:
        raise ValueError("expected one destination in each block")
    return Destination.model_validate(next(iter(tree.values())))


def _example(text: str) -> str:
    return _REFERENCE.sub(lambda found: EXAMPLES.get(found[1], found[1]) if found[1] else "SECRET-OF-A-FILE", text)


def _call(adapter: Adapter, made: Sequence[Send]) -> Request:
    return adapter.request(made, [adapter.item(send) for send in made], NOON)


def _show(call: Request, logged_in: bool) -> str:
    headers = {**call.headers} | ({"Authorization": "Bearer <the token>"} if logged_in else {})
    lines = [f"{call.method} {call.url}", *(f"{name}: {_readable(value)}" for name, value in headers.items())]
    return "\n".join([*lines, "", _body(call)])


def _readable(value: str) -> str:
    scheme, _, rest = value.partition(" ")
    return f"Basic base64({base64.b64decode(rest).decode()})" if scheme == "Basic" else value


def _body(call: Request) -> str:
    try:
        return json.dumps(json.loads(call.body), indent=2, ensure_ascii=False)
    except ValueError:  # a form
        return call.body.decode().replace("&", "\n&")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
