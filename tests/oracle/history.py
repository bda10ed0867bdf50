"""Files of a history as the records and profiles the oracle takes."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from tests.oracle import fields, vocabulary
from tests.oracle.decode import Raw, Row, decode

_NEVER = 1 << 60  # an arrival no time of a line is ahead of


def records(lines: Iterable[bytes]) -> list[Raw]:
    """Lines in order. In a backtest a line arrives at its `receivedAt`, else at its own t (semantics.md, section 1)."""
    table = vocabulary.read()
    found = []
    for offset, line in enumerate(lines):
        row = decode(Raw(0, offset, _NEVER, line), table)
        at = _NEVER
        if isinstance(row, Row):
            received = fields.time(json.loads(line).get("receivedAt"))
            at = row.t if received is None else received
        found.append(Raw(0, offset, at, line))
    return found


def profile_rows(rows: Iterable[tuple[int, str, dict[str, Any] | None]], text: Any) -> list[dict[str, Any]]:
    """(record time, person, value or None) as lines of a profiles file. text: epoch ms → ISO text."""
    return [{**(value or {"erased": True}), "person_id": person, "updated_at": text(at)} for at, person, value in rows]
